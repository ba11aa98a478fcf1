/// Shard time: max(wall, last given out), so that events never run backwards, and a wall clock that
/// jumps by more than a minute against CLOCK_BOOTTIME, or is further behind what the log says, is
/// held (promise of architecture, "Time").
///
/// Thread-safe, one per node, seeded with the highest time in any shard's log.
#pragma once

#include "conf/clock.h"

#include <atomic>
#include <mutex>

namespace conclave::storage {

class shard_clock {
 public:
  shard_clock(const clock& source, time_ms at_least);

  /// Never smaller than any earlier answer.
  time_ms now();

  /// Another node's clock has logged this time: never smaller from now on. For who begins to lead.
  void raise(time_ms at_least);

  /// A jump is being held: shard time goes on at the boot clock's pace. For the alarm metric.
  bool holding() const { return holding_.load(std::memory_order_relaxed); }

 private:
  const clock& source_;
  std::mutex mutex_;
  time_ms last_;
  time_ms anchor_wall_;  ///< wall and boot clock as last seen in agreement
  time_ms anchor_boot_;
  std::atomic<bool> holding_{false};
};

}  // namespace conclave::storage
