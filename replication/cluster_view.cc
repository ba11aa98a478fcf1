/// See cluster_view.h.
#include "replication/cluster_view.h"

#include <algorithm>

namespace conclave::replication {

namespace {

const shard_status* status_of(const node_view& node, shard_id shard) {
  for (const shard_status& s : node.shards)
    if (s.shard == shard) return &s;
  return nullptr;
}

}  // namespace

const node_view* leader_of(const cluster_view& view) {
  const node_view* leader = nullptr;
  shard_epoch newest{};
  for (const node_view& node : view.nodes) {
    const shard_status* system = status_of(node, shard_id{0});
    if (system == nullptr || !system->leads || system->epoch <= newest) continue;
    if (!node.self && !node.linked) continue;  // it cannot be told from one that is gone
    newest = system->epoch;
    leader = &node;
  }
  return leader;
}

std::string leader_address(const cluster_view& view) {
  const node_view* leader = leader_of(view);
  return leader == nullptr ? std::string() : leader->client_address;
}

shard_lag lag_of(const node_view& node, const node_view& leader, shard_id shard) {
  const shard_status* own = status_of(node, shard);
  const shard_status* first = status_of(leader, shard);
  shard_lag lag;
  if (own == nullptr || first == nullptr) return lag;
  if (first->commit > own->applied) lag.entries = first->commit.value - own->applied.value;
  if (lag.entries > 0 && first->last_time > own->last_time)
    lag.ms = first->last_time - own->last_time;
  return lag;
}

std::optional<shard_lag> worst_lag(const node_view& node, const node_view& leader) {
  if (node.shards.empty()) return std::nullopt;
  shard_lag worst;
  for (const shard_status& shard : node.shards) {
    const shard_lag behind = lag_of(node, leader, shard.shard);
    worst.entries = std::max(worst.entries, behind.entries);
    worst.ms = std::max(worst.ms, behind.ms);
  }
  return worst;
}

}  // namespace conclave::replication
