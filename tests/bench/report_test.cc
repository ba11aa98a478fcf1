/// Reports: what is written can be compared and drawn, and a fault makes a run fail.
#include "bench/report.h"

#include "bench/compare.h"
#include "bench/html_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace conclave::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

report some_report(double rate) {
  report r("pair");
  r.option("pairs", "50");
  r.node("config", "[node]\nname = \"<n>\"\n");
  r.add("acked_per_second", rate);
  histogram h;
  for (std::uint64_t i = 1; i < 1'000; ++i) h.record(i * 1'000);
  r.add("send_to_ack", h);
  r.add(second_point{1, rate, rate, 500, 900, 1'000, 0.5, 100});
  r.add(second_point{2, rate, rate, 510, 950, 2'000, 0.6, 101});
  return r;
}

TEST(bench_report, a_fault_makes_it_fail_and_is_told) {
  report r = some_report(100);
  EXPECT_TRUE(r.faultless());
  EXPECT_THAT(r.to_text(), HasSubstr("no fault"));
  r.fault("duplicate", 0);
  EXPECT_TRUE(r.faultless());
  r.fault("duplicate", 2, "seq 9");
  EXPECT_FALSE(r.faultless());
  EXPECT_THAT(r.to_text(), HasSubstr("FAULT duplicate x2, first: seq 9"));
}

TEST(bench_compare, ratios_are_of_the_second_to_the_first) {
  report second = some_report(250);
  second.add("only_here", 1);
  const auto table = compare_reports(some_report(100).to_json(), second.to_json());
  ASSERT_TRUE(table) << table.error().detail;
  EXPECT_THAT(*table, testing::ContainsRegex("acked_per_second +100 +250 +2.50\n"));
  EXPECT_THAT(*table, testing::ContainsRegex("only_here +- +1.00 +-\n"));
  EXPECT_THAT(*table, Not(HasSubstr("differs")));
}

TEST(bench_compare, other_options_and_faults_are_told_and_no_report_is_refused) {
  report second = some_report(100);
  second.option("pairs", "20");
  second.fault("gap", 1);
  const auto table = compare_reports(some_report(100).to_json(), second.to_json());
  ASSERT_TRUE(table);
  EXPECT_THAT(*table, HasSubstr("differs: pairs"));
  EXPECT_THAT(*table, HasSubstr("B had faults"));
  EXPECT_FALSE(compare_reports("{}", second.to_json()));
  EXPECT_FALSE(compare_reports(second.to_json(), "nonsense"));
}

TEST(bench_page, one_file_with_plots_and_without_anything_from_elsewhere) {
  const auto page = html_page({some_report(100).to_json(), some_report(200).to_json()});
  ASSERT_TRUE(page) << page.error().detail;
  EXPECT_THAT(*page, HasSubstr("<svg"));
  EXPECT_THAT(*page, HasSubstr("Latency by percentile"));
  EXPECT_THAT(*page, HasSubstr("&lt;n&gt;"));
  for (const char* const foreign : {"http:", "https:", "<script", "src=", "@import"}) {
    EXPECT_THAT(*page, Not(HasSubstr(foreign)));
  }
  EXPECT_FALSE(html_page({"[]"}));
}

}  // namespace
}  // namespace conclave::bench
