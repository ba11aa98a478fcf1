/// How the cluster looks from one node: what its own replicas are and what the others last told.
/// For the operator, the metrics page and the redirection of clients. Plain data; a copy is taken.
#pragma once

#include "replication/peer_frames.h"
#include "replication/replica_state.h"

#include <optional>
#include <string>
#include <vector>

namespace conclave::replication {

struct node_view {
  node_id node{};
  bool self = false;
  bool linked = false;
  std::string client_address;
  time_ms told = 0;                  ///< when, by this node's clock; 0: never
  std::vector<shard_status> shards;  ///< empty: never told
  time_ms equal_at = 0;  ///< every shard was seen to be equal to this node's since; 0: never
  bool differs = false;  ///< a shard's newest digest is another than this node's
};

struct cluster_view {
  std::vector<node_view> nodes;
  bool leads = false;              ///< this node, every shard
  std::vector<commit_rule> rules;  ///< in force, by shard; {0, 0}: not founded yet
  std::string waiting_for;  ///< why nobody leads as far as this node knows; empty: nothing to say
  std::string out_of_service;  ///< a replica of this node takes no part any more: why
};

/// The client address of the node that leads the system shard by the newest word; empty: nobody.
std::string leader_address(const cluster_view& view);

/// Entries that a node's replica of this shard is behind the leader's commit.
struct shard_lag {
  std::uint64_t entries = 0;
  time_ms ms = 0;  ///< between the last entries applied here and there
};
shard_lag lag_of(const node_view& node, const node_view& leader, shard_id shard);
/// Over its shards the most entries and the longest time; nothing: it never told.
std::optional<shard_lag> worst_lag(const node_view& node, const node_view& leader);
const node_view* leader_of(const cluster_view& view);

}  // namespace conclave::replication
