/// From an order to the rule that judges it; see plans.h.
#include "actors/external.h"
#include "actors/plans.h"
#include "actors/plans_device.h"
#include "actors/plans_inbox.h"
#include "actors/plans_password.h"
#include "actors/plans_policy.h"

#include <variant>

namespace conclave::actors {

namespace {

struct planner {
  const storage::state_view& view;
  const plan_context& context;
  const shard_map& shards;
  std::uint64_t correlation;

  registrar_plan operator()(const create_tenant_order& o) const {
    return plan_tenant(view, context, shards, correlation, o);
  }
  registrar_plan operator()(const provision_order& o) const {
    return plan_provision(view, context, o);
  }
  registrar_plan operator()(const set_policy_order& o) const {
    return plan_set_policy(view, context, correlation, o);
  }
  registrar_plan operator()(const issue_device_order& o) const {
    return plan_issue_device(view, context, o);
  }
  registrar_plan operator()(const renew_token_order& o) const {
    return plan_renew_token(view, context, correlation, o);
  }
  registrar_plan operator()(const former_over_order& o) const {
    return plan_former_over(view, context, o);
  }
  registrar_plan operator()(const end_device_order& o) const {
    return plan_end_device(view, context, correlation, o);
  }
  registrar_plan operator()(const set_password_order& o) const {
    return plan_set_password(view, context, correlation, o);
  }
  registrar_plan operator()(const rehash_order& o) const { return plan_rehash(view, context, o); }
  registrar_plan operator()(const set_conversation_order& o) const {
    return plan_set_conversation(view, context, correlation, o);
  }
  registrar_plan operator()(const index_order& o) const { return plan_index(view, context, o); }
  registrar_plan operator()(const inbox_order& o) const { return plan_inbox(view, context, o); }
  registrar_plan operator()(const admit_external_order& o) const {
    return plan_admit_external(view, context, o);
  }
};

}  // namespace

registrar_plan plan_for(const storage::store& store, const shard_map& shards,
                        const plan_context& context, const registrar_request& request) {
  const auto view = store.view(shards.shard_of(context.entity));
  return std::visit(planner{view, context, shards, request.asked.to().correlation}, request.order);
}

}  // namespace conclave::actors
