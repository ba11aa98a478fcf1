/// Somebody who plays with one device of viewcheck: random operations, one after the other, each
/// written into the book with what the node answered; now and then the device goes away and comes
/// back. After what empties a body he asks at once whether it can still be read.
///
/// play() is one thread's, until `stop`; the results are read after it.
#pragma once

#include "tests/e2e/view_device.h"
#include "tests/e2e/view_ledger.h"

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace conclave::viewcheck {

/// What is played with.
struct playground {
  std::vector<number> users;
  std::vector<number> conversations;
  std::map<number, std::string> codes;          ///< join codes of those that have one
  std::set<number> ending;                      ///< those that may be dissolved
  std::map<number, std::vector<number>> pairs;  ///< direct ones: whose they are
  unsigned pause_ms = 15;                       ///< between two operations, on average
};

class view_player {
 public:
  view_player(view_device& device, const playground& ground, ledger& book, std::uint64_t seed);

  void play(const std::atomic<bool>& stop);

  /// Requests without a certain answer, and answers that no request may get.
  const std::vector<std::string>& unanswered() const { return unanswered_; }
  const std::map<std::string, std::uint64_t>& rejections() const { return rejections_; }
  std::uint64_t returns() const { return returns_; }

 private:
  using result = outcome<client::receipt>;

  void one();
  void say(operation op);
  void burn(operation op);
  void edit(operation op);
  void recall(operation op);
  void react(operation op);
  void pin(operation op);
  void forward(operation op);
  void change_members(operation op);
  void change_role(operation op);
  void mute(operation op);
  void change_settings(operation op);
  void come_in(number conversation);
  void dissolve(operation op);
  void mark_read(number conversation);
  void open(number conversation);
  void come_back();

  /// True when it was accepted; the operation is then in the book.
  bool settle(operation& op, const result& answer);
  void reject(const failure& why);
  /// Asks the node for a message whose body must be gone.
  void expect_gone(number conversation, number seq, std::string_view why);
  void look_for_expired(number conversation, number now);

  number random() { return random_(); }
  number random(number below) { return random_() % below; }
  bool chance(number percent) { return random(100) < percent; }
  number any_user() { return ground_.users[random(ground_.users.size())]; }
  number any_conversation();
  std::string words();
  std::optional<operation> pick(number conversation,
                                const std::function<bool(const operation&)>& fits);
  client::session& session() { return device_.session(); }

  view_device& device_;
  const playground& ground_;
  ledger& book_;
  std::mt19937_64 random_;
  std::uint64_t said_ = 0;
  std::uint64_t returns_ = 0;
  std::vector<std::string> unanswered_;
  std::map<std::string, std::uint64_t> rejections_;
};

}  // namespace conclave::viewcheck
