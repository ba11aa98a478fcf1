/// Rates and shared usage, at given times.
#include "actors/usage.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

TEST(rate_bucket, lets_a_seconds_worth_through_at_once_and_then_one_by_one) {
  rate_bucket bucket;
  int admitted = 0;
  while (bucket.take(10, 5'000) == 0) ++admitted;
  EXPECT_EQ(admitted, 10);
  EXPECT_EQ(bucket.take(10, 5'099), 2u) << "a tenth of a second has to pass";
  EXPECT_EQ(bucket.take(10, 5'100), 0u);
  EXPECT_NE(bucket.take(10, 5'100), 0u);
}

TEST(rate_bucket, waiting_as_long_as_it_says_is_enough) {
  rate_bucket bucket;
  std::uint64_t now = 1'000;
  for (int i = 0; i < 1'000; ++i) {
    const std::uint32_t wait = bucket.take(7, now);
    if (wait == 0) continue;
    now += wait;
    ASSERT_EQ(bucket.take(7, now), 0u);
  }
}

TEST(rate_bucket, over_a_long_time_no_more_than_the_rate_gets_through) {
  rate_bucket bucket;
  int admitted = 0;
  for (std::uint64_t now = 1'000; now < 11'000; ++now)
    for (int i = 0; i < 3; ++i)
      if (bucket.take(100, now) == 0) ++admitted;
  EXPECT_LE(admitted, 100 * 11);
  EXPECT_GE(admitted, 100 * 10);
}

TEST(rate_bucket, no_rate_is_no_bound) {
  rate_bucket bucket;
  for (int i = 0; i < 100'000; ++i) ASSERT_EQ(bucket.take(0, 1), 0u);
}

TEST(usage_book, a_users_connections_share_one_and_nobody_else_does) {
  usage_book book;
  const auto one = book.of({tenant_id{1}, user_id{7}}, 1);
  EXPECT_EQ(book.of({tenant_id{1}, user_id{7}}, 1), one);
  EXPECT_NE(book.of({tenant_id{2}, user_id{7}}, 1), one);
  EXPECT_NE(book.of({tenant_id{1}}, 1), one);
  EXPECT_NE(book.of({tenant_id{1}, user_id{7}, device_id{2}}, 1), one);
}

TEST(usage_book, what_nobody_uses_is_forgotten_once_its_rate_has_recovered) {
  usage_book book;
  const usage_book::whose fast{tenant_id{1}, user_id{9}};
  const auto fill = [&](std::uint64_t from, std::uint64_t now_ms) {
    for (std::uint64_t u = from; u < from + 5'000; ++u) {
      const auto held = book.of({tenant_id{1}, user_id{u}}, now_ms);
      held->open = 3;
    }
  };
  ASSERT_EQ(book.of(fast, 1'000)->rate.take(1, 1'000), 0u);
  fill(100, 1'000);
  EXPECT_NE(book.of(fast, 1'000)->rate.take(1, 1'000), 0u) << "he comes back at once";
  fill(10'000, 5'000);
  EXPECT_EQ(book.of({tenant_id{1}, user_id{100}}, 5'000)->open, 0u);
}

}  // namespace
}  // namespace conclave::actors
