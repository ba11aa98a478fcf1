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

std::shared_ptr<usage> usage_book::of(const whose& key, std::uint64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (known_.size() >= sweep_at_) {
    // Nobody else can take hold of one that only the book holds: that would need the lock.
    std::erase_if(known_, [now_ms](const auto& entry) {
      return entry.second.use_count() == 1 && entry.second->rate.recovered(now_ms);
    });
    sweep_at_ = std::max<std::size_t>(1'024, known_.size() * 2);
  }
  std::shared_ptr<usage>& kept = known_[key];
  if (kept == nullptr) kept = std::make_shared<usage>();
  return kept;
}

}  // namespace conclave::actors
