/// The rules of a user's password: only hashes come here, made on the password pool. Pure functions
/// of one view, run on the reader pool while the user's registrar lets nothing else in, so that a
/// password that was shown can be held against the one that is in force now.
#pragma once

#include "actors/plan_parts.h"
#include "storage/store.h"

#include <cstdint>

namespace conclave::actors {

registrar_plan plan_set_password(const storage::state_view& home, const plan_context& context,
                                 std::uint64_t correlation, const set_password_order& order);
registrar_plan plan_rehash(const storage::state_view& home, const plan_context& context,
                           const rehash_order& order);

}  // namespace conclave::actors
