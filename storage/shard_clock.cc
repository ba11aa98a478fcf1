/// Holding a jump: as long as the wall and the boot clock disagree by more than
/// limits::max_clock_jump since they last agreed, shard time goes on from the last agreement at the
/// boot clock's pace. Small steps and drift move the agreement along. A log that is ahead of the
/// wall by more than that is such a jump too: the wall is wrong now, or was wrong then.
#include "storage/shard_clock.h"

#include "conf/limits.h"

#include <algorithm>

namespace conclave::storage {

namespace {
constexpr auto tolerance = static_cast<time_ms>(limits::max_clock_jump.count());
}

shard_clock::shard_clock(const clock& source, time_ms at_least) : source_(source) {
  begin_term(at_least);
}

time_ms shard_clock::now() {
  const std::lock_guard lock(mutex_);
  const time_ms wall = source_.wall();
  const time_ms boot = source_.boot();
  const time_ms expected = anchor_wall_ + (boot - anchor_boot_);
  const time_ms apart = wall > expected ? wall - expected : expected - wall;
  const bool jumped = apart > tolerance;
  if (!jumped) {
    anchor_wall_ = wall;
    anchor_boot_ = boot;
  }
  holding_.store(jumped, std::memory_order_relaxed);
  last_ = std::max(last_, jumped ? expected : wall);
  return last_;
}

void shard_clock::begin_term(time_ms at_least) {
  const std::lock_guard lock(mutex_);
  last_ = at_least;
  anchor_boot_ = source_.boot();
  anchor_wall_ = source_.wall();
  // Waiting for a wall that is far behind would stop time, and all that expires with it.
  if (at_least > anchor_wall_ + tolerance) anchor_wall_ = at_least;
}

}  // namespace conclave::storage
