/// What a device, a user and a tenant are using just now, over all their connections: unanswered
/// requests, and a rate. Counted where requests are admitted; what is allowed is the tenant's
/// policy. A rate outlives the connection: whoever comes back at once goes on where he was.
///
/// Thread-safe. Shared by the sessions and the usage_book, which drops what no session holds and
/// whose rate has recovered. Memory: some 120 bytes per user and tenant with a connection, and per
/// device where the policy bounds its rate.
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
  /// As good as new.
  bool recovered(std::uint64_t now_ms) const {
    return empty_at_us_.load(std::memory_order_relaxed) <= now_ms * 1'000;
  }

 private:
  std::atomic<std::uint64_t> empty_at_us_{0};
};

struct usage {
  std::atomic<std::uint32_t> open{0};  ///< unanswered requests
  rate_bucket rate;
};

class usage_book {
 public:
  struct whose {
    tenant_id tenant;
    user_id user{};      ///< 0: the tenant itself
    device_id device{};  ///< 0: the user himself
    friend bool operator==(const whose&, const whose&) = default;
  };
  std::shared_ptr<usage> of(const whose& key, std::uint64_t now_ms);

 private:
  struct key_hash {
    std::size_t operator()(const whose& k) const {
      return std::hash<user_id>{}(k.user) ^ (std::size_t{k.tenant.value} << 17) ^
             (std::hash<device_id>{}(k.device) << 1);
    }
  };

  std::mutex mutex_;
  std::unordered_map<whose, std::shared_ptr<usage>, key_hash> known_;
  std::size_t sweep_at_ = 1'024;  ///< entries at which those that nobody uses are dropped
};

}  // namespace conclave::actors
