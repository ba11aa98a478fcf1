/// What a user and a tenant are using just now, over all their connections: unanswered requests,
/// and a rate. Counted where requests are admitted; what is allowed is the tenant's policy.
///
/// Thread-safe. Owned by the sessions that share it (usage_book keeps weak references). Memory:
/// some 100 bytes per user and tenant with a connection.
#pragma once

#include "schemas/ids.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace conclave::actors {

/// A rate with a burst of one second's worth (GCRA: the time at which the bucket would be empty
/// again is all that is kept).
class rate_bucket {
 public:
  /// 0: admitted and counted; else how many milliseconds to wait.
  std::uint32_t take(std::uint32_t per_second, std::uint64_t now_ms);

 private:
  std::atomic<std::uint64_t> empty_at_us_{0};
};

struct usage {
  std::atomic<std::uint32_t> open{0};  ///< unanswered requests
  rate_bucket rate;
};

class usage_book {
 public:
  std::shared_ptr<usage> of(tenant_id tenant) { return of(tenant, user_id{}); }
  std::shared_ptr<usage> of(tenant_id tenant, user_id user);

 private:
  struct key {
    tenant_id tenant;
    user_id user;  ///< 0: the tenant itself
    friend bool operator==(const key&, const key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const {
      return std::hash<user_id>{}(k.user) ^ (std::size_t{k.tenant.value} << 17);
    }
  };

  std::mutex mutex_;
  std::unordered_map<key, std::weak_ptr<usage>, key_hash> known_;
  std::size_t sweep_at_ = 1'024;  ///< entries at which those that nobody uses are dropped
};

}  // namespace conclave::actors
