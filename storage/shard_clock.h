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

  /// Never smaller than any earlier answer of this term, nor than what was logged before it.
  time_ms now();

  /// This node begins to lead, and `at_least` is the newest time in its log, perhaps by another
  /// node's clock: never smaller from now on. What was given out before and nobody logged binds
  /// nobody, and a wall that was set right meanwhile is believed.
  void begin_term(time_ms at_least);

  /// A jump is being held: shard time goes on at the boot clock's pace. For the alarm metric.
  bool holding() const { return holding_.load(std::memory_order_relaxed); }

 private:
  const clock& source_;
  std::mutex mutex_;
  time_ms last_ = 0;
  time_ms anchor_wall_ = 0;  ///< wall and boot clock as last seen in agreement
  time_ms anchor_boot_ = 0;
  std::atomic<bool> holding_{false};
};

}  // namespace conclave::storage
