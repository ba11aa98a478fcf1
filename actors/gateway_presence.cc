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
  deliver_plain(s, frame, message->conversation,
                request_of(s, message->conversation, conversation_verb::typing, 0),
                std::move(details));
}

/// Who is a member is asked at each push, so watching a foreign conversation shows nothing.
void gateway::on_watch(session& s, const frame_view& frame) {
  const auto message = decoded<watch>(s, frame);
  if (!message.ok() || !within_policy(s, frame.header.correlation)) return;
  s.watch(message->conversation, message->ttl_ms == 0 ? 0 : shared_.time->boot() + message->ttl_ms);
  answer_now(s, frame.header.correlation, done_answer{});
}

void gateway::on_watch_presence(session& s, const frame_view& frame) {
  const auto message = decoded<watch_presence>(s, frame);
  if (!message.ok() || !within_policy(s, frame.header.correlation)) return;
  // First the watch, then the look: who comes in between is told twice rather than never.
  watched_presence_.set(s, message->users,
                        message->ttl_ms == 0 ? 0 : shared_.time->boot() + message->ttl_ms);
  presence_page page;
  for (const user_id user : message->users)
    if (shared_.board.online(s.tenant, user)) page.online.push_back(user);
  answer_now(s, frame.header.correlation, page);
}

void gateway::announce_presence(const session& s) {
  for (gateway* each : shared_.gateways) {
    if (each == this)
      tell_presence(s.tenant, s.user);
    else
      each->loop().post(
          [each, tenant = s.tenant, user = s.user] { each->tell_presence(tenant, user); });
  }
}

/// As the board says now: two loops may tell of a coming and a going in either order, but the last
/// word is right.
void gateway::tell_presence(tenant_id tenant, user_id user) {
  const bool online = shared_.board.online(tenant, user);
  watched_presence_.each(tenant, user, shared_.time->boot(), [&](session& watcher) {
    if (watcher.lagging) return;
    answer_now(watcher, 0, presence_push{user, online});
  });
}

}  // namespace conclave::actors
