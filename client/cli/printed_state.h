/// How far `listen` has printed, for the next run to go on there. A session's state says what was
/// received; what was not printed of it, because it was not chosen or could not be written, is left
/// out: its cursor stays below the first of it. The inbox has one cursor for all, which stops for
/// good at the first entry that is left out: the next run may print later ones again, and loses
/// none.
///
/// Pure data; main thread only. Grows with the conversations.
#pragma once

#include "client/state_file.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

namespace conclave::client::cli {

class printed_state {
 public:
  /// `stored`: what the last run left.
  explicit printed_state(session_state stored) : state_(std::move(stored)) {}

  /// From the first one on only chosen conversations are printed.
  void choose(conversation_id c) { chosen_.insert(c); }
  std::size_t count_chosen() const { return chosen_.size(); }
  bool chosen(conversation_id c) const { return chosen_.empty() || chosen_.contains(c); }

  void printed(conversation_id c, event_seq seq) {
    conversation_state& mine = state_.conversations[c];
    mine.following = true;
    mine.cursor = std::max(mine.cursor, seq);  // what comes late stands below it
    changed_ = true;
  }
  void left_out(conversation_id c, event_seq seq) {
    conversation_state& mine = state_.conversations[c];
    if (mine.following) return;
    mine.following = true;
    mine.cursor = event_seq{seq.value - 1};
    changed_ = true;
  }

  void inbox_printed(std::uint64_t seq) {
    if (inbox_stopped_) return;
    state_.following_inbox = true;
    state_.inbox = seq;
    changed_ = true;
  }
  void inbox_left_out(std::uint64_t seq) {
    if (!state_.following_inbox) inbox_printed(seq - 1);
    inbox_stopped_ = true;
  }

  /// True at first and after each change; asking clears it.
  bool take_changed() { return std::exchange(changed_, false); }

  /// What to store: `received` as far as it was printed. What a conversation that was not chosen
  /// begins with is remembered the first time.
  session_state merged(session_state received) {
    for (auto& [id, now] : received.conversations) {
      conversation_state& mine = state_.conversations[id];
      if (chosen(id)) {
        if (mine.following) now.cursor = mine.cursor;
        continue;
      }
      // All of it but the counter of own requests: what was stepped over is not received either.
      const std::uint64_t client_seq = now.client_seq;
      if (!mine.following) mine = now;
      now = mine;
      now.client_seq = client_seq;
    }
    if (state_.following_inbox) {
      received.following_inbox = true;
      received.inbox = state_.inbox;
    }
    return received;
  }

 private:
  session_state state_;
  std::set<conversation_id> chosen_;
  bool inbox_stopped_ = false;
  bool changed_ = true;
};

}  // namespace conclave::client::cli
