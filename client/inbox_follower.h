/// Keeps a user's inbox complete: compares the cursor with the head that each login tells, fetches
/// what is missing by INBOX, and hands out every entry once and in order.
///
/// A device without any memory that asked for `now` starts at the head; so does one whose memory is
/// older than the inbox. Owned by the session's core, on the loop's thread. One fetch at a time, a
/// request like any other: it is resent after a reconnect.
#pragma once

#include "client/caller.h"
#include "client/follower.h"
#include "client/inbox_cursor.h"
#include "client/state_file.h"
#include "schemas/inbox_messages.h"

#include <cstdint>
#include <functional>
#include <utility>

namespace conclave::client {

class inbox_follower {
 public:
  static constexpr std::uint32_t page_entries = 200;

  using deliver = std::function<void(const inbox_entry&)>;

  /// `relist` is called when entries were dropped by the node before this device read them.
  inbox_follower(caller& node, session_state& state, start_at start, deliver out,
                 std::function<void()> relist, follower::later wait);

  /// Logged in: the inbox ends at `head`.
  void on_ready(std::uint64_t head);
  void on_entry(const inbox_entry& entry);
  void on_head(std::uint64_t head);

  bool caught_up() const { return started_ && cursor_.complete(); }
  /// Called once, when that becomes true.
  void when_caught_up(std::function<void()> then);

  /// True after the cursor moved; reading clears it.
  bool take_dirty() { return std::exchange(dirty_, false); }

 private:
  void hand_out(const inbox_entry& entry);
  void moved();
  void fetch();
  void take_page(const outcome<frame_view>& answer);

  caller& node_;
  session_state& state_;
  start_at start_;
  deliver out_;
  std::function<void()> relist_;
  follower::later wait_;
  inbox_cursor cursor_;
  bool started_ = false;
  bool dirty_ = false;
  std::function<void()> on_caught_up_;
};

}  // namespace conclave::client
