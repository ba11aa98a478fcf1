/// Soft state: typing, watching, presence; see gateway.h.
#include "actors/gateway.h"
#include "actors/gateway_requests.h"
#include "schemas/presence_messages.h"

namespace conclave::actors {

void gateway::on_typing(session& s, const frame_view& frame) {
  const auto message = decoded<typing>(s, frame);
  if (!message.ok()) return;
  auto details = std::make_shared<request_details>();
  details->removed = message->stopped;
  deliver_plain(s, frame, message->conversation, request_of(s, conversation_verb::typing, 0),
                std::move(details));
}

/// Who is a member is asked at each push, so watching a foreign conversation shows nothing.
void gateway::on_watch(session& s, const frame_view& frame) {
  const auto message = decoded<watch>(s, frame);
  if (!message.ok()) return;
  s.watch(message->conversation, message->ttl_ms == 0 ? 0 : shared_.time->boot() + message->ttl_ms);
  answer_now(s, frame.header.correlation, done_answer{});
}

void gateway::on_watch_presence(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

}  // namespace conclave::actors
