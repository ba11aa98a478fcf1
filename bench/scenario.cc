/// The list of scenarios.
#include "bench/scenario.h"

#include "bench/scenarios.h"

namespace conclave::bench {

std::vector<std::unique_ptr<scenario>> all_scenarios() {
  std::vector<std::unique_ptr<scenario>> all;
  all.push_back(make_pair_scenario());
  all.push_back(make_group_scenario());
  all.push_back(make_idle_scenario());
  all.push_back(make_login_scenario());
  all.push_back(make_history_scenario());
  all.push_back(make_timers_scenario());
  all.push_back(make_mixed_scenario());
  all.push_back(make_replay_scenario());
  return all;
}

}  // namespace conclave::bench
