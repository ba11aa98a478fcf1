/// The rules of the registrars: what a request comes to, given the committed state. Pure functions
/// of one view, run on the reader pool while the registrar lets nothing else in, so that the
/// highest id and the absence of a name still hold when the rows are proposed. Rows that cannot be
/// read refuse with io_error or corrupt.
///
/// Here: tenants and the users of one. Others: plans_device.h, plans_inbox.h, plans_password.h,
/// plans_policy.h. Each plan puts the entity's version row, as every registrar's proposal must
/// (shard_writer.h).
#pragma once

#include "actors/plan_parts.h"
#include "actors/registrar_request.h"
#include "actors/shard_map.h"
#include "storage/store.h"

#include <cstdint>

namespace conclave::actors {

/// How long a request may be sent again under its op_id; then its row goes with one of the next.
inline constexpr time_ms operation_kept_ms = 14ull * 24 * 3600 * 1000;
inline constexpr std::size_t operations_looked_at = 32;

/// Any request of any registrar.
registrar_plan plan_for(const storage::store& store, const shard_map& shards,
                        const plan_context& context, const registrar_request& request);

registrar_plan plan_tenant(const storage::state_view& system, const plan_context& context,
                           const shard_map& shards, std::uint64_t correlation,
                           const create_tenant_order& order);

/// Users of context.entity.tenant, operators when that is tenant 0, and who of them gets a device
/// next. Its operation row is what keeps an op_id to its names.
registrar_plan plan_provision(const storage::state_view& home, const plan_context& context,
                              const provision_order& order);

}  // namespace conclave::actors
