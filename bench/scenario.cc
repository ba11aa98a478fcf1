/// The list of scenarios.
#include "bench/scenario.h"

#include "bench/scenarios.h"

namespace conclave::bench {

std::vector<std::unique_ptr<scenario>> all_scenarios() {
  std::vector<std::unique_ptr<scenario>> all;
  all.push_back(make_pair_scenario());
  all.push_back(make_group_scenario());
  return all;
}

}  // namespace conclave::bench
