/// Coming in from another tenant; see external.h.
#include "actors/external.h"

#include "actors/directory.h"
#include "storage/reads.h"
#include "storage/reads_account.h"

#include <utility>

namespace conclave::actors {

std::string external_name(std::string_view user, std::string_view tenant) {
  std::string name(user);
  name += '@';
  name += tenant;
  return name;
}

errc may_be_external(const engine_ports& ports, tenant_id host, tenant_id home) {
  if (!ports.policy_of(host)->host_external) return errc::policy_forbids;
  if (!ports.policy_of(home)->visit_external) return errc::not_found;
  return errc::ok;
}

std::optional<external_person> external_of(user_id user, const user_record& record) {
  if (!record.home_user) return {};
  return external_person{user, record.home_tenant, record.home_user};
}

void note_external(const engine_ports& ports, tenant_id host, conversation_request& request,
                   std::vector<external_person> people) {
  if (people.empty()) return;
  auto details = request.more == nullptr ? std::make_shared<request_details>()
                                         : std::make_shared<request_details>(*request.more);
  for (const external_person& person : people) {
    const errc verdict = may_be_external(ports, host, person.home_tenant);
    if (verdict != errc::ok) details->external_refused = verdict;
  }
  details->external = std::move(people);
  request.more = std::move(details);
}

outcome<std::vector<session_link>> links_of(const storage::state_view& home, tenant_id tenant,
                                            user_id user) {
  auto rows = storage::list_links(home, tenant, user);
  if (!rows.ok()) return std::move(rows).error();
  std::vector<session_link> links;
  for (const auto& [local, row] : *rows)
    links.emplace_back(local, seat{row.tenant, row.conversation, row.self});
  return links;
}

registrar_plan plan_admit_external(const storage::state_view& home, const plan_context& context,
                                   const admit_external_order& order) {
  const tenant_id tenant = context.entity.tenant;
  const auto highest = storage::highest_user(home, tenant);
  if (!highest.ok()) return refuse(highest.error());
  registrar_plan plan;
  std::uint64_t next = highest->value;
  for (const auto& person : order.people) {
    const auto known = storage::find_user(home, tenant, person.name);
    if (known.ok()) {
      plan.admitted.push_back(*known);
      continue;
    }
    if (known.error().code != errc::not_found) return refuse(known.error());
    const user_id id{++next};
    user_record record{person.name, context.now};
    record.home_tenant = order.home;
    record.home_user = person.home_user;
    plan.redo.put(keys::user(tenant, id), encode(record));
    plan.redo.put(keys::user_name(tenant, person.name), encode_number(id.value));
    plan.admitted.push_back(id);
  }
  if (!plan.redo.empty()) put_version(plan, context);
  return plan;
}

void go_on_with(const engine_ports& ports, tenant_id host, const admit_external_order& order,
                const std::vector<user_id>& ids, ticket asked) {
  conversation_request& request = order.next->requests.front();
  request.asked = std::move(asked);
  request.users_offset = 0;
  request.users_count = static_cast<std::uint32_t>(ids.size());
  order.next->users = ids;
  std::vector<external_person> people;
  for (std::size_t i = 0; i < ids.size(); ++i)
    people.push_back({ids[i], order.home, order.people[i].home_user});
  note_external(ports, host, request, std::move(people));
  ports.actors->deliver_to_conversation(
      entity_ref{entity_kind::conversation, host, order.conversation.value},
      conversation_work{order.next});
}

}  // namespace conclave::actors
