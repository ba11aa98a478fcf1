/// What the loops receive after a commit: one delivery per (commit, conversation, loop), shared and
/// immutable. Each loop resolves the member lists to its own connections, so there is no subscription
/// state anywhere and no storm when everybody reconnects.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actors/reply.h"
#include "schemas/event.h"
#include "schemas/ids.h"

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
  bool founding = false;        ///< answered by CONVERSATION_CREATED instead of OK
  reply_port* port = nullptr;   ///< the requesting loop; null: nobody waits for an answer
  reply_address origin;         ///< valid when port is set
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
};

struct delivery {
  tenant_id tenant{};
  conversation_id conversation{};
  std::vector<delivery_part> parts;
};

/// "New up to head": after a conversation recovered, its members may have missed pushes.
struct head_hint {
  tenant_id tenant{};
  conversation_id conversation{};
  event_seq head{};
  member_list_ref members;
};

}  // namespace conclave::actors
