/// The core's stable codes as words for logs and operators. Pure functions; any thread.
#pragma once

#include "replication/replica_state.h"

#include <string_view>

namespace conclave::replication {

/// One sentence: what happened to the folder and what to do.
std::string_view sentence(distrust reason);

std::string_view name_of(claim_end reason);
std::string_view name_of(role r);

}  // namespace conclave::replication
