/// A SEND as most tests need it: a text and nothing else. Pure function; the body is borrowed.
#pragma once

#include "schemas/conversation_messages.h"

#include <string_view>

namespace conclave::test {

inline send text_request(conversation_id conversation, std::uint64_t client_seq,
                         std::string_view text) {
  send request;
  request.conversation = conversation;
  request.client_seq = client_seq;
  request.body = {text};
  return request;
}

}  // namespace conclave::test
