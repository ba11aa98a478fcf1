/// What is done to messages: decoded, admitted, the target read on the reader pool, then handed to
/// the conversation; see gateway.h.
#include "actors/gateway.h"
#include "actors/gateway_requests.h"
#include "schemas/event_messages.h"
#include "storage/reads_target.h"

namespace conclave::actors {

/// A request about one message: its row is read first, so that the conversation need not block.
void gateway::deliver_with_target(const session& s, conversation_id conversation,
                                  conversation_request request,
                                  std::shared_ptr<request_details> details, std::string_view text) {
  const entity_ref entity = conversation_entity(s, conversation);
  auto batch = std::make_shared<conversation_batch>();
  set_text(request, *batch, text);
  batch->requests.push_back(std::move(request));
  const bool taken = shared_.ports->on_reader([shared = &shared_, entity, batch, details] {
    conversation_request& asked = batch->requests.front();
    const auto view = shared->store->view(shared->ports->shards.shard_of(entity));
    storage::target_wish wish;
    wish.edits = asked.verb == conversation_verb::edit || asked.verb == conversation_verb::recall;
    wish.burn_body = asked.verb == conversation_verb::open;
    auto image = storage::load_target(view, entity.tenant, conversation_id{entity.id}, asked.user,
                                      details->target, wish);
    if (!image.ok()) return asked.asked.reject(image.error().code);
    details->image = std::move(*image);
    asked.more = details;
    shared->ports->actors->deliver_to_conversation(entity, conversation_work{batch});
  });
  if (!taken) batch->requests.front().asked.reject(errc::overloaded, {}, 100);
}

/// Decoded requests about one message have all of this in common.
void gateway::act_on_message(session& s, const frame_view& frame, conversation_id conversation,
                             conversation_verb verb, std::uint64_t key, event_seq target,
                             std::string_view text, bool removed) {
  conversation_request request = request_of(s, conversation, verb, key);
  const auto cost = verb == conversation_verb::open ? request_cost::opening : request_cost::target;
  request.asked = admit(s, frame.header.correlation, frame.payload.size(), cost);
  if (!request.asked.armed()) return;
  auto details = std::make_shared<request_details>();
  details->target = target;
  details->removed = removed;
  deliver_with_target(s, conversation, std::move(request), std::move(details), text);
}

void gateway::on_edit(session& s, const frame_view& frame) {
  if (const auto m = decoded<edit>(s, frame); m.ok())
    act_on_message(s, frame, m->conversation, conversation_verb::edit, m->client_seq, m->target,
                   m->body.data);
}

void gateway::on_recall(session& s, const frame_view& frame) {
  if (const auto m = decoded<recall>(s, frame); m.ok())
    act_on_message(s, frame, m->conversation, conversation_verb::recall, m->client_seq, m->target);
}

void gateway::on_react(session& s, const frame_view& frame) {
  if (const auto m = decoded<react>(s, frame); m.ok())
    act_on_message(s, frame, m->conversation, conversation_verb::react, m->client_seq, m->target,
                   m->reaction, m->removed);
}

void gateway::on_pin(session& s, const frame_view& frame) {
  if (const auto m = decoded<pin>(s, frame); m.ok())
    act_on_message(s, frame, m->conversation, conversation_verb::pin, m->client_seq, m->target, {},
                   m->removed);
}

void gateway::on_open(session& s, const frame_view& frame) {
  if (const auto m = decoded<open_burning>(s, frame); m.ok())
    act_on_message(s, frame, m->conversation, conversation_verb::open, 0, m->seq);
}

void gateway::on_forward(session& s, const frame_view& frame) {
  const auto message = decoded<forward>(s, frame);
  if (!message.ok()) return;
  conversation_request request =
      request_of(s, message->conversation, conversation_verb::forward, message->client_seq);
  request.asked = admit(s, frame.header.correlation, frame.payload.size(), request_cost::target);
  if (!request.asked.armed()) return;
  const entity_ref entity = conversation_entity(s, message->conversation);
  const seat from_seat = s.seat_in(message->from_conversation);
  // An origin is told in the ids of one tenant, and what tenants share does not wander off.
  if (from_seat.tenant != entity.tenant)
    return request.asked.reject(errc::forbidden, "not from one tenant's conversation to another's");
  auto batch = std::make_shared<conversation_batch>();
  batch->requests.push_back(std::move(request));
  const bool taken = shared_.ports->on_reader(
      [shared = &shared_, entity, batch, from = from_seat.conversation, seq = message->from_seq] {
        conversation_request& asked = batch->requests.front();
        auto details = std::make_shared<request_details>();
        details->origin_conversation = from;
        details->origin_seq = seq;
        details->origin_gone_count = shared->gone.count(entity.tenant, from);
        const auto view = shared->store->view(shared->ports->shards.shard_of(entity.tenant, from));
        auto source = storage::load_forward_source(view, entity.tenant, from, asked.user, seq,
                                                   shared->ports->now());
        if (source.ok()) {
          asked.kind = source->kind;
          set_text(asked, *batch, source->body);
          details->origin_sender = source->sender;
          details->origin_time = source->time;
          details->origin_due = source->due;
          details->image.found = true;
          details->image.as_of = source->place.head;
          details->image.applied = source->place.applied;
        } else {
          // The conversation judges first whether this was done before: the origin may be gone
          // since.
          details->origin_refused = source.error().code;
        }
        asked.more = std::move(details);
        shared->ports->actors->deliver_to_conversation(entity, conversation_work{batch});
      });
  if (!taken) batch->requests.front().asked.reject(errc::overloaded, {}, 100);
}

void gateway::on_mark_read(session& s, const frame_view& frame) {
  const auto message = decoded<mark_read>(s, frame);
  if (!message.ok()) return;
  auto details = std::make_shared<request_details>();
  details->seq = message->seq;
  deliver_plain(s, frame, message->conversation,
                request_of(s, message->conversation, conversation_verb::mark_read, 0),
                std::move(details));
}

}  // namespace conclave::actors
