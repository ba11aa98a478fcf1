/// Reads of what is a user's own: his devices, how he proves himself, his settings; and of what his
/// tenant allows. Each from one consistent view of the home shard; they block on the disk, so they
/// belong on the reader pool. errc::not_found for what is absent, errc::corrupt for a broken row.
#pragma once

#include "schemas/ids.h"
#include "schemas/outcome.h"
#include "schemas/records.h"
#include "storage/store.h"

#include <cstddef>
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

/// The user is a member of `most` conversations or more; those that he left do not count.
outcome<bool> is_in_at_least(const state_view& home, tenant_id tenant, user_id user,
                             std::size_t most);

/// The defaults where none was set.
outcome<tenant_policy> get_policy(const state_view& home, tenant_id tenant);

}  // namespace conclave::storage
