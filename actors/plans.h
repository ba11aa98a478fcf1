/// The rules of the registrars: what a request comes to, given the committed state. Pure functions
/// of one view, run on the reader pool while the registrar lets nothing else in, so that the
/// highest id and the absence of a name still hold when the rows are proposed.
///
/// Each plan puts the entity's version row, as every registrar's proposal must (shard_writer.h).
#pragma once

#include "actors/registrar_request.h"
#include "actors/shard_map.h"
#include "storage/store.h"

namespace conclave::actors {

struct plan_context {
  entity_ref entity;
  std::uint64_t new_version = 0;
  time_ms now = 0;
};

registrar_plan plan_tenant(const storage::state_view& system, const plan_context& context,
                           const shard_map& shards, std::uint64_t correlation,
                           const create_tenant_order& order);

/// Users, devices and tokens of context.entity.tenant; operators when that is tenant 0.
registrar_plan plan_provision(const storage::state_view& home, const plan_context& context,
                              std::uint64_t correlation, const provision_order& order);

registrar_plan plan_index(const storage::state_view& home, const plan_context& context,
                          const index_order& order);

}  // namespace conclave::actors
