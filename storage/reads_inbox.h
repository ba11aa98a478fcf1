/// Reads of a user's inbox, his own log in his home shard. They block on the disk, so they belong
/// on the reader pool; each reads one consistent view. A page holds at most `limit` entries of some
/// 300 bytes. errc::corrupt for a broken row.
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

/// All zero for an inbox that never had an entry.
outcome<inbox_mark_record> get_inbox_mark(const state_view& home, tenant_id tenant, user_id user);

struct inbox_slice {
  inbox_mark_record mark;
  std::vector<std::pair<std::uint64_t, inbox_record>> entries;  ///< seq and entry, ascending
};
/// The entries after a seq that are still kept.
outcome<inbox_slice> read_inbox(const state_view& home, tenant_id tenant, user_id user,
                                std::uint64_t after, std::size_t limit);

}  // namespace conclave::storage
