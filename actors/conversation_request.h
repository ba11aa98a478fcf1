/// What a gateway asks of a conversation: one batch per (wake-up, conversation), its bodies in one
/// buffer, so that a message costs no allocation of its own.
#pragma once

#include "actors/reply.h"
#include "schemas/event.h"
#include "schemas/ids.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::actors {

struct request_details;

enum class conversation_verb : std::uint8_t {
  create,
  send,
  add_members,
  remove_member,
  edit,
  recall,
  react,
  pin,
  forward,
  set_role,
  mute_member,
  change_settings,
  dissolve,
  new_join_code,
  join,
  answer_join,
  mark_read,
  open,
  typing,
  notice,         ///< by an operator, as the node
  due,            ///< timers ran out; nobody asked
  review_burning  ///< readers left; nobody asked
};

struct conversation_request {
  ticket asked;
  conversation_verb verb = conversation_verb::send;
  event_kind kind = event_kind::text;                                 ///< send, forward
  conversation_kind founded = conversation_kind::group;               ///< create
  history_visibility visibility = history_visibility::since_joining;  ///< create
  user_id user{};  ///< from the session, never from the request
  device_id device{};
  std::uint64_t key = 0;          ///< client_seq, or op_id for create
  std::uint32_t text_offset = 0;  ///< body or title, in the batch's bytes
  std::uint32_t text_size = 0;
  std::uint32_t users_offset = 0;  ///< in the batch's users
  std::uint32_t users_count = 0;
  std::shared_ptr<const request_details> more;  ///< null in a plain SEND
};

struct conversation_batch {
  std::vector<conversation_request> requests;
  std::string bytes;
  std::vector<user_id> users;

  std::string_view text_of(const conversation_request& r) const {
    return std::string_view(bytes).substr(r.text_offset, r.text_size);
  }
  std::span<const user_id> users_of(const conversation_request& r) const {
    return std::span(users).subspan(r.users_offset, r.users_count);
  }
};

}  // namespace conclave::actors
