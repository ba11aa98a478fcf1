/// The inbox, page by page; see reads_inbox.h.
#include "storage/reads_inbox.h"

#include "storage/row_reads.h"

namespace conclave::storage {

outcome<inbox_mark_record> get_inbox_mark(const state_view& home, tenant_id tenant, user_id user) {
  auto row = get_record<inbox_mark_record>(home, keys::inbox_mark(tenant, user));
  if (!row.ok() && row.error().code == errc::not_found) return inbox_mark_record{};
  return row;
}

outcome<inbox_slice> read_inbox(const state_view& home, tenant_id tenant, user_id user,
                                std::uint64_t after, std::size_t limit) {
  auto mark = get_inbox_mark(home, tenant, user);
  if (!mark.ok()) return std::move(mark).error();
  inbox_slice slice;
  slice.mark = *mark;
  keys::range range = keys::all_of(table::inbox, tenant, user.value);
  range.first = keys::inbox(tenant, user, after + 1);
  const status read = each_record<inbox_record>(
      home, table::inbox, range, limit, [&](const keys::id_key& key, inbox_record record) {
        slice.entries.emplace_back(key.second, std::move(record));
      });
  if (!read) return read.error();
  return slice;
}

}  // namespace conclave::storage
