/// Requests that change something: decoded, admitted and gathered into one batch per conversation
/// of this wake-up; see gateway.h.
#include "actors/derived_ids.h"
#include "actors/external.h"
#include "actors/gateway.h"
#include "actors/gateway_requests.h"
#include "conf/log.h"
#include "schemas/conversation_messages.h"
#include "storage/reads.h"
#include "storage/reads_account.h"

#include <optional>

namespace conclave::actors {

namespace {

bool has_extras(const send& m) {
  return m.reply_to || m.thread || !m.mentions.empty() || m.mentions_all || m.expires_at != 0 ||
         m.expires_after_ms != 0 || m.burn_ms != 0;
}

std::shared_ptr<const request_details> extras_of(const send& m) {
  auto details = std::make_shared<request_details>();
  details->reply_to = m.reply_to;
  details->thread = m.thread;
  details->mentions = m.mentions;
  details->mentions_all = m.mentions_all;
  details->expires_at = m.expires_at;
  details->expires_after_ms = m.expires_after_ms;
  details->burn_ms = m.burn_ms;
  return details;
}

/// His row in the conversation; not_found for who never was in it.
outcome<member_record> row_in(const gateway_shared& shared, const entity_ref& conversation,
                              user_id user) {
  const auto row =
      shared.store->get(shared.ports->shards.shard_of(conversation),
                        keys::member(conversation.tenant, conversation_id{conversation.id}, user));
  if (!row.ok()) return row.error();
  return decode_record<member_record>(*row);
}

}  // namespace

bool gateway::has_too_many(const gateway_shared& shared, const storage::state_view& home,
                           const entity_ref& conversation, user_id user) {
  const std::size_t most = shared.ports->policy_of(conversation.tenant)->max_conversations;
  const auto full = storage::is_in_at_least(home, conversation.tenant, user, most);
  if (!full.ok() || !*full) return false;
  const auto row = row_in(shared, conversation, user);
  return !row.ok() || !row->is_member();
}

conversation_batch& gateway::batch_for(const session& s, conversation_id conversation) {
  const entity_ref entity = conversation_entity(s, conversation);
  // Frames of one wake-up mostly go to the conversation of the frame before.
  if (!pending_.empty() && pending_.back().entity == entity) return *pending_.back().batch;
  const auto [at, fresh] = pending_at_.try_emplace(entity, pending_.size());
  if (fresh) pending_.push_back({entity, std::make_shared<conversation_batch>()});
  return *pending_[at->second].batch;
}

void gateway::on_send(session& s, const frame_view& frame) {
  const auto message = decoded<send>(s, frame);
  if (!message.ok()) return;
  ticket asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!asked.armed()) return;
  conversation_batch& batch = batch_for(s, message->conversation);
  conversation_request request =
      request_of(s, message->conversation, conversation_verb::send, message->client_seq);
  request.asked = std::move(asked);
  request.kind = message->kind;
  set_text(request, batch, message->body.data);
  if (has_extras(*message)) request.more = extras_of(*message);
  batch.requests.push_back(std::move(request));
}

void gateway::on_create(session& s, const frame_view& frame) {
  const auto message = decoded<create_conversation>(s, frame);
  if (!message.ok()) return;
  ticket asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!asked.armed()) return;
  const std::string& cluster = shared_.store->node().cluster;
  const bool direct = message->kind == conversation_kind::direct;
  if (direct && message->members.size() > 1)
    return asked.reject(errc::invalid_argument, "a direct conversation has one peer");
  const user_id peer = message->members.empty() ? s.user : message->members.front();
  const conversation_id id = direct ? direct_id(cluster, s.tenant, s.user, peer)
                                    : founded_id(cluster, s.tenant, s.user, message->op_id);
  auto batch = std::make_shared<conversation_batch>();
  conversation_request request = request_of(s, id, conversation_verb::create, message->op_id);
  request.asked = std::move(asked);
  request.visibility = message->visibility;
  request.founded = message->kind;
  if (!message->topic.empty()) {
    auto details = std::make_shared<request_details>();
    details->topic = message->topic;
    request.more = std::move(details);
  }
  set_text(request, *batch, message->title);
  set_users(request, *batch, message->members);
  batch->requests.push_back(std::move(request));
  deliver_checked(s, id, std::move(batch));
}

void gateway::on_add_members(session& s, const frame_view& frame) {
  const auto message = decoded<add_members>(s, frame);
  if (!message.ok()) return;
  ticket asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!asked.armed()) return;
  // Nor may he try which of the host's ids are somebody's.
  if (s.seat_in(message->conversation).tenant != s.tenant)
    return asked.reject(errc::forbidden, "people of other tenants add nobody");
  auto batch = std::make_shared<conversation_batch>();
  conversation_request request =
      request_of(s, message->conversation, conversation_verb::add_members, message->client_seq);
  request.asked = std::move(asked);
  set_users(request, *batch, message->users);
  batch->requests.push_back(std::move(request));
  deliver_checked(s, message->conversation, std::move(batch));
}

/// Users named by a request must exist in the asker's tenant: looked up on the reader pool, in
/// their home shard, before the conversation hears of them.
void gateway::deliver_checked(const session& s, conversation_id conversation,
                              std::shared_ptr<conversation_batch> batch) {
  const entity_ref entity = conversation_entity(s, conversation);
  const bool taken = shared_.ports->on_reader([shared = &shared_, entity, batch] {
    const auto home = shared->store->view(shared->ports->shards.home_of(entity.tenant));
    conversation_request& first = batch->requests.front();
    // Hundreds of people are looked up only for who was ever in it.
    const bool from_inside =
        first.verb != conversation_verb::join && first.verb != conversation_verb::create;
    if (from_inside) {
      const auto row = row_in(*shared, entity, first.user);
      const bool stranger = !row.ok() && row.error().code == errc::not_found;
      if (!row.ok())
        return first.asked.reject(stranger ? errc::not_found : errc::overloaded, {},
                                  stranger ? 0 : 100);
    }
    // A founding that is asked for again is answered again, also after he has left; coming back in
    // is coming in.
    const bool comes_in =
        first.verb == conversation_verb::join ||
        (first.verb == conversation_verb::create && !row_in(*shared, entity, first.user).ok());
    if (comes_in && has_too_many(*shared, home, entity, first.user))
      return first.asked.reject(errc::limit_reached, "too many conversations");
    std::vector<external_person> external;
    for (const user_id user : batch->users) {
      const auto row = storage::get_user(home, entity.tenant, user);
      if (row.ok()) {
        if (const auto person = external_of(user, *row)) external.push_back(*person);
        continue;
      }
      const bool absent = row.error().code == errc::not_found;
      batch->requests.front().asked.reject(
          absent ? errc::invalid_argument : errc::overloaded,
          absent ? "there is no user " + std::to_string(user.value) : std::string());
      return;
    }
    note_external(*shared->ports, entity.tenant, batch->requests.front(), std::move(external));
    shared->ports->actors->deliver_to_conversation(entity, conversation_work{batch});
  });
  if (!taken) batch->requests.front().asked.reject(errc::overloaded, {}, 100);
}

void gateway::on_remove_member(session& s, const frame_view& frame) {
  const auto message = decoded<remove_member>(s, frame);
  if (!message.ok()) return;
  ticket asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!asked.armed()) return;
  conversation_batch& batch = batch_for(s, message->conversation);
  conversation_request request =
      request_of(s, message->conversation, conversation_verb::remove_member, message->client_seq);
  request.asked = std::move(asked);
  set_users(request, batch, std::span(&message->user, 1));
  batch.requests.push_back(std::move(request));
}

// -- operators
// -------------------------------------------------------------------------------------

void gateway::on_create_tenant(session& s, const frame_view& frame) {
  const auto message = decoded<create_tenant>(s, frame);
  if (!message.ok()) return;
  ticket asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!asked.armed()) return;
  auto request = std::make_shared<registrar_request>();
  request->asked = std::move(asked);
  request->order = create_tenant_order{s.user, message->op_id, std::string(message->tenant_name)};
  shared_.ports->actors->deliver_to_registrar(entity_ref{entity_kind::tenants, system_tenant, 0},
                                              registrar_work{std::move(request)});
}

void gateway::on_provision(session& s, const frame_view& frame) {
  const auto message = decoded<provision_users>(s, frame);
  if (!message.ok()) return;
  provision_order order{s.user, message->op_id, std::string(message->device_name), {}};
  for (const auto name : message->names) order.names.emplace_back(name);
  ask_tenant(s, frame, message->tenant_name, std::move(order));
}

void gateway::deliver_to_tenant(std::string_view tenant_name,
                                std::shared_ptr<registrar_request> request) {
  const bool taken =
      shared_.ports->on_reader([shared = &shared_, request, name = std::string(tenant_name)] {
        const auto tenant = storage::find_tenant(shared->store->view(system_shard), name);
        if (!tenant.ok())
          return request->asked.reject(tenant.error().code, "there is no tenant of this name");
        shared->ports->actors->deliver_to_registrar(entity_ref{entity_kind::tenant, *tenant, 0},
                                                    registrar_work{request});
      });
  if (!taken) request->asked.reject(errc::overloaded, {}, 100);
}

}  // namespace conclave::actors
