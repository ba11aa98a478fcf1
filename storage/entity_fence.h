/// Who may propose for an entity, and on what version: the writer's memory of every entity that is
/// awake. It is what keeps two incarnations of an actor, or one that missed a refusal, from
/// writing.
///
/// Plain data of the writer's thread. Grows with the entities awake (released when they sleep):
/// about 150 bytes each.
#pragma once

#include "schemas/keys.h"

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace conclave::storage {

struct proposal;

class entity_fence {
 public:
  struct slot {
    shard_id shard{};
    std::uint64_t incarnation = 0;
    std::uint64_t version = 0;  ///< of the last accepted proposal, or as claimed
    bool refused = false;       ///< this incarnation was refused once: it stays refused

    // Where the news of the group under construction stand, so that there is one per entity.
    std::uint64_t committing_group = 0;
    std::size_t committing_news = 0;
    std::uint64_t refusing_group = 0;
    std::size_t refusing_news = 0;
  };

  /// Null for an entity that nobody has claimed.
  slot* find(const entity_ref& entity);

  /// From now on only `incarnation` may propose, starting from `version`.
  void claim(shard_id shard, const entity_ref& entity, std::uint64_t incarnation,
             std::uint64_t version);

  /// Forgets the entity if `incarnation` still holds it.
  void release(const entity_ref& entity, std::uint64_t incarnation);

  /// The rule. Moves the slot on when the proposal is accepted; marks the incarnation when not.
  static bool accept(slot* slot, const proposal& p, shard_epoch epoch);

  std::size_t size() const { return slots_.size(); }

 private:
  struct entity_hash {
    std::size_t operator()(const entity_ref& e) const noexcept {
      std::uint64_t mixed = e.id ^ (std::uint64_t{e.tenant.value} << 24) ^
                            (std::uint64_t{static_cast<std::uint8_t>(e.kind)} << 56);
      mixed *= 0x9E3779B97F4A7C15ull;
      return static_cast<std::size_t>(mixed ^ (mixed >> 32));
    }
  };

  std::unordered_map<entity_ref, slot, entity_hash> slots_;
};

}  // namespace conclave::storage
