/// Where a run's users come from: made by an operator for this run alone, under names that no other
/// run has, or read from a file of tokens. Blocking; before the measurement.
#pragma once

#include "bench/account.h"
#include "bench/scenario.h"
#include "client/protocol.h"

#include <string>
#include <vector>

namespace conclave::bench {

/// `count` different users with a device each.
outcome<std::vector<account>> provision(const target& t, std::size_t count);

/// The same password for all of them, set by the operator: one hash each, so not for thousands.
status give_password(const target& t, const std::vector<account>& accounts,
                     const std::string& password);

}  // namespace conclave::bench
