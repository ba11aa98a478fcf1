/// The timer wheel: never early, at most one slot late, whatever the delay.
#include "net/timer_wheel.h"

#include <gtest/gtest.h>

namespace conclave::net {
namespace {

constexpr std::int64_t start_ms = 123'456;

TEST(timer_wheel, an_item_fires_within_one_slot_of_its_time) {
  for (const std::int64_t delay : {0, 1, 99, 100, 101, 5'000, 102'300, 102'400, 250'000}) {
    timer_wheel<int> wheel(start_ms);
    wheel.schedule(start_ms + delay, 1);
    std::int64_t fired_at = -1;
    for (std::int64_t now = start_ms; fired_at < 0 && now < start_ms + 300'000; now += 10) {
      wheel.advance(now, [&](int) { fired_at = now; });
    }
    EXPECT_GE(fired_at, start_ms + delay);
    EXPECT_LE(fired_at, start_ms + delay + 2 * timer_wheel<int>::slot_ms);
  }
}

TEST(timer_wheel, a_loop_that_sleeps_until_next_ms_misses_nothing) {
  timer_wheel<int> wheel(start_ms);
  for (int i = 0; i < 500; ++i) wheel.schedule(start_ms + i * 977, i);
  std::vector<int> fired;
  std::int64_t now = start_ms;
  while (wheel.next_ms() != timer_wheel<int>::never) {
    ASSERT_GT(wheel.next_ms(), now);
    now = wheel.next_ms();
    wheel.advance(now, [&](int i) {
      EXPECT_LE(start_ms + i * 977, now);
      fired.push_back(i);
    });
  }
  EXPECT_EQ(fired.size(), 500u);
}

TEST(timer_wheel, a_jump_over_several_turns_fires_all_that_is_due) {
  timer_wheel<int> wheel(start_ms);
  for (int i = 0; i < 100; ++i) wheel.schedule(start_ms + i * 5'000, i);
  int fired = 0;
  wheel.advance(start_ms + 1'000'000, [&](int) { ++fired; });
  EXPECT_EQ(fired, 100);
  EXPECT_EQ(wheel.next_ms(), timer_wheel<int>::never);
}

TEST(timer_wheel, firing_may_schedule_again) {
  timer_wheel<int> wheel(start_ms);
  wheel.schedule(start_ms + 100, 3);
  int fired = 0;
  for (std::int64_t now = start_ms; now < start_ms + 2'000; now += 50) {
    wheel.advance(now, [&](int left) {
      ++fired;
      if (left > 0) wheel.schedule(now + 100, left - 1);
    });
  }
  EXPECT_EQ(fired, 4);
}

}  // namespace
}  // namespace conclave::net
