/// Reads of what is a user's own: his devices, how he proves himself, his settings; and of what his
/// tenant allows. Each from one consistent view of the home shard; they block on the disk, so they
/// belong on the reader pool. errc::not_found for what is absent, errc::corrupt for a broken row.
#pragma once

#include "schemas/ids.h"
#include "schemas/outcome.h"
#include "schemas/records.h"
#include "storage/store.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace conclave::storage {

/// By ascending id; as many as the tenant's policy lets a user have, at most 500 and one.
outcome<std::vector<std::pair<device_id, device_record>>> list_devices(const state_view& home,
                                                                       tenant_id tenant,
                                                                       user_id user);

outcome<credential_record> get_credential(const state_view& home, tenant_id tenant, user_id user);

outcome<index_record> get_index(const state_view& home, tenant_id tenant, user_id user,
                                conversation_id conversation);

/// Operations of a user behind an op_id, by ascending op_id, and from the lowest on when these are
/// fewer than `limit`: op_id and when it was carried out.
outcome<std::vector<std::pair<std::uint64_t, time_ms>>> list_operations(const state_view& home,
                                                                        tenant_id tenant,
                                                                        user_id user,
                                                                        std::uint64_t behind,
                                                                        std::size_t limit);

/// The user's local ids for conversations of other tenants.
outcome<std::vector<std::pair<conversation_id, link_record>>> list_links(const state_view& home,
                                                                         tenant_id tenant,
                                                                         user_id user);

/// The user is a member of `most` conversations or more; those that he left do not count.
outcome<bool> is_in_at_least(const state_view& home, tenant_id tenant, user_id user,
                             std::size_t most);

/// The defaults where none was set.
outcome<tenant_policy> get_policy(const state_view& home, tenant_id tenant);

}  // namespace conclave::storage
