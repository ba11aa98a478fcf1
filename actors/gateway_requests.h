/// How the gateway's files make requests for conversations out of frames. Internal to gateway_*.cc;
/// pure functions.
#pragma once

#include "actors/conversation_request.h"
#include "actors/request_details.h"
#include "actors/session.h"
#include "schemas/keys.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace conclave::actors {

inline entity_ref conversation_entity(const session& s, conversation_id conversation) {
  const seat at = s.seat_in(conversation);
  return {entity_kind::conversation, at.tenant, at.conversation.value};
}

inline conversation_request request_of(const session& s, conversation_id conversation,
                                       conversation_verb verb, std::uint64_t key) {
  conversation_request request;
  request.verb = verb;
  request.user = s.seat_in(conversation).user;
  request.device = s.device;
  request.key = key;
  return request;
}

inline void set_text(conversation_request& request, conversation_batch& batch,
                     std::string_view text) {
  request.text_offset = static_cast<std::uint32_t>(batch.bytes.size());
  request.text_size = static_cast<std::uint32_t>(text.size());
  batch.bytes.append(text);
}

inline void set_users(conversation_request& request, conversation_batch& batch,
                      std::span<const user_id> users) {
  request.users_offset = static_cast<std::uint32_t>(batch.users.size());
  request.users_count = static_cast<std::uint32_t>(users.size());
  batch.users.insert(batch.users.end(), users.begin(), users.end());
}

}  // namespace conclave::actors
