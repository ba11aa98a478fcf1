/// The rule of acceptance. A stale incarnation is refused without touching the present one's slot:
/// its own refusal is permanent anyway, because incarnations are never used twice.
#include "storage/entity_fence.h"

#include "storage/shard_writer.h"

namespace conclave::storage {

entity_fence::slot* entity_fence::find(const entity_ref& entity) {
  const auto found = slots_.find(entity);
  return found == slots_.end() ? nullptr : &found->second;
}

void entity_fence::claim(shard_id shard, const entity_ref& entity, std::uint64_t incarnation,
                         std::uint64_t version) {
  slot fresh;
  fresh.shard = shard;
  fresh.incarnation = incarnation;
  fresh.version = version;
  slots_[entity] = fresh;
}

void entity_fence::release(const entity_ref& entity, std::uint64_t incarnation) {
  const auto found = slots_.find(entity);
  if (found != slots_.end() && found->second.incarnation == incarnation) slots_.erase(found);
}

bool entity_fence::accept(slot* slot, const proposal& p, shard_epoch epoch) {
  if (slot == nullptr || slot->incarnation != p.incarnation) return false;
  const bool fits = slot->shard == p.shard && p.epoch == epoch &&
                    p.expected_version == slot->version && p.new_version >= p.expected_version;
  if (slot->refused || !fits) {
    slot->refused = true;
    return false;
  }
  slot->version = p.new_version;
  return true;
}

}  // namespace conclave::storage
