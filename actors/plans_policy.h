/// The rule of a tenant's policy: an operator sets it as a whole. Pure, run on the reader pool for
/// the tenant's registrar; its bounds were checked when the request was decoded.
#pragma once

#include "actors/plan_parts.h"
#include "storage/store.h"

#include <cstdint>

namespace conclave::actors {

registrar_plan plan_set_policy(const storage::state_view& home, const plan_context& context,
                               std::uint64_t correlation, const set_policy_order& order);

}  // namespace conclave::actors
