/// The scenario `pair`: N pairs of users, each in a conversation of its own; one sends with a
/// closed window, the other receives and verifies every event.
#pragma once

#include "bench/scenario.h"

#include <memory>

namespace conclave::bench {

std::unique_ptr<scenario> make_pair_scenario();

}  // namespace conclave::bench
