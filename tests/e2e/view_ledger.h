/// The book in which viewcheck writes what was done, while it is done: acknowledged operations,
/// what the node told to be gone, openings and read marks. The players also choose from it what to
/// do next. Any thread; grows with the run.
#pragma once

#include "tests/e2e/view_operation.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace conclave::viewcheck {

class ledger {
 public:
  void did(const operation& op) {
    const std::lock_guard lock(mutex_);
    ++operations_;
    conversation_log& log = logs_[op.conversation];
    const auto [at, fresh] = log.done.emplace(op.seq, op);
    if (!fresh)
      doubled_.push_back("conversation " + std::to_string(op.conversation) + " seq " +
                         std::to_string(op.seq) + " was given to two operations");
    if (op.what == act::say || op.what == act::forward)
      messages_[op.conversation].push_back(op.seq);
    if (op.what == act::dissolve) dissolved_.insert(op.conversation);
    if (op.what == act::create) owners_[op.conversation] = op.user;
    if (op.what == act::role && op.role == role_owner) owners_[op.conversation] = op.users.front();
    if (op.what == act::add)
      for (const number user : op.users) ++comings_[{op.conversation, user}];
    if (op.expires_after != 0 && !op.expires_at) due_.push_back(op.time + op.expires_after);
    if (op.expires_at != 0) due_.push_back(op.expires_at);
  }

  /// Somebody came in by the join code, as an event says; every device tells it.
  void told_let_in(const operation& op) {
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = logs_[op.conversation].done.emplace(op.seq, op);
    if (fresh) {
      ++operations_;
      for (const number user : op.users) ++comings_[{op.conversation, user}];
    } else if (at->second.what != act::let_in) {
      doubled_.push_back("conversation " + std::to_string(op.conversation) + " seq " +
                         std::to_string(op.seq) + " is a coming in and something else");
    }
  }
  /// Before the request: its answer may be lost.
  void asked_in(number conversation, number user) {
    const std::lock_guard lock(mutex_);
    logs_[conversation].asked.insert(user);
  }

  void told_gone(number conversation, const node_event& event) {
    const std::lock_guard lock(mutex_);
    logs_[conversation].gone.emplace(event.seq, event);
  }

  /// `burns_at` 0: asked, and perhaps opened, but no answer told when it burns.
  void opened(number conversation, number seq, number user, number burns_at) {
    const std::lock_guard lock(mutex_);
    opening& o = logs_[conversation].opened[seq][user];
    if (burns_at == 0) return;
    if (o.burns_at != 0 && o.burns_at != burns_at)
      doubled_.push_back("conversation " + std::to_string(conversation) + " seq " +
                         std::to_string(seq) + " burns for user " + std::to_string(user) +
                         " at two times");
    o.burns_at = burns_at;
  }

  /// Before the request: its first answer may be lost, and the second one be a refusal.
  void asked_to_mark(number conversation, number user, number seq) {
    const std::lock_guard lock(mutex_);
    asked_to_mark_[{conversation, user}].insert(seq);
  }
  /// What the node says to be his mark: if he has asked for it, it was set.
  void found_marked(number conversation, number user, number seq) {
    const std::lock_guard lock(mutex_);
    const auto at = asked_to_mark_.find({conversation, user});
    if (at == asked_to_mark_.end() || !at->second.contains(seq)) return;
    number& mark = logs_[conversation].read[user];
    mark = std::max(mark, seq);
  }
  void marked(number conversation, number user, number seq) {
    const std::lock_guard lock(mutex_);
    number& mark = logs_[conversation].read[user];
    mark = std::max(mark, seq);
  }

  /// What must not be: a seq answered twice, a burning with two ends.
  std::vector<std::string> contradictions() const {
    const std::lock_guard lock(mutex_);
    return doubled_;
  }
  std::uint64_t operations() const {
    const std::lock_guard lock(mutex_);
    return operations_;
  }
  all_logs all() const {
    const std::lock_guard lock(mutex_);
    return logs_;
  }

  // -- for choosing
  // --------------------------------------------------------------------------------

  /// A message, mostly a new one, that fulfils the condition; nothing when some tries find none.
  std::optional<operation> message(number conversation, const std::function<number()>& random,
                                   const std::function<bool(const operation&)>& fits) const {
    const std::lock_guard lock(mutex_);
    const auto at = messages_.find(conversation);
    if (at == messages_.end() || at->second.empty()) return std::nullopt;
    const auto& seqs = at->second;
    for (int i = 0; i < 20; ++i) {
      const std::size_t reach =
          random() % 4 == 0 ? seqs.size() : std::min<std::size_t>(seqs.size(), 25);
      const number seq = seqs[seqs.size() - 1 - random() % reach];
      const operation& op = logs_.at(conversation).done.at(seq);
      if (fits(op)) return op;
    }
    return std::nullopt;
  }

  /// How often this user was brought in: the sixteenth stretch closes the first.
  std::size_t comings(number conversation, number user) const {
    const std::lock_guard lock(mutex_);
    const auto at = comings_.find({conversation, user});
    return at == comings_.end() ? 0 : at->second;
  }

  bool dissolved(number conversation) const {
    const std::lock_guard lock(mutex_);
    return dissolved_.contains(conversation);
  }

  bool owns(number conversation, number user) const {
    const std::lock_guard lock(mutex_);
    const auto at = owners_.find(conversation);
    return at != owners_.end() && at->second == user;
  }

  /// The newest time at which a message goes; 0: none.
  number newest_due() const {
    const std::lock_guard lock(mutex_);
    return due_.empty() ? 0 : due_.back();
  }

 private:
  mutable std::mutex mutex_;
  all_logs logs_;
  std::map<number, std::vector<number>> messages_;
  std::map<std::pair<number, number>, std::size_t> comings_;
  std::map<std::pair<number, number>, std::set<number>> asked_to_mark_;
  std::map<number, number> owners_;  ///< conversation -> user
  std::set<number> dissolved_;
  std::vector<number> due_;
  std::vector<std::string> doubled_;
  std::uint64_t operations_ = 0;
};

}  // namespace conclave::viewcheck
