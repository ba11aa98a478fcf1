/// A user's devices and their tokens, and what a tenant allows; see gateway.h. What changes
/// something goes to the registrar that owns it, what only looks runs on the reader pool.
#include "actors/frame_of.h"
#include "actors/gateway.h"
#include "schemas/account_messages.h"
#include "schemas/policy_messages.h"
#include "storage/reads.h"
#include "storage/reads_account.h"

#include <memory>
#include <string>
#include <utility>

namespace conclave::actors {

void gateway::on_renew_token(session& s, const frame_view& frame) {
  if (!decoded<renew_token>(s, frame).ok()) return;
  ask_user(s, frame, renew_token_order{s.device, s.token_hash});
}

void gateway::note_renewed(session& s, const answer& a) {
  if (read_frame_header(a.frame.data()).type != frame_type::token_renewed) return;
  const auto message = decode<token_renewed>(std::string_view(a.frame).substr(frame_header_size));
  const auto token = message.ok() ? crypto::parse_token(message->token) : errc::invalid_token;
  if (token.ok()) s.token_hash = crypto::token_hash(token->secret);
}

void gateway::on_logout(session& s, const frame_view& frame) {
  if (!decoded<logout>(s, frame).ok()) return;
  ask_user(s, frame, end_device_order{s.device, s.device, errc::logged_out, {}});
}

void gateway::on_end_device(session& s, const frame_view& frame) {
  const auto message = decoded<end_device>(s, frame);
  if (!message.ok()) return;
  ask_user(s, frame, end_device_order{message->device, s.device, errc::device_ended, {}});
}

void gateway::on_list_devices(session& s, const frame_view& frame) {
  if (!decoded<list_devices>(s, frame).ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, tenant = s.tenant,
        user = s.user](std::uint64_t correlation) -> outcome<std::string> {
         const auto home = shared->store->view(shared->ports->shards.home_of(tenant));
         const auto rows = storage::list_devices(home, tenant, user);
         if (!rows.ok()) return rows.error();
         devices_page page;
         for (const auto& [id, row] : *rows)
           page.devices.push_back({id, row.kind == device_kind{} ? device_kind::other : row.kind,
                                   row.name, row.created, shared->board.online(tenant, user, id)});
         return frame_of(correlation, page);
       });
}

// -- operators
// -------------------------------------------------------------------------------------

void gateway::on_set_policy(session& s, const frame_view& frame) {
  const auto message = decoded<set_policy>(s, frame);
  if (!message.ok()) return;
  ask_tenant(s, frame, message->tenant_name, set_policy_order{message->policy});
}

void gateway::on_get_policy(session& s, const frame_view& frame) {
  const auto message = decoded<get_policy>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, name = std::string(message->tenant_name)](
           std::uint64_t correlation) -> outcome<std::string> {
         const auto tenant = storage::find_tenant(shared->store->view(system_shard), name);
         if (!tenant.ok()) return failure{tenant.error().code, "there is no tenant of this name"};
         return frame_of(correlation, policy_answer{*shared->ports->policy_of(*tenant)});
       });
}

}  // namespace conclave::actors
