/// Runs of viewcheck: whatever people do, and whatever ends meanwhile, every device shows in the
/// end what the reference model says (P2 P3 P4 P5); and models that are wrong on purpose are found
/// to differ. CONCLAVE_TEST_FULL makes the runs long and many.
#include "tests/support/child_process.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace conclave::test {
namespace {

bool full() {
  return std::getenv("CONCLAVE_TEST_FULL") != nullptr;
}

/// The verdict line is printed, also of good runs: it holds the seed and what was done.
std::string viewcheck(std::vector<std::string> flags, int expected_code = 0) {
  std::vector<std::string> command{CONCLAVE_BINARY_DIR "/viewcheck"};
  command.insert(command.end(), flags.begin(), flags.end());
  const finished run =
      run_to_end(command, {}, {}, std::chrono::milliseconds(full() ? 3'600'000 : 180'000));
  const std::size_t last = run.out.rfind('\n', run.out.size() - 2);
  const std::string line = last == std::string::npos ? run.out : run.out.substr(last + 1);
  std::printf("%s", line.c_str());
  EXPECT_EQ(run.code, expected_code) << run.out << run.err;
  return line;
}

long long figure(const std::string& line, const std::string& name) {
  const std::size_t at = line.find(' ' + name + '=');
  return at == std::string::npos ? -1 : std::atoll(line.c_str() + at + name.size() + 2);
}

TEST(p5_viewcheck, every_device_shows_what_was_done_over_kills_and_returns) {
  // Seven seconds must not meet a moment in which the machine stands still; the long form measures.
  const std::string line = viewcheck(
      full() ? std::vector<std::string>{"--seconds", "600", "--kills", "120"}
             : std::vector<std::string>{"--seconds", "7", "--kills", "3", "--late-ms", "5000"});
  EXPECT_GT(figure(line, "ops"), 200);
  EXPECT_GT(figure(line, "returns"), 3);
  // Both are rare: no short run is sure to have them.
  if (!full()) return;
  EXPECT_GT(figure(line, "came_in"), 0);
  EXPECT_GT(figure(line, "dissolved"), 0);
}

TEST(p5_viewcheck, crashed_and_sleeping_conversations_change_nothing_of_it) {
  const std::string line = viewcheck(
      {"--seconds", full() ? "300" : "3", "--kills", full() ? "20" : "1", "--crash-actor-every",
       "25", "--passivate-ms", "20", "--pause-ms", "30", "--late-ms", "5000"});
  EXPECT_GT(figure(line, "crashed"), 0);
}

TEST(p5_viewcheck, kills_of_the_shipped_program_change_nothing_of_it) {
  if (!full()) GTEST_SKIP() << "with CONCLAVE_TEST_FULL";
  viewcheck({"--seconds", "120", "--kills", "60", "--node", CONCLAVE_BINARY_DIR "/conclaved"});
}

/// The word that has to be counted when the model is wrong in this way.
void finds(const std::string& how, const std::string& word) {
  const std::string line =
      viewcheck({"--seconds", "4", "--kills", "0", "--pause-ms", "8", "--break", how}, 1);
  EXPECT_TRUE(line.starts_with("BAD ")) << line;
  EXPECT_GT(figure(line, word), 0) << line;
}

TEST(p5_viewcheck, a_model_that_forgets_a_recall_is_found_to_differ) {
  finds("recall", "VIEW");
}

TEST(p5_viewcheck, a_body_that_is_there_though_it_is_gone_is_found) {
  finds("resurrect", "RESURRECTED");
}

TEST(p5_viewcheck, every_other_wrong_model_is_found_to_differ) {
  if (!full()) GTEST_SKIP() << "with CONCLAVE_TEST_FULL";
  finds("early", "EARLY");
  finds("edit", "VIEW");
  finds("reaction", "VIEW");
  finds("member", "VIEW");
  finds("versions", "LIST");
  finds("readers", "LIST");
  finds("late", "LATE");
}

}  // namespace
}  // namespace conclave::test
