/// Reads of bodies that hold up to the moment of their answer: what was emptied while they ran
/// (gone_watch.h), or expired while they ran, makes them run again. Reader pool only: they block on
/// the disk. Bound: steady_tries; after them the asker is told to come again.
#pragma once

#include "actors/gateway.h"
#include "schemas/shown.h"

#include <utility>

namespace conclave::actors {

inline constexpr int steady_tries = 4;

/// A conversation that is read, from before its snapshot on.
class steady_point {
 public:
  steady_point(const gateway_shared& shared, tenant_id tenant, conversation_id conversation)
      : shared_(&shared),
        tenant_(tenant),
        conversation_(conversation),
        count_(shared.gone.count(tenant, conversation)) {}

  /// May what was read, whose first body expires at `due` (0: none does), still be served?
  bool holds(time_ms due) const {
    return shared_->gone.count(tenant_, conversation_) == count_ &&
           !is_due(due, shared_->ports->now());
  }

 private:
  const gateway_shared* shared_;
  tenant_id tenant_;
  conversation_id conversation_;
  std::uint64_t count_;
};

/// Runs read(view, now), whose result says in `due` when its first body expires, until it holds.
template <class Read>
auto steady_read(const gateway_shared& shared, tenant_id tenant, conversation_id conversation,
                 const Read& read)
    -> decltype(read(std::declval<const storage::state_view&>(), time_ms{})) {
  for (int i = 0; i < steady_tries; ++i) {
    const steady_point point(shared, tenant, conversation);
    const auto view = shared.store->view(shared.ports->shards.shard_of(tenant, conversation));
    auto result = read(view, shared.ports->now());
    if (!result.ok() || point.holds(result->due)) return result;
  }
  return failure{errc::overloaded, "what it reads keeps changing"};
}

}  // namespace conclave::actors
