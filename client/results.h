/// What the blocking calls of a session and its callbacks give back: copies that own their bytes,
/// where the messages of schemas/ borrow a frame. Pure data; any thread.
#pragma once

#include "schemas/account_messages.h"
#include "schemas/event.h"
#include "schemas/history_messages.h"
#include "schemas/ids.h"
#include "schemas/inbox_messages.h"
#include "schemas/moderation_messages.h"

#include <cstdint>
#include <string>
#include <vector>

namespace conclave::client {

struct identity {
  tenant_id tenant{};
  user_id user{};
  device_id device{};
  std::string user_name;
  std::string tenant_name;
  std::string token;     ///< after a login by password: the new device's; else empty
  time_ms renew_by = 0;  ///< the token ends soon after; 0: it does not
};

/// Where a request's event stands.
struct receipt {
  event_seq seq{};
  time_ms time = 0;
};

struct founded {
  conversation_id conversation{};
  time_ms time = 0;
};

/// An opened burning message: to be shown until `burns_at` (node time) and kept nowhere.
struct opened_message {
  time_ms burns_at = 0;
  std::string body;
};

struct joined {
  conversation_id conversation{};
  join_state state = join_state::joined;
};

struct renewed_token {
  std::string token;
  time_ms renew_by = 0;
};

// -- lists
// -----------------------------------------------------------------------------------------

/// Whose conversation it is, and who the caller is in it.
struct conversation_place {
  user_id self{};    ///< the caller's id there: his own, or in `host` one of the host's
  std::string host;  ///< name of the other tenant that all user ids in it are of; empty: his own
};

struct conversation_info {
  conversation_id conversation{};
  std::string title;
  event_seq head{};
  bool member = true;
  conversation_kind kind = conversation_kind::group;
  std::string topic;
  member_role role{};  ///< the caller's; 0: no member
  user_id peer{};
  std::uint64_t unread = 0;
  std::uint64_t mentions = 0;
  event_seq read{};
  std::string last;  ///< the newest event's bytes, for decode_event; empty: none, or too large
  time_ms muted_until = 0;
  bool pinned = false;
  bool hidden = false;
  bool dissolved = false;
  join_policy join{};
  invite_policy invite{};
  bool all_muted = false;
  time_ms silenced_until = 0;
  bool external = false;  ///< people of more than one tenant are in it
  std::string host;       ///< the tenant whose conversation it is; empty: the caller's own
  user_id self{};         ///< with `host`: the caller in it, where all user ids are the host's
};

struct conversation_list {
  std::vector<conversation_info> conversations;
  time_ms time = 0;  ///< give it to the next list to get only what has changed since
};

struct member_info {
  user_id user{};
  member_role role = member_role::member;
  event_seq joined{};
  std::string user_name;
  time_ms muted_until = 0;
  event_seq read{};
};

struct user_info {
  user_id user{};
  std::string user_name;
};

struct device_info {
  device_id device{};
  device_kind kind = device_kind::other;
  std::string device_name;
  time_ms created = 0;
  bool online = false;
};

struct join_request_info {
  user_id user{};
  user_id invited_by{};
  time_ms time = 0;
  std::string text;
  std::string user_name;
};

struct readers_info {
  std::uint32_t read = 0;
  std::uint32_t members = 0;  ///< who see the message, its sender left out
  std::vector<user_id> users;
};

/// An inbox_entry that owns its text.
struct inbox_item {
  std::uint64_t seq = 0;
  inbox_kind kind{};
  time_ms time = 0;
  conversation_id conversation{};
  event_seq at{};
  user_id user{};
  device_id device{};
  std::uint64_t number = 0;
  std::uint32_t flags = 0;
  std::string text;
};

inline inbox_item item_of(const inbox_entry& e) {
  return {e.seq,  e.kind,   e.time,   e.conversation, e.at,
          e.user, e.device, e.number, e.flags,        std::string(e.text)};
}

struct inbox_list {
  std::uint64_t head = 0;
  std::uint64_t first = 0;  ///< oldest entry that the node still has
  std::vector<inbox_item> entries;
};

struct pin_info {
  event_seq seq{};
  user_id by{};
  time_ms time = 0;
};

/// Events whose `body` points into `bytes`, which moves with the list but must not be copied from
/// under them: the type can only be moved.
struct event_list {
  event_list() = default;
  event_list(event_list&&) = default;
  event_list& operator=(event_list&&) = default;

  std::vector<event_view> events;
  std::vector<char> bytes;  // a vector keeps its address when moved, a short string does not
};

struct event_page : event_list {
  event_seq head{};
  event_seq next{};  ///< where the next page begins; zero: nothing left
};

}  // namespace conclave::client
