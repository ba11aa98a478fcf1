/// What the requests about tenants and their users come to; see plans.h.
#include "actors/plans.h"

#include "schemas/codec.h"
#include "schemas/keys.h"
#include "schemas/names.h"
#include "schemas/number_value.h"
#include "schemas/operator_messages.h"
#include "storage/reads.h"
#include "storage/reads_account.h"

#include <set>

namespace conclave::actors {

namespace {

registrar_plan tenant_answer(registrar_plan plan, std::uint64_t correlation, tenant_id tenant) {
  append_frame(plan.answer, correlation, tenant_created{tenant});
  return plan;
}

/// What an earlier run of the same operation came to, or nothing.
outcome<std::vector<std::uint64_t>> earlier_results(const storage::state_view& view,
                                                    const std::string& key) {
  auto row = view.get(key);
  if (!row.ok()) {
    if (row.error().code == errc::not_found) return std::vector<std::uint64_t>{};
    return std::move(row).error();
  }
  auto record = decode_record<operation_record>(*row);
  if (!record.ok()) return std::move(record).error();
  return std::move(record->results);
}

/// Forgets old operations as new ones come. op_ids are random, so the rows behind a new one are as
/// good a sample of all as any, and looking at several per new row keeps their number in bounds.
status forget_old_operations(const storage::state_view& home, const plan_context& context,
                             const provision_order& order, registrar_plan& plan) {
  const tenant_id tenant = context.entity.tenant;
  const auto some =
      storage::list_operations(home, tenant, order.operator_id, order.op_id, operations_looked_at);
  if (!some.ok()) return some.error();
  for (const auto& [op_id, time] : *some)
    if (time + operation_kept_ms < context.now)
      plan.redo.erase(keys::operation(tenant, order.operator_id, op_id));
  return done{};
}

/// Finds the user of that name or adds him to the plan. `fresh_users` counts those added so far.
outcome<user_id> ensure_user(const storage::state_view& view, const plan_context& context,
                             const std::string& name, user_id highest, std::uint64_t& fresh_users,
                             registrar_plan& plan) {
  auto found = storage::find_user(view, context.entity.tenant, name);
  if (found.ok() || found.error().code != errc::not_found) return found;
  const user_id id{highest.value + ++fresh_users};
  plan.redo.put(keys::user(context.entity.tenant, id), encode(user_record{name, context.now}));
  plan.redo.put(keys::user_name(context.entity.tenant, name), encode_number(id.value));
  return id;
}

}  // namespace

registrar_plan plan_tenant(const storage::state_view& system, const plan_context& context,
                           const shard_map& shards, std::uint64_t correlation,
                           const create_tenant_order& order) {
  if (!valid_name(order.name)) return refuse(errc::invalid_argument, std::string(name_rule));
  const auto taken = storage::find_tenant(system, order.name);
  if (taken.ok()) {
    const auto record = storage::get_tenant(system, *taken);
    if (!record.ok()) return refuse(record.error());
    if (record->op_id == order.op_id && record->created_by == order.operator_id)
      return tenant_answer({}, correlation, *taken);
    return refuse(errc::already_exists, "there is a tenant of this name");
  }
  if (taken.error().code != errc::not_found) return refuse(taken.error());
  const auto highest = storage::highest_tenant(system);
  if (!highest.ok()) return refuse(highest.error());

  const tenant_id id{highest->value + 1};
  registrar_plan plan;
  tenant_record record;
  record.name = order.name;
  record.home_shard = shards.home_of(id);
  record.created = context.now;
  record.op_id = order.op_id;
  record.created_by = order.operator_id;
  plan.redo.put(keys::tenant(id), encode(record));
  plan.redo.put(keys::tenant_name(order.name), encode_number(id.value));
  put_version(plan, context);
  return tenant_answer(std::move(plan), correlation, id);
}

registrar_plan plan_provision(const storage::state_view& home, const plan_context& context,
                              const provision_order& order) {
  const tenant_id tenant = context.entity.tenant;
  std::set<std::string_view> distinct;
  for (const auto& name : order.names) {
    if (!valid_name(name)) return refuse(errc::invalid_argument, std::string(name_rule));
    if (!distinct.insert(name).second)
      return refuse(errc::invalid_argument, "a name stands twice in the request");
  }
  const std::string operation = keys::operation(tenant, order.operator_id, order.op_id);
  const auto earlier = earlier_results(home, operation);
  if (!earlier.ok()) return refuse(earlier.error());
  if (!earlier->empty() && earlier->size() != order.names.size() * 2)
    return refuse(errc::invalid_argument, "the op_id was used for other names");
  const auto highest = storage::highest_user(home, tenant);
  if (!highest.ok()) return refuse(highest.error());

  registrar_plan plan;
  std::uint64_t fresh_users = 0;
  operation_record made;
  made.time = context.now;
  for (std::size_t i = 0; i < order.names.size(); ++i) {
    const auto user = ensure_user(home, context, order.names[i], *highest, fresh_users, plan);
    if (!user.ok()) return refuse(user.error());
    if (!earlier->empty() && (*earlier)[2 * i] != user->value)
      return refuse(errc::invalid_argument, "the op_id was used for other names");
    plan.issue_to.push_back(*user);
    made.results.push_back(user->value);
    made.results.push_back(0);  // the device is known to its user by this op_id
  }
  if (!earlier->empty()) return plan;
  plan.redo.put(operation, encode(made));
  const status forgotten = forget_old_operations(home, context, order, plan);
  if (!forgotten.ok()) return refuse(forgotten.error());
  put_version(plan, context);
  return plan;
}

}  // namespace conclave::actors
