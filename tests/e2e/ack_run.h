/// One run of ackcheck: a node with a tenant, writers and receivers; rounds that end with a kill
/// (or with a broken disk, or without anything); then the whole history is read and judged.
///
/// Runs on the thread that calls it, which owns the node.
#pragma once

#include "tests/e2e/ack_judge.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace conclave::ackcheck {

struct run_options {
  unsigned rounds = 30;
  double seconds_per_round = 0.6;
  std::string node;   ///< the program; empty: conclaved-faulty of this build
  std::string fault;  ///< CONCLAVE_FAULT of the node, from the second start on
  unsigned crash_actor_every = 0;
  unsigned passivate_after_ms = 60'000;
  bool kill = true;  ///< SIGKILL at the end of each round
  bool disk_failure =
      false;  ///< every other start has `fault`, and must end by itself with code 74
  bool idle_gaps = false;
  bool fence = true;           ///< a guest comes and goes all the time
  std::uint64_t rate = 2'000;  ///< texts per second between the storms before each kill
  unsigned writers = 6;
  unsigned groups = 3;
  unsigned receivers = 2;
  unsigned window = 32;
  std::uint64_t seed = 0;  ///< 0: from the clock

  // -- a cluster in place of one node (ack_cluster_run.cc)
  // -----------------------------------------
  bool cluster = false;
  unsigned voters = 3;
  unsigned learners = 1;
  std::string mode = "local3";
  bool namespaces = false;          ///< nodes on cables of the kernel, without a proxy
  std::vector<std::string> faults;  ///< names of cluster_faults(); empty: all
  bool wipe = false;  ///< halfway a follower loses its disk and comes back without a vote
  bool join = false;  ///< the last learner is not there before half of the rounds
  bool verbose = false;
};

struct run_result {
  verdict found;
  std::uint64_t unanswered = 0;
  std::vector<std::string> refused;
  std::vector<std::string> broken;  ///< the node itself did something that it must not
  std::uint64_t rounds = 0;
  std::uint64_t ended = 0;  ///< kills, or ends by a broken disk
  std::uint64_t resent = 0;
  std::uint64_t logins = 0;
  std::uint64_t removals = 0;
  double actors_crashed = 0;
  double actors_retired = 0;
  std::uint64_t seed = 0;
  std::map<std::string, std::uint64_t> injected;  ///< faults of a cluster, by name
  std::uint64_t longest_silence_ms = 0;           ///< from a fault to the next acknowledgement
  std::uint64_t seedings = 0;                     ///< snapshots that were sent and taken
  std::string node_log;                           ///< its end, when something is wrong

  bool clean() const {
    return found.violations() == 0 && unanswered == 0 && refused.empty() && broken.empty();
  }
};

run_result run(const run_options& options);
run_result run_in_cluster(const run_options& options);

/// What may happen to a cluster at the end of a round.
const std::vector<std::string>& cluster_faults();

}  // namespace conclave::ackcheck
