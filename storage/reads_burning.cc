/// The messages of a conversation that still burn; see reads_target.h.
#include "storage/reads_rows.h"
#include "storage/reads_target.h"

namespace conclave::storage {

outcome<std::vector<std::pair<event_seq, target_image>>> load_burning(const state_view& view,
                                                                      tenant_id tenant,
                                                                      conversation_id id) {
  std::vector<event_seq> seqs;
  const status read =
      each_row(view, table::burn, tenant, id.value, [&](const keys::id_key& key, std::string_view) {
        seqs.push_back(event_seq{key.second});
        return failure{errc::ok, {}};
      });
  if (!read) return read.error();
  const auto place = target_place_of(view, tenant, id);
  if (!place) return place.error();
  std::vector<std::pair<event_seq, target_image>> burning;
  for (const event_seq seq : seqs) {
    auto image = load_target(view, *place, tenant, id, user_id{}, seq);
    if (!image) return image.error();
    burning.emplace_back(seq, std::move(*image));
  }
  return burning;
}

}  // namespace conclave::storage
