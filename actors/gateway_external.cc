/// ADD_EXTERNAL: people of another tenant, by name. Looked up on the reader pool; the host's
/// registrar gives ids to those who were never here (external.h); the conversation judges. See
/// gateway.h.
///
/// A name that is not there and one that its tenant keeps to itself get one answer, given by the
/// conversation, which knows whether the request was done before (P3) and tells only its owner and
/// admins (P6).
#include "actors/external.h"
#include "actors/gateway.h"
#include "actors/gateway_requests.h"
#include "schemas/conversation_messages.h"
#include "schemas/names.h"
#include "storage/reads.h"

#include <algorithm>

namespace conclave::actors {

namespace {

/// Is the asker somebody whose word counts there? Rows for people nobody may bring in are not made.
bool is_admin_of(const gateway_shared& shared, const entity_ref& conversation, user_id user) {
  const auto row =
      shared.store->get(shared.ports->shards.shard_of(conversation),
                        keys::member(conversation.tenant, conversation_id{conversation.id}, user));
  if (!row.ok()) return false;
  const auto member = decode_record<member_record>(*row);
  return member.ok() && member->is_member() && member->role >= member_role::admin;
}

/// The people behind the names, or why they may not come.
outcome<admit_external_order> look_up(const gateway_shared& shared, tenant_id host,
                                      const std::string& tenant_name,
                                      const std::vector<std::string>& names) {
  const auto home = storage::find_tenant(shared.store->view(system_shard), tenant_name);
  if (!home.ok()) return home.error();
  if (*home == host || *home == system_tenant) return errc::not_found;
  if (const errc verdict = may_be_external(*shared.ports, host, *home); verdict != errc::ok)
    return verdict;
  admit_external_order order;
  order.home = *home;
  const auto view = shared.store->view(shared.ports->shards.home_of(*home));
  for (const std::string& name : names) {
    if (!valid_name(name)) return errc::not_found;  // perhaps a guest there himself
    const auto user = storage::find_user(view, *home, name);
    if (!user.ok()) return user.error();
    order.people.push_back({*user, external_name(name, tenant_name)});
  }
  return order;
}

}  // namespace

void gateway::on_add_external(session& s, const frame_view& frame) {
  const auto message = decoded<add_external>(s, frame);
  if (!message.ok()) return;
  conversation_request request =
      request_of(s, message->conversation, conversation_verb::add_members, message->client_seq);
  auto asked = std::make_shared<ticket>(admit(s, frame.header.correlation, frame.payload.size()));
  if (!asked->armed()) return;
  const entity_ref entity = conversation_entity(s, message->conversation);
  auto batch = std::make_shared<conversation_batch>();
  batch->requests.push_back(std::move(request));
  std::vector<std::string> names(message->names.begin(), message->names.end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const bool taken = shared_.ports->on_reader([shared = &shared_, asked, entity, batch,
                                               names = std::move(names),
                                               tenant_name = std::string(message->tenant_name)] {
    conversation_request& first = batch->requests.front();
    auto order = is_admin_of(*shared, entity, first.user)
                     ? look_up(*shared, entity.tenant, tenant_name, names)
                     : outcome<admit_external_order>(errc::forbidden);
    if (!order.ok()) {
      const errc why = order.error().code;
      if (why != errc::forbidden && why != errc::policy_forbids && why != errc::not_found)
        return asked->reject(why);
      auto details = std::make_shared<request_details>();
      details->external_refused = why;
      first.more = std::move(details);
      first.asked = std::move(*asked);
      shared->ports->actors->deliver_to_conversation(entity, conversation_work{batch});
      return;
    }
    order->next = batch;
    order->conversation = conversation_id{entity.id};
    auto admission = std::make_shared<registrar_request>();
    admission->asked = std::move(*asked);
    admission->order = std::move(*order);
    shared->ports->actors->deliver_to_registrar(entity_ref{entity_kind::tenant, entity.tenant, 0},
                                                registrar_work{std::move(admission)});
  });
  if (!taken) asked->reject(errc::overloaded, {}, 100);
}

}  // namespace conclave::actors
