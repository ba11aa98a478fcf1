/// When the next bytes may leave, so that on the average no more than a rate does: what was sent
/// takes its time, and the next piece waits for it. Plain object of one thread; the caller brings
/// the time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace conclave::replication {

class send_pace {
 public:
  using instant = std::chrono::steady_clock::time_point;

  /// 0: no bound.
  explicit send_pace(std::uint64_t bytes_per_s) : rate_(bytes_per_s) {}

  /// In the past or now: go on.
  instant free_at() const { return free_at_; }

  void sent(std::size_t bytes, instant now) {
    if (rate_ == 0) return;
    const std::chrono::duration<double> takes{double(bytes) / double(rate_)};
    free_at_ = std::max(free_at_, now) + std::chrono::duration_cast<instant::duration>(takes);
  }

 private:
  std::uint64_t rate_;
  instant free_at_{};
};

}  // namespace conclave::replication
