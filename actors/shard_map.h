/// Which shard holds what. A tenant has a home shard (users, names, tokens); a conversation's shard
/// is a function of its own that today returns the home shard. Nobody may assume that the two are
/// the same. Immutable; any thread.
#pragma once

#include "schemas/ids.h"
#include "schemas/keys.h"

#include <vector>

namespace conclave::actors {

class shard_map {
 public:
  explicit shard_map(std::uint16_t shard_count) : shards_(shard_count) {}

  std::uint16_t count() const { return shards_; }

  /// Where a new tenant is put; recorded in its tenant_record. Shard 0 is the system's own unless
  /// it is the only one.
  shard_id home_of(tenant_id tenant) const {
    if (tenant == system_tenant || shards_ == 1) return system_shard;
    return shard_id{static_cast<std::uint16_t>(1 + (tenant.value - 1) % (shards_ - 1u))};
  }
  shard_id shard_of(tenant_id tenant, conversation_id) const { return home_of(tenant); }
  /// Every shard that holds something of the tenant.
  std::vector<shard_id> all_of(tenant_id tenant) const { return {home_of(tenant)}; }

  shard_id shard_of(const entity_ref& entity) const {
    switch (entity.kind) {
      case entity_kind::tenants:
        return system_shard;
      case entity_kind::conversation:
        return shard_of(entity.tenant, conversation_id{entity.id});
      case entity_kind::tenant:
      case entity_kind::user:
        break;
    }
    return home_of(entity.tenant);
  }

 private:
  std::uint16_t shards_;
};

}  // namespace conclave::actors
