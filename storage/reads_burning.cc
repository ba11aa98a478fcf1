/// The burning messages of a conversation that are over; see reads_target.h.
#include "storage/reads_rows.h"
#include "storage/reads_target.h"

#include <algorithm>

namespace conclave::storage {

namespace {

bool is_over(const burn_record& burn, const std::vector<user_id>& members) {
  return std::all_of(burn.readers.begin(), burn.readers.end(), [&](const burn_reader& r) {
    return r.burned || !std::binary_search(members.begin(), members.end(), r.user);
  });
}

}  // namespace

outcome<burned_out> load_burned_out(const state_view& view, tenant_id tenant, conversation_id id,
                                    const std::vector<user_id>& members, std::size_t limit) {
  burned_out found;
  std::vector<event_seq> over;
  const status read = each_row(view, table::burn, tenant, id.value,
                               [&](const keys::id_key& key, std::string_view bytes) {
                                 return with<burn_record>(bytes, [&](const burn_record& burn) {
                                   if (!is_over(burn, members)) return;
                                   found.more = over.size() == limit;
                                   if (!found.more) over.push_back(event_seq{key.second});
                                 });
                               });
  if (!read) return read.error();
  const auto place = target_place_of(view, tenant, id);
  if (!place) return place.error();
  for (const event_seq seq : over) {
    auto image = load_target(view, *place, tenant, id, user_id{}, seq, {});
    if (!image) return image.error();
    found.messages.emplace_back(seq, std::move(*image));
  }
  return found;
}

}  // namespace conclave::storage
