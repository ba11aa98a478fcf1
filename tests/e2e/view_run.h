/// One run of viewcheck: a node with some users of two devices each, groups and direct
/// conversations; players at every device do what comes to their minds while the node is killed and
/// its actors crash; in the end everything is quiet, everybody has caught up, and is judged.
///
/// Runs on the thread that calls it, which owns the node.
#pragma once

#include "tests/e2e/view_judge.h"
#include "tests/e2e/view_model.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace conclave::viewcheck {

struct run_options {
  double seconds = 8;
  unsigned kills = 3;
  unsigned users = 4;  ///< 3 at least
  unsigned pause_ms = 15;
  unsigned crash_actor_every = 0;
  unsigned passivate_after_ms = 60'000;
  unsigned late_ms = 1'000;  ///< what goes later is LATE
  std::string node;          ///< the program; empty: conclaved-faulty of this build
  std::uint64_t seed = 0;
  broken how = broken::nothing;
  bool verbose = false;
};

struct run_result {
  verdict found;
  std::vector<std::string> unanswered;
  std::map<std::string, std::uint64_t> rejections;
  std::uint64_t operations = 0;
  std::uint64_t events = 0;
  std::uint64_t kills = 0;
  std::uint64_t returns = 0;
  std::uint64_t came_in = 0;    ///< by join code
  std::uint64_t dissolved = 0;  ///< conversations
  std::uint64_t latest_ms = 0;
  double actors_crashed = 0;
  std::uint64_t seed = 0;
  std::string node_log;  ///< its end, when something is wrong

  bool clean() const { return found.violations() == 0 && unanswered.empty(); }
};

run_result run(const run_options& options);

}  // namespace conclave::viewcheck
