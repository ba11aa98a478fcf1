/// What the loops receive after a commit: one delivery per (commit, conversation, loop), shared and
/// immutable. Each loop resolves the member lists to its own connections, so there is no
/// subscription state anywhere and no storm when everybody reconnects.
#pragma once

#include "actors/reply.h"
#include "schemas/event.h"
#include "schemas/ids.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace conclave::actors {

/// The present members of a conversation. Immutable; a change of membership makes a new one with a
/// new version, which is what loops cache by.
struct member_list {
  std::uint64_t version = 0;  ///< unique within the process
  std::vector<user_id> users;
};
using member_list_ref = std::shared_ptr<const member_list>;

/// One event inside a part's buffer of frames, and the request that caused it.
struct delivered_event {
  std::uint32_t frame_offset = 0;
  std::uint32_t frame_size = 0;
  event_seq seq{};
  time_ms time = 0;
  bool founding = false;       ///< answered by CONVERSATION_CREATED instead of OK
  reply_port* port = nullptr;  ///< the requesting loop; null: nobody waits for an answer
  reply_address origin;        ///< valid when port is set
};

/// Consecutive events with the same recipients.
struct delivery_segment {
  member_list_ref members;
  std::uint32_t first_event = 0;
  std::uint32_t event_count = 0;
};

/// The events of one proposal: one contiguous buffer of EVENT frames.
struct delivery_part {
  std::shared_ptr<const std::string> frames;
  std::vector<delivered_event> events;
  std::vector<delivery_segment> segments;
  time_ms first_expiry = 0;  ///< of what has a body in it; 0: none expires
};

/// The part as it may be told at `now`: bodies whose time ran out during the commit are left out of
/// their frames (P5).
void leave_out_expired(delivery_part& part, time_ms now);

struct delivery {
  tenant_id tenant{};
  conversation_id conversation{};
  std::vector<delivery_part> parts;
};

/// Soft news for those who watch a conversation: nobody keeps it, nobody resends it.
struct signal {
  enum class kind : std::uint8_t { typing, read_by };
  kind what = kind::typing;
  tenant_id tenant{};
  conversation_id conversation{};
  user_id user{};
  event_seq seq{};       ///< read_by
  bool stopped = false;  ///< typing
  member_list_ref members;
};

/// When pushes to a session began, and when they were given out, on one scale for all threads.
using push_moment = std::chrono::steady_clock::time_point;

/// "New up to head": after a conversation recovered, its members, and who ceased to be one by the
/// event `head`, may have missed pushes; and so may one user who logged in after the event that
/// added him was pushed, and before his index told his listing.
struct head_hint {
  tenant_id tenant{};
  conversation_id conversation{};
  event_seq head{};
  member_list_ref members;
  user_id only{};               ///< in place of `members`
  push_moment logged_in_after;  ///< with `only`: sessions from before it have had the push
};

}  // namespace conclave::actors
