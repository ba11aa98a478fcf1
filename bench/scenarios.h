/// The makers of all scenarios, each in a file of its own name. Pure declarations.
#pragma once

#include "bench/scenario.h"

#include <memory>

namespace conclave::bench {

std::unique_ptr<scenario> make_pair_scenario();
std::unique_ptr<scenario> make_group_scenario();
std::unique_ptr<scenario> make_idle_scenario();
std::unique_ptr<scenario> make_login_scenario();
std::unique_ptr<scenario> make_history_scenario();
std::unique_ptr<scenario> make_timers_scenario();
std::unique_ptr<scenario> make_mixed_scenario();
std::unique_ptr<scenario> make_replay_scenario();

}  // namespace conclave::bench
