/// What a node asks of a conversation by itself: timers that are due, a look at what burns. Nobody
/// waits for an answer, so whoever makes one sees to it that it comes again. Any thread.
#pragma once

#include "actors/conversation_request.h"
#include "actors/directory.h"
#include "actors/engine_ports.h"
#include "actors/request_details.h"

#include <memory>
#include <utility>

namespace conclave::actors {

inline void deliver_own_request(const engine_ports& ports, const entity_ref& conversation,
                                conversation_verb verb, request_details details) {
  auto batch = std::make_shared<conversation_batch>();
  conversation_request request;
  request.verb = verb;
  request.more = std::make_shared<const request_details>(std::move(details));
  batch->requests.push_back(std::move(request));
  ports.actors->deliver_to_conversation(conversation, conversation_work{std::move(batch)});
}

}  // namespace conclave::actors
