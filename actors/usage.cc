/// See usage.h.
#include "actors/usage.h"

#include <algorithm>

namespace conclave::actors {

std::uint32_t rate_bucket::take(std::uint32_t per_second, std::uint64_t now_ms) {
  if (per_second == 0) return 0;
  constexpr std::uint64_t second_us = 1'000'000;
  const std::uint64_t now = now_ms * 1'000;
  const std::uint64_t step = std::max<std::uint64_t>(second_us / per_second, 1);
  std::uint64_t empty_at = empty_at_us_.load(std::memory_order_relaxed);
  while (true) {
    const std::uint64_t next = std::max(empty_at, now) + step;
    if (next > now + second_us)
      return static_cast<std::uint32_t>((next - now - second_us) / 1'000 + 1);
    if (empty_at_us_.compare_exchange_weak(empty_at, next, std::memory_order_relaxed)) return 0;
  }
}

std::shared_ptr<usage> usage_book::of(tenant_id tenant, user_id user) {
  const std::lock_guard lock(mutex_);
  if (known_.size() >= sweep_at_) {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<std::size_t>(1'024, known_.size() * 2);
  }
  std::weak_ptr<usage>& kept = known_[{tenant, user}];
  auto shared = kept.lock();
  if (shared == nullptr) {
    shared = std::make_shared<usage>();
    kept = shared;
  }
  return shared;
}

}  // namespace conclave::actors
