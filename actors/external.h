/// People of other tenants: how they come into a tenant's conversations. Each gets an id and a name
/// `name@tenant` in the host's tenant, which is all that its members and its rows know of him; his
/// own tenant keeps a link row, which is all that he knows of the host (session_links.h). Both
/// policies must allow it, looked at before the conversation judges the request.
///
/// Pure functions of views, on the reader pool, but for go_on_with, which runs on the tenant's
/// registrar.
#pragma once

#include "actors/conversation_request.h"
#include "actors/engine_ports.h"
#include "actors/plan_parts.h"
#include "actors/request_details.h"
#include "storage/store.h"

#include <string>
#include <string_view>
#include <vector>

namespace conclave::actors {

/// What he is called in another tenant; no name of a person at home has an @.
std::string external_name(std::string_view user, std::string_view tenant);

/// May people of `home` become members in `host`? errc::ok; policy_forbids: the host's own policy
/// is against it; not_found: theirs is, which is theirs to know.
errc may_be_external(const engine_ports& ports, tenant_id host, tenant_id home);

/// The person of another tenant behind an id; nothing for the tenant's own.
std::optional<external_person> external_of(user_id user, const user_record& record);

/// Puts those of other tenants into the request's details, or why they may not come.
void note_external(const engine_ports& ports, tenant_id host, conversation_request& request,
                   std::vector<external_person> people);

/// What a user's local ids stand for.
outcome<std::vector<session_link>> links_of(const storage::state_view& home, tenant_id tenant,
                                            user_id user);

/// Ids for people of another tenant: known ones are found by their name.
registrar_plan plan_admit_external(const storage::state_view& home, const plan_context& context,
                                   const admit_external_order& order);

/// The ids are durable: the request goes to its conversation.
void go_on_with(const engine_ports& ports, tenant_id host, const admit_external_order& order,
                const std::vector<user_id>& ids, ticket asked);

}  // namespace conclave::actors
