/// What conclave-bench judges with: bodies that show any damage, and a histogram that is right.
#include "bench/histogram.h"
#include "bench/payload.h"

#include <gtest/gtest.h>

#include <random>

namespace conclave::bench {
namespace {

TEST(payload, what_was_written_is_read_and_any_changed_byte_of_the_filler_is_noticed) {
  const payload p(160);
  std::string body;
  for (std::uint64_t number = 0; number < 60; ++number) {
    p.write(body, {7, number, 123'456});
    ASSERT_EQ(body.size(), 160u);
    payload::fields f;
    ASSERT_TRUE(p.read(body, f));
    EXPECT_EQ(f.sender, 7u);
    EXPECT_EQ(f.number, number);
    EXPECT_EQ(f.sent_ns, 123'456u);
    for (std::size_t i = payload::smallest; i < body.size(); i += 13) {
      std::string damaged = body;
      damaged[i] = '!';
      EXPECT_FALSE(p.read(damaged, f));
    }
    EXPECT_FALSE(p.read(std::string_view(body).substr(1), f));
  }
}

TEST(histogram, quantiles_are_within_two_percent) {
  histogram h;
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> all;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t value = (random() % 1'000) * (std::uint64_t{1} << (random() % 24)) + 1;
    all.push_back(value);
    h.record(value);
  }
  std::sort(all.begin(), all.end());
  for (const double part : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const auto exact = static_cast<double>(
        all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))]);
    EXPECT_NEAR(h.quantile(part), exact, exact * 0.02 + 1);
  }
  EXPECT_EQ(h.max(), all.back());
  histogram twice = h;
  twice.merge(h);
  EXPECT_EQ(twice.count(), 2 * h.count());
  EXPECT_DOUBLE_EQ(twice.quantile(0.5), h.quantile(0.5));
}

TEST(histogram, beyond_the_last_bucket_nothing_is_lost) {
  histogram h;
  h.record(~std::uint64_t{0});
  h.record(0);
  EXPECT_EQ(h.count(), 2u);
  EXPECT_EQ(h.max(), ~std::uint64_t{0});
}

}  // namespace
}  // namespace conclave::bench
