/// See reads_unfinished.h.
#include "storage/reads_unfinished.h"

#include "storage/reads_rows.h"

#include <set>

namespace conclave::storage {

outcome<applied_record> applied_of(const state_view& view) {
  const auto row = view.get(keys::applied());
  if (!row) {
    if (row.error().code == errc::not_found) return applied_record{};
    return row.error();
  }
  return decode_record<applied_record>(*row);
}

status load_unfinished(const state_view& view, tenant_id tenant, conversation_id id,
                       conversation_image& image) {
  const auto applied = applied_of(view);
  if (!applied) return applied.error();
  image.applied = applied->index;
  status s =
      each_row(view, table::owed, tenant, id.value, [&](const auto& key, std::string_view value) {
        return with<owed_record>(value, [&](owed_record record) {
          image.owed.push_back(
              {user_id{key.second}, static_cast<inbox_kind>(key.third), key.fourth, record.about});
        });
      });
  if (!s) return s;
  s = each_row(view, table::pin, tenant, id.value, [&](const auto& key, std::string_view value) {
    return with<pin_record>(
        value, [&](pin_record record) { image.pins.emplace_back(event_seq{key.second}, record); });
  });
  if (!s) return s;
  s = each_row(view, table::join_request, tenant, id.value,
               [&](const auto& key, std::string_view value) {
                 return with<join_request_record>(value, [&](join_request_record record) {
                   image.join_requests.emplace_back(user_id{key.second}, std::move(record));
                 });
               });
  if (!s) return s;
  s = each_row(view, table::job, tenant, id.value, [&](const auto&, std::string_view value) {
    return with<job_record>(value, [&](job_record record) { image.dissolving = record; });
  });
  if (!s) return s;
  return view.scan(keys::all_of(table::burn, tenant, id.value),
                   [&](std::string_view, std::string_view) {
                     image.may_burn = true;
                     return false;
                   });
}

outcome<std::vector<std::pair<tenant_id, conversation_id>>> conversations_with_work(
    const state_view& view) {
  std::set<std::pair<tenant_id, conversation_id>> found;
  for (const table t : {table::intent, table::owed, table::job}) {
    bool broken = false;
    const status scanned = view.scan(keys::all_of(t), [&](std::string_view key, std::string_view) {
      const auto parts = keys::parse(t, key);
      broken = !parts;
      if (parts) found.emplace(parts->tenant, conversation_id{parts->first});
      return !broken;
    });
    if (!scanned) return scanned.error();
    if (broken) return damaged("a key");
  }
  return std::vector<std::pair<tenant_id, conversation_id>>(found.begin(), found.end());
}

}  // namespace conclave::storage
