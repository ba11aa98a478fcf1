/// Shard time with a clock of our own: never backwards, jumps held, drift followed.
#include "storage/shard_clock.h"

#include "conf/limits.h"
#include "tests/storage/storage_fixture.h"

#include <gtest/gtest.h>

namespace conclave::test {
namespace {

constexpr time_ms start = 1'700'000'000'000;

TEST(shard_clock, follows_the_wall) {
  manual_clock source;
  source.set(start, 100);
  storage::shard_clock clock(source, 0);
  EXPECT_EQ(clock.now(), start);
  source.pass(250);
  EXPECT_EQ(clock.now(), start + 250);
  EXPECT_FALSE(clock.holding());
}

TEST(shard_clock, never_answers_less_than_what_was_logged) {
  manual_clock source;
  source.set(start, 100);
  storage::shard_clock clock(source, start + 5'000);
  EXPECT_EQ(clock.now(), start + 5'000);
  source.pass(6'000);
  EXPECT_EQ(clock.now(), start + 6'000);
}

TEST(shard_clock, stands_still_when_the_wall_steps_back_a_little) {
  manual_clock source;
  source.set(start, 100);
  storage::shard_clock clock(source, 0);
  clock.now();
  source.set(start - 3'000, 200);
  EXPECT_EQ(clock.now(), start);
  EXPECT_FALSE(clock.holding());
  source.pass(3'001);
  EXPECT_EQ(clock.now(), start + 1);
}

TEST(shard_clock, holds_a_jump_ahead_and_goes_on_at_the_boot_clocks_pace) {
  manual_clock source;
  source.set(start, 100);
  storage::shard_clock clock(source, 0);
  clock.now();
  source.set(start + 3'600'000, 200);
  EXPECT_EQ(clock.now(), start + 100);
  EXPECT_TRUE(clock.holding());
  source.pass(1'000);
  EXPECT_EQ(clock.now(), start + 1'100);
  source.set(start + 2'100, 2'200);
  EXPECT_EQ(clock.now(), start + 2'100) << "the wall is back where it belongs";
  EXPECT_FALSE(clock.holding());
}

TEST(shard_clock, holds_a_jump_back) {
  manual_clock source;
  source.set(start, 100);
  storage::shard_clock clock(source, 0);
  clock.now();
  source.set(start - 3'600'000, 1'100);
  EXPECT_EQ(clock.now(), start + 1'000);
  EXPECT_TRUE(clock.holding());
}

TEST(shard_clock, a_jump_of_just_the_bound_is_followed_and_one_more_is_held) {
  const auto bound = static_cast<time_ms>(limits::max_clock_jump.count());
  manual_clock source;
  source.set(start, 0);
  storage::shard_clock followed(source, 0);
  storage::shard_clock held(source, 0);
  source.set(start + bound, 0);
  EXPECT_EQ(followed.now(), start + bound);
  source.set(start + bound + 1, 0);
  EXPECT_EQ(held.now(), start);
}

TEST(shard_clock, drift_is_followed_however_long_it_lasts) {
  manual_clock source;
  source.set(start, 0);
  storage::shard_clock clock(source, 0);
  time_ms wall = start;
  for (time_ms boot = 10'000; boot <= 3'600'000; boot += 10'000) {
    wall += 11'000;
    source.set(wall, boot);
    EXPECT_EQ(clock.now(), wall);
  }
  EXPECT_FALSE(clock.holding());
}

TEST(shard_clock, what_another_clock_has_logged_is_never_undercut) {
  manual_clock source;
  storage::shard_clock clock(source, 0);
  const time_ms ahead = source.wall() + 30'000;
  clock.begin_term(ahead);
  EXPECT_EQ(clock.now(), ahead);
  source.pass(40'000);
  EXPECT_EQ(clock.now(), source.wall());
  clock.begin_term(5);
  EXPECT_EQ(clock.now(), source.wall());
}

TEST(shard_clock, p5_time_goes_on_where_the_log_is_far_ahead_of_the_wall) {
  manual_clock source;
  source.set(start, 100);
  storage::shard_clock begun(source, start + 3'600'000);
  storage::shard_clock raised(source, 0);
  raised.now();
  raised.begin_term(start + 3'600'000);
  source.pass(45'000);
  for (storage::shard_clock* clock : {&begun, &raised}) {
    EXPECT_EQ(clock->now(), start + 3'645'000) << "what expires in ten seconds does";
    EXPECT_TRUE(clock->holding()) << "and the operator hears of it";
  }
  source.set(start + 3'650'000, 50'100);
  for (storage::shard_clock* clock : {&begun, &raised}) {
    EXPECT_EQ(clock->now(), start + 3'650'000) << "the wall is where it belongs";
    EXPECT_FALSE(clock->holding());
  }
}

TEST(shard_clock, a_wall_that_was_set_right_while_another_node_led_is_believed) {
  manual_clock source;
  source.set(start + 300'000, 100);
  storage::shard_clock clock(source, start);
  clock.now();
  source.set(start + 60'000, 60'100);
  clock.begin_term(start + 50'000);
  EXPECT_EQ(clock.now(), start + 60'000);
  EXPECT_FALSE(clock.holding());
}

}  // namespace
}  // namespace conclave::test
