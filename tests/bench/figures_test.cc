/// What figures are made of: the histogram, the schedule of an open loop, the metrics page.
#include "bench/histogram.h"
#include "bench/node_page.h"
#include "bench/schedule.h"

#include <gtest/gtest.h>

namespace conclave::bench {
namespace {

TEST(bench_histogram, quantiles_are_right_to_two_percent) {
  histogram h;
  for (std::uint64_t i = 1; i <= 100'000; ++i) h.record(i * 1'000);
  EXPECT_EQ(h.count(), 100'000u);
  EXPECT_EQ(h.max(), 100'000'000u);
  for (const double part : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    EXPECT_NEAR(h.quantile(part) / (part * 1e8), 1, 0.02) << part;
  }
  EXPECT_NEAR(h.quantile(1) / 1e8, 1, 0.02);
}

TEST(bench_histogram, small_and_huge_values_are_kept_and_an_empty_one_is_zero) {
  histogram h;
  EXPECT_EQ(h.quantile(0.5), 0);
  h.record(0);
  h.record(7);
  h.record(std::uint64_t{1} << 50);
  EXPECT_EQ(h.quantile(0), 0);
  EXPECT_EQ(h.quantile(0.5), 7);
  EXPECT_EQ(h.max(), std::uint64_t{1} << 50);
}

TEST(bench_histogram, of_few_values_a_high_quantile_is_the_highest) {
  histogram h;
  for (std::uint64_t i = 1; i <= 50; ++i) h.record(i);
  EXPECT_EQ(h.quantile(0.99), 50);
  EXPECT_EQ(h.quantile(0.9), 45);
  EXPECT_EQ(h.quantile(0.02), 1);
}

TEST(bench_histogram, merging_is_like_recording_in_one) {
  histogram a;
  histogram b;
  histogram both;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    (i % 3 == 0 ? a : b).record(i * i);
    both.record(i * i);
  }
  a.merge(b);
  EXPECT_EQ(a.count(), both.count());
  EXPECT_EQ(a.max(), both.max());
  EXPECT_EQ(a.quantile(0.9), both.quantile(0.9));
}

TEST(bench_schedule, what_was_due_during_a_stall_keeps_its_intended_time) {
  schedule s(1'000, 5'000'000);
  EXPECT_FALSE(s.take(4'999'999));
  EXPECT_EQ(s.take(5'000'000), 5'000'000u);
  EXPECT_FALSE(s.take(5'999'999));
  // Ten milliseconds later ten are due, each at its own time.
  for (std::uint64_t k = 1; k <= 10; ++k) EXPECT_EQ(s.take(15'000'000), 5'000'000 + k * 1'000'000);
  EXPECT_FALSE(s.take(15'000'000));
  EXPECT_EQ(s.taken(), 11u);
}

TEST(bench_schedule, it_does_not_drift) {
  schedule s(3, 0);
  for (int i = 0; i < 3'000'000; ++i) s.take(~std::uint64_t{0});
  EXPECT_NEAR(static_cast<double>(s.next_due()), 1e15, 1'000);
}

TEST(bench_schedule, threads_share_a_rate_without_firing_together) {
  schedule first(1'000, 0, 0, 2);
  schedule second(1'000, 0, 1, 2);
  EXPECT_EQ(first.take(10'000'000), 0u);
  EXPECT_EQ(second.take(10'000'000), 1'000'000u);
  EXPECT_EQ(first.take(10'000'000), 2'000'000u);
}

TEST(bench_node_page, samples_are_read_and_labels_summed) {
  const auto page = parse_node_page(
      "# HELP a_total some words\n# TYPE a_total counter\na_total 3\n"
      "b{loop=\"0\"} 1.5\nb{loop=\"1\"} 2\nbroken\n");
  EXPECT_EQ(page.size(), 2u);
  EXPECT_EQ(page.at("a_total"), 3);
  EXPECT_EQ(page.at("b"), 3.5);
}

}  // namespace
}  // namespace conclave::bench
