/// A tenant's policy; see plans_policy.h.
#include "actors/plans_policy.h"

#include "schemas/account_messages.h"
#include "schemas/codec.h"
#include "schemas/records.h"

#include <memory>

namespace conclave::actors {

registrar_plan plan_set_policy(const storage::state_view&, const plan_context& context,
                               std::uint64_t correlation, const set_policy_order& order) {
  registrar_plan plan;
  plan.redo.put(keys::policy(context.entity.tenant), encode(order.policy));
  put_version(plan, context);
  plan.new_policy = std::make_shared<const tenant_policy>(order.policy);
  append_frame(plan.answer, correlation, done_answer{});
  return plan;
}

}  // namespace conclave::actors
