/// What each tenant allows, at hand: every request is judged by it, so nobody wants to read the
/// disk for it. Read on its tenant's first use, which is a login on the reader pool; replaced when
/// a new one is durable.
///
/// Any thread; owned by the engine. When the row cannot be read the defaults stand in, and the next
/// use tries again. Memory: some 100 bytes for each tenant used since the start.
#pragma once

#include "schemas/ids.h"
#include "schemas/outcome.h"
#include "schemas/policy_messages.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

namespace conclave::actors {

class policy_book {
 public:
  using loader = std::function<outcome<tenant_policy>(tenant_id)>;

  explicit policy_book(loader load) : load_(std::move(load)) {}

  /// Never null.
  std::shared_ptr<const tenant_policy> of(tenant_id tenant);

  void put(tenant_id tenant, std::shared_ptr<const tenant_policy> policy);

  /// Changes with every put: who keeps a policy looks here whether it is still the one in force.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  loader load_;
  std::atomic<std::uint64_t> generation_{1};
  std::shared_mutex mutex_;
  std::unordered_map<tenant_id, std::shared_ptr<const tenant_policy>> known_;
};

/// Operators are not subject to a tenant's policy, and cannot renew: their tokens do not end.
tenant_policy operators_policy();

}  // namespace conclave::actors
