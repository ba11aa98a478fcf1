/// The messages of a conversation that still burn; see reads_target.h.
#include "storage/reads_target.h"

namespace conclave::storage {

outcome<std::vector<std::pair<event_seq, target_image>>> load_burning(const state_view& view,
                                                                      tenant_id tenant,
                                                                      conversation_id id) {
  std::vector<event_seq> seqs;
  bool broken = false;
  const status scanned = view.scan(keys::all_of(table::burn, tenant, id.value),
                                   [&](std::string_view key, std::string_view) {
                                     const auto parts = keys::parse(table::burn, key);
                                     broken = !parts;
                                     if (parts) seqs.push_back(event_seq{parts->second});
                                     return !broken;
                                   });
  if (!scanned) return scanned.error();
  if (broken) return failure{errc::corrupt, "a key of the state is damaged"};
  std::vector<std::pair<event_seq, target_image>> burning;
  for (const event_seq seq : seqs) {
    auto image = load_target(view, tenant, id, user_id{}, seq);
    if (!image) return image.error();
    burning.emplace_back(seq, std::move(*image));
  }
  return burning;
}

}  // namespace conclave::storage
