/// `conclave send`: one text from the command line, or one per line of stdin, in order and many
/// under way at once. Answers are printed in the order of the lines.
#include "client/cli/commands.h"

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <optional>

namespace conclave::client::cli {

namespace {

/// As many as a connection may have open, with room for resends.
constexpr std::size_t most_under_way = 128;

class line_sender {
 public:
  line_sender(context& at, session& s, conversation_id c) : at_(at), session_(s), to_(c) {}

  void send(std::string text) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return under_way_ < most_under_way; });
    ++under_way_;
    answers_.emplace_back();
    std::optional<outcome<receipt>>* place = &answers_.back();
    session_.send_async(to_, std::move(text), [this, place](outcome<receipt> answer) {
      const std::lock_guard inner(mutex_);
      *place = std::move(answer);
      --under_way_;
      room_.notify_all();
    });
    print_ready();
  }

  int finish() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return under_way_ == 0; });
    print_ready();
    return worst_;
  }

 private:
  void print_ready() {
    while (!answers_.empty() && answers_.front()) {
      const outcome<receipt>& answer = *answers_.front();
      ++line_;
      if (!answer) {
        failure f = answer.error();
        if (line_ > 1 || answers_.size() > 1) {
          f = std::move(f).prefixed("line " + std::to_string(line_));
        }
        worst_ = std::max(worst_, at_.fail(f));
      } else if (at_.json()) {
        at_.line(nlohmann::ordered_json{
            {"conversation", to_.value}, {"seq", answer->seq.value}, {"time", answer->time}}
                     .dump());
      }
      answers_.pop_front();
    }
  }

  context& at_;
  session& session_;
  conversation_id to_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::deque<std::optional<outcome<receipt>>> answers_;  // grows and shrinks at its ends only
  std::size_t under_way_ = 0;
  std::size_t line_ = 0;
  int worst_ = exit_ok;
};

}  // namespace

int send(context& at, const std::string& conversation, const std::vector<std::string>& words) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, conversation);
  if (!c) return at.exit();
  line_sender sender(at, *s, c);
  if (words.size() == 1 && words.front() == "-") {
    std::string line;
    while (std::getline(std::cin, line)) {
      if (!line.empty()) sender.send(line);
    }
  } else {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    sender.send(text);
  }
  return sender.finish();
}

}  // namespace conclave::client::cli
