/// Requests that change something: decoded, admitted and gathered into one batch per conversation
/// of this wake-up; see gateway.h.
#include "actors/gateway.h"
#include "conf/log.h"
#include "crypto/digest.h"
#include "schemas/conversation_messages.h"
#include "storage/reads.h"

namespace conclave::actors {

namespace {

/// The same (user, op_id) always means the same conversation, on every node of the cluster. 52 bits
/// of a hash: random like any other id, and a collision is answered already_exists.
conversation_id founded_id(const std::string& cluster, tenant_id tenant, user_id user,
                           std::uint64_t op_id) {
  std::string seed = cluster;
  seed += '/' + std::to_string(tenant.value) + '/' + std::to_string(user.value) + '/' +
          std::to_string(op_id);
  const auto hash = crypto::sha256(seed);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | hash[i];
  return conversation_id{(value >> 12) | 1};
}

conversation_request request_of(const session& s, conversation_verb verb, std::uint64_t key) {
  conversation_request request;
  request.verb = verb;
  request.user = s.user;
  request.device = s.device;
  request.key = key;
  return request;
}

void set_text(conversation_request& request, conversation_batch& batch, std::string_view text) {
  request.text_offset = static_cast<std::uint32_t>(batch.bytes.size());
  request.text_size = static_cast<std::uint32_t>(text.size());
  batch.bytes.append(text);
}

void set_users(conversation_request& request, conversation_batch& batch,
               std::span<const user_id> users) {
  request.users_offset = static_cast<std::uint32_t>(batch.users.size());
  request.users_count = static_cast<std::uint32_t>(users.size());
  batch.users.insert(batch.users.end(), users.begin(), users.end());
}

entity_ref entity_of(const session& s, conversation_id conversation) {
  return {entity_kind::conversation, s.tenant, conversation.value};
}

}  // namespace

conversation_batch& gateway::batch_for(const session& s, conversation_id conversation) {
  const entity_ref entity = entity_of(s, conversation);
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
  conversation_request request = request_of(s, conversation_verb::send, message->client_seq);
  request.asked = std::move(asked);
  set_text(request, batch, message->body.data);
  batch.requests.push_back(std::move(request));
}

void gateway::on_create(session& s, const frame_view& frame) {
  const auto message = decoded<create_conversation>(s, frame);
  if (!message.ok()) return;
  ticket asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!asked.armed()) return;
  const conversation_id id =
      founded_id(shared_.store->node().cluster, s.tenant, s.user, message->op_id);
  auto batch = std::make_shared<conversation_batch>();
  conversation_request request = request_of(s, conversation_verb::create, message->op_id);
  request.asked = std::move(asked);
  request.visibility = message->visibility;
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
  auto batch = std::make_shared<conversation_batch>();
  conversation_request request = request_of(s, conversation_verb::add_members, message->client_seq);
  request.asked = std::move(asked);
  set_users(request, *batch, message->users);
  batch->requests.push_back(std::move(request));
  deliver_checked(s, message->conversation, std::move(batch));
}

/// Users named by a request must exist in the asker's tenant: looked up on the reader pool, in
/// their home shard, before the conversation hears of them.
void gateway::deliver_checked(const session& s, conversation_id conversation,
                              std::shared_ptr<conversation_batch> batch) {
  const entity_ref entity = entity_of(s, conversation);
  const bool taken = shared_.ports->on_reader([shared = &shared_, entity, batch] {
    const auto home = shared->store->view(shared->ports->shards.home_of(entity.tenant));
    for (const user_id user : batch->users) {
      const auto row = storage::get_user(home, entity.tenant, user);
      if (row.ok()) continue;
      const bool absent = row.error().code == errc::not_found;
      batch->requests.front().asked.reject(
          absent ? errc::invalid_argument : errc::overloaded,
          absent ? "there is no user " + std::to_string(user.value) : std::string());
      return;
    }
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
      request_of(s, conversation_verb::remove_member, message->client_seq);
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
  ticket asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!asked.armed()) return;
  auto request = std::make_shared<registrar_request>();
  request->asked = std::move(asked);
  provision_order order{s.user, message->op_id, std::string(message->device_name), {}};
  for (const auto name : message->names) order.names.emplace_back(name);
  request->order = std::move(order);
  const bool taken = shared_.ports->on_reader(
      [shared = &shared_, request, name = std::string(message->tenant_name)] {
        const auto tenant = storage::find_tenant(shared->store->view(system_shard), name);
        if (!tenant.ok()) {
          request->asked.reject(tenant.error().code, "there is no tenant of this name");
          return;
        }
        shared->ports->actors->deliver_to_registrar(entity_ref{entity_kind::tenant, *tenant, 0},
                                                    registrar_work{request});
      });
  if (!taken) request->asked.reject(errc::overloaded, {}, 100);
}

}  // namespace conclave::actors
