// The metrics page: exact text, lifetimes of callbacks, refusal of bad names, counting from
// threads.
#include "conf/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace conclave::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(metrics, an_empty_registry_is_an_empty_page) {
  EXPECT_EQ(registry().text(), "");
}

TEST(metrics, a_counter_is_rendered_with_its_help_and_type) {
  registry all;
  counter& sent = all.counter("conclave_frames_sent_total", "Frames sent.");
  sent.add();
  sent.add(41);
  EXPECT_EQ(all.text(),
            "# HELP conclave_frames_sent_total Frames sent.\n"
            "# TYPE conclave_frames_sent_total counter\n"
            "conclave_frames_sent_total 42\n");
}

TEST(metrics, series_of_one_name_are_one_family) {
  registry all;
  all.counter("conclave_requests_total", "Requests.", {{"kind", "send"}}).add(1);
  all.counter("conclave_requests_total", "Requests.", {{"kind", "history"}}).add(2);
  const std::string page = all.text();
  EXPECT_EQ(page.find("# TYPE"), page.rfind("# TYPE"));
  EXPECT_THAT(page, HasSubstr("conclave_requests_total{kind=\"send\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("conclave_requests_total{kind=\"history\"} 2\n"));
}

TEST(metrics, a_gauge_is_asked_at_each_rendering_until_its_registration_goes) {
  registry all;
  int asked = 0;
  {
    const registration kept =
        all.gauge("conclave_queue_bytes", "Bytes waiting.", [&] { return 1.5 * ++asked; });
    EXPECT_THAT(all.text(), HasSubstr("conclave_queue_bytes 1.5\n"));
    EXPECT_THAT(all.text(), HasSubstr("conclave_queue_bytes 3\n"));
  }
  EXPECT_EQ(all.text(), "");
  EXPECT_EQ(asked, 2);
}

TEST(metrics, a_registration_moves_with_its_owner) {
  registry all;
  registration kept;
  {
    registration made = all.gauge("conclave_open_connections", "Open.", [] { return 7.0; });
    kept = std::move(made);
  }
  EXPECT_THAT(all.text(), HasSubstr("conclave_open_connections 7\n"));
  kept = registration();
  EXPECT_EQ(all.text(), "");
  kept = all.counter_from("conclave_disk_writes_total", "Writes.", [] { return 3.0; });
  EXPECT_THAT(all.text(), HasSubstr("# TYPE conclave_disk_writes_total counter\n"));
}

TEST(metrics, a_histogram_counts_each_value_in_every_bucket_at_or_above_it) {
  registry all;
  histogram& h =
      all.histogram("conclave_commit_us", "Time of a commit.", exponential_bounds(100, 10, 3));
  for (const double value : {1.0, 100.0, 101.0, 5000.0, 1e6}) h.observe(value);
  const std::string page = all.text();
  EXPECT_THAT(page, HasSubstr("conclave_commit_us_bucket{le=\"100\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("conclave_commit_us_bucket{le=\"1000\"} 3\n"));
  EXPECT_THAT(page, HasSubstr("conclave_commit_us_bucket{le=\"10000\"} 4\n"));
  EXPECT_THAT(page, HasSubstr("conclave_commit_us_bucket{le=\"+Inf\"} 5\n"));
  EXPECT_THAT(page, HasSubstr("conclave_commit_us_count 5\n"));
  EXPECT_THAT(page, HasSubstr("conclave_commit_us_sum 1005202\n"));
}

TEST(metrics, label_values_are_escaped) {
  registry all;
  all.counter("conclave_errors_total", "Errors.", {{"name", "a\"b\\c\nd"}}).add();
  EXPECT_THAT(all.text(), HasSubstr("{name=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(metrics, counting_loses_nothing_between_threads) {
  registry all;
  counter& hits = all.counter("conclave_hits_total", "Hits.");
  histogram& sizes = all.histogram("conclave_sizes_bytes", "Sizes.", {1, 2, 4});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        hits.add();
        sizes.observe(3);
      }
    });
  }
  for (int i = 0; i < 20; ++i) (void)all.text();
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(hits.value(), 40'000u);
  EXPECT_THAT(all.text(), HasSubstr("conclave_sizes_bytes_sum 120000\n"));
}

TEST(metrics_death_test, bad_names_and_doubles_end_the_process) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  registry all;
  EXPECT_DEATH(all.counter("frames_sent_total", "h"), "conclave_<what>");
  EXPECT_DEATH(all.counter("conclave_frames_sent", "h"), "_total");
  EXPECT_DEATH((void)all.gauge("conclave_frames_total", "h", [] { return 0.0; }), "_total");
  EXPECT_DEATH(all.counter("conclave_Frames_total", "h"), "conclave_<what>");
  EXPECT_DEATH(
      {
        all.counter("conclave_a_total", "h");
        all.counter("conclave_a_total", "h");
      },
      "registered already");
  EXPECT_DEATH(all.histogram("conclave_a_us", "h", {2, 1}), "ascend");
}

}  // namespace
}  // namespace conclave::metrics
