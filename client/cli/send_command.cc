/// `conclave send`: one text from the command line, or one per line of stdin, in order and many
/// under way at once. Answers are printed in the order of the lines.
#include "client/cli/commands.h"
#include "client/cli/words.h"

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
  line_sender(context& at, session& s, conversation_id c, message_extras extras)
      : at_(at), session_(s), to_(c), extras_(std::move(extras)) {}

  void send(std::string text) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return under_way_ < most_under_way; });
    ++under_way_;
    answers_.emplace_back();
    std::optional<outcome<receipt>>* place = &answers_.back();
    session_.send_async(to_, std::move(text), extras_, [this, place](outcome<receipt> answer) {
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
  message_extras extras_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::deque<std::optional<outcome<receipt>>> answers_;  // grows and shrinks at its ends only
  std::size_t under_way_ = 0;
  std::size_t line_ = 0;
  int worst_ = exit_ok;
};

status take_duration(std::uint64_t& to, const std::string& text) {
  if (text.empty()) return done{};
  const auto ms = duration_from(text);
  if (!ms) return ms.error();
  to = *ms;
  return done{};
}

status take_seq(event_seq& to, const std::string& text) {
  if (text.empty()) return done{};
  to = seq_from(text);
  if (to) return done{};
  return failure{errc::invalid_argument, "`" + text + "` is no seq, such as 12"};
}

/// All that needs no node.
outcome<message_extras> extras_from(const send_options& o) {
  message_extras extras;
  extras.kind = from_word<event_kind>(o.kind).value_or(event_kind::text);
  extras.mentions_all = o.mention_all;
  std::uint64_t burn = 0;
  for (const status& taken :
       {take_seq(extras.reply_to, o.reply), take_seq(extras.thread, o.thread),
        take_duration(extras.expires_after_ms, o.expires), take_duration(burn, o.burn)}) {
    if (!taken) return taken.error();
  }
  constexpr std::uint64_t longest_burn = 86'400'000;
  if (burn > longest_burn) return failure{errc::invalid_argument, "--burn is 1d at most"};
  extras.burn_ms = static_cast<std::uint32_t>(burn);
  return extras;
}

}  // namespace

int send(context& at, const send_options& o) {
  auto extras = extras_from(o);
  if (!extras) return at.usage(extras.error().detail);
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, o.conversation, context::absent::found);
  if (!c) return at.exit();
  if (!at.find_people(*s, c, o.mentions, extras->mentions)) return at.exit();
  line_sender sender(at, *s, c, std::move(*extras));
  if (o.text.size() == 1 && o.text.front() == "-") {
    std::string line;
    while (std::getline(std::cin, line)) {
      if (!line.empty()) sender.send(line);
    }
  } else {
    sender.send(joined_words(o.text));
  }
  return sender.finish();
}

}  // namespace conclave::client::cli
