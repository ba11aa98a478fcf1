/// Runs of ackcheck on clusters of real processes: kills, pauses, cut links, moved leads, a wiped
/// disk and a newcomer under load. CONCLAVE_TEST_FULL makes them long.
#include "tests/support/child_process.h"
#include "tests/support/network_namespace.h"

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
std::string in_cluster(int usual_rounds, int long_rounds, const std::vector<std::string>& flags) {
  std::vector<std::string> command{CONCLAVE_BINARY_DIR "/ackcheck",
                                   "--cluster",
                                   "--seconds-per-round",
                                   "0.3",
                                   "--rate",
                                   "800",
                                   "--rounds",
                                   std::to_string(full() ? long_rounds : usual_rounds)};
  command.insert(command.end(), flags.begin(), flags.end());
  const finished run =
      run_to_end(command, {}, {}, std::chrono::milliseconds(full() ? 7'200'000 : 300'000));
  std::printf("%s", run.out.c_str());
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  return run.out;
}

TEST(p1_cluster_ackcheck, whatever_happens_to_nodes_and_links_loses_nothing) {
  in_cluster(12, 600, {});
}

TEST(p1_cluster_ackcheck, kills_of_the_shipped_program_lose_nothing) {
  in_cluster(3, 200,
             {"--node", CONCLAVE_BINARY_DIR "/conclaved", "--faults",
              "kill_leader,replace_leader,replace_paused"});
}

TEST(p1_cluster_ackcheck, a_wiped_disk_under_load_loses_nothing) {
  in_cluster(2, 60, {"--wipe", "--faults", "kill_leader,kill_follower,cut_link,flap_link"});
}

TEST(p8_cluster_ackcheck, a_newcomer_is_filled_under_load_and_holds_the_same) {
  const std::string line =
      in_cluster(3, 60, {"--join", "--faults", "kill_follower,move_lead,flap_link"});
  EXPECT_EQ(line.find("seedings=0 "), std::string::npos) << "it came by the log alone";
}

TEST(p1_cluster_ackcheck, cables_that_are_cut_and_pulled_lose_nothing) {
  if (const std::string why = network_namespace::refusal(); !why.empty()) GTEST_SKIP() << why;
  in_cluster(5, 200,
             {"--namespaces", "--faults",
              "cut_link,unplug_leader,replace_unplugged,replace_isolated,kill_leader"});
}

TEST(p1_cluster_ackcheck, a_single_voter_and_its_learner) {
  in_cluster(2, 60, {"--mode", "single", "--voters", "1"});
}

}  // namespace
}  // namespace conclave::test
