/// Runs of ackcheck: real kills, broken disks, crashed and sleeping actors, each with a verdict
/// that must be clean; and one with fsync taken out, which must not be. CONCLAVE_TEST_FULL makes
/// them long.
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
std::string ackcheck(const std::vector<std::string>& flags, int expected_code = 0) {
  std::vector<std::string> command{CONCLAVE_BINARY_DIR "/ackcheck"};
  command.insert(command.end(), flags.begin(), flags.end());
  const finished run =
      run_to_end(command, {}, {}, std::chrono::milliseconds(full() ? 3'600'000 : 240'000));
  std::printf("%s", run.out.c_str());
  EXPECT_EQ(run.code, expected_code) << run.out << run.err;
  return run.out;
}

/// The number behind " name=" in the verdict.
long long figure(const std::string& line, const std::string& name) {
  const std::size_t at = line.find(name + "=");
  return at == std::string::npos ? -1 : std::atoll(line.c_str() + at + name.size() + 1);
}

std::string rounds(int usual, int long_form) {
  return std::to_string(full() ? long_form : usual);
}

TEST(p1_ackcheck, thirty_power_cuts_lose_nothing) {
  const std::string line = ackcheck({"--rounds", rounds(30, 500)});
  EXPECT_GE(figure(line, "ended"), 30);
  EXPECT_GT(figure(line, "acked"), 1000);
  EXPECT_GT(figure(line, "resent"), 0) << "no kill met a text under way";
}

TEST(p1_ackcheck, torn_writes_at_the_power_cut_lose_nothing) {
  ackcheck({"--rounds", rounds(4, 100), "--fault", "torn"});
}

TEST(p1_ackcheck, writes_torn_by_sectors_at_the_power_cut_lose_nothing) {
  ackcheck({"--rounds", rounds(6, 100), "--fault", "torn_sectors"});
}

TEST(p1_ackcheck, kills_of_the_shipped_program_lose_nothing) {
  ackcheck({"--rounds", rounds(4, 100), "--node", CONCLAVE_BINARY_DIR "/conclaved"});
}

TEST(p1_ackcheck, with_fsync_taken_out_the_loss_is_found) {
  const std::string line = ackcheck({"--rounds", "2", "--fault", "nosync", "--expect-loss"});
  EXPECT_GT(figure(line, "LOST"), 0);
}

TEST(p3_ackcheck, crashes_of_conversations_under_load_change_nothing) {
  const std::string line = ackcheck(
      {"--rounds", rounds(5, 100), "--no-kill", "--crash-actor-every", "7", "--rate", "20000"});
  EXPECT_GT(figure(line, "crashed"), 5);
}

TEST(p3_ackcheck, crashes_and_power_cuts_together_change_nothing) {
  ackcheck({"--rounds", rounds(3, 100), "--crash-actor-every", "20"});
}

TEST(p2_ackcheck, falling_asleep_under_load_changes_nothing) {
  const std::string line =
      ackcheck({"--rounds", rounds(8, 100), "--seconds-per-round", "0.8", "--no-kill",
                "--passivate-ms", "10", "--idle-gaps", "--groups", "6", "--window", "12"});
  EXPECT_GT(figure(line, "retired"), 3);
}

TEST(p1_ackcheck, a_failing_fsync_ends_the_node_and_loses_nothing) {
  ackcheck({"--rounds", rounds(3, 50), "--disk-failure", "--fault", "fail_sync_after=60"});
}

TEST(p1_ackcheck, a_failing_write_ends_the_node_and_loses_nothing) {
  ackcheck({"--rounds", rounds(2, 50), "--disk-failure", "--fault", "fail_write_after=90"});
}

TEST(p1_ackcheck, a_full_disk_ends_the_node_and_loses_nothing) {
  ackcheck({"--rounds", rounds(3, 50), "--disk-failure", "--fault", "enospc_after_bytes=3000000"});
}

}  // namespace
}  // namespace conclave::test
