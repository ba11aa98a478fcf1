// The machine's clocks: plausible values, and the one that never runs backwards.
#include "conf/clock.h"

#include <gtest/gtest.h>

#include <chrono>

namespace conclave {
namespace {

TEST(system_clock, the_wall_agrees_with_the_standard_library) {
  const system_clock c;
  const auto before = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const time_ms now = c.wall();
  EXPECT_GE(now + 1, static_cast<time_ms>(before.count()));
  EXPECT_LT(now, static_cast<time_ms>(before.count()) + 60'000);
  EXPECT_LT(now, id_limit);
}

TEST(system_clock, boot_time_never_runs_backwards) {
  const system_clock c;
  time_ms last = c.boot();
  EXPECT_GT(last, 0u);
  for (int i = 0; i < 10'000; ++i) {
    const time_ms now = c.boot();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace conclave
