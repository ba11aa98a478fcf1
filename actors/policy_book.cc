/// The cache of policies; see policy_book.h.
#include "actors/policy_book.h"

#include "conf/log.h"

#include <mutex>
#include <utility>

namespace conclave::actors {

tenant_policy operators_policy() {
  tenant_policy policy;
  policy.token_lifetime_ms = 0;
  return policy;
}

std::shared_ptr<const tenant_policy> policy_book::of(tenant_id tenant) {
  {
    const std::shared_lock lock(mutex_);
    const auto found = known_.find(tenant);
    if (found != known_.end()) return found->second;
  }
  auto row = tenant == system_tenant ? outcome<tenant_policy>(operators_policy()) : load_(tenant);
  if (!row.ok()) {
    log::error("policy", "cannot read a tenant's policy; the defaults stand in",
               {{"tenant", tenant.value}, {"why", row.error().detail}});
    return std::make_shared<const tenant_policy>();
  }
  const std::unique_lock lock(mutex_);
  // One that was put meanwhile is newer than what was read.
  return known_.try_emplace(tenant, std::make_shared<const tenant_policy>(*row)).first->second;
}

void policy_book::put(tenant_id tenant, std::shared_ptr<const tenant_policy> policy) {
  const std::unique_lock lock(mutex_);
  known_[tenant] = std::move(policy);
  generation_.fetch_add(1, std::memory_order_release);
}

}  // namespace conclave::actors
