/// Who leads a shard without an authority outside: the founder founds it, who led last leads again
/// after a restart, and everything else is an operator's order. Safety never rests on this: a claim
/// is fenced by promises whoever makes it; these rules only keep nodes from taking turns.
///
/// Pure functions of what the node has heard; any thread.
#pragma once

#include "replication/event.h"
#include "replication/replica_state.h"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace conclave::replication {

/// A node as the configuration file lists it.
struct listed_node {
  node_id node{};
  std::uint16_t site = 0;
  bool voter = true;
};

/// The cluster as every node's configuration describes it.
struct cluster_plan {
  node_id self{};
  node_id founder{};
  commit_rule rule;
  std::map<shard_id, commit_rule> shard_rules;  ///< of shards that have their own
  std::vector<listed_node> nodes;               ///< all, this one included

  const commit_rule& rule_of(shard_id shard) const {
    const auto own = shard_rules.find(shard);
    return own == shard_rules.end() ? rule : own->second;
  }
};

/// What a shard's replica has heard of the others since this node started.
struct heard_of {
  std::map<node_id, introduction> introductions;
  shard_epoch newest{};                     ///< in any promise, refusal or message
  std::uint64_t newest_version = 0;         ///< of a configuration, the same
  std::map<node_id, log_index> log_begins;  ///< behind which entry each one's log begins
  bool waited = false;  ///< limits::founding_patience has passed since all voters are heard of
};

/// A claim, or why there is none.
struct leadership {
  std::optional<claim_record> claim;
  std::string why_not;  ///< one sentence for the operator; empty: somebody else leads
};

/// What the leader is to plan (change_planned), or why not.
struct membership_change {
  std::optional<shard_config> config;
  std::string why_not;
  bool needless = false;  ///< it is so already
};

/// Whether this replica should claim the lead of `shard` by itself.
leadership by_itself(const cluster_plan& plan, shard_id shard, replica_id self,
                     const replica_state& state, const heard_of& heard, time_ms now);

/// The claim that an operator orders. Not for a copy that ends before another's log begins: it
/// cannot take over what it lacks, and would only take the lead from who has it.
leadership by_order(replica_id self, const replica_state& state, const heard_of& heard,
                    time_ms now);

/// The change by which the leader gives a voter that comes with another data folder its vote back.
membership_change by_readmission(const replica_state& state, const heard_of& heard, node_id node);

/// The change to the voters and the rule that the configuration of this node, which leads, names.
membership_change by_configuration(const cluster_plan& plan, shard_id shard, replica_id self,
                                   const replica_state& state, const heard_of& heard);

/// How a change can be carried through by those who are linked, this node among them.
enum class change_path : std::uint8_t {
  planned,  ///< they commit the plan, recover from old and new voters, and the new ones commit
  at_once,  ///< only for a folder in place of another one of its node, which is gone for good: the
            ///< old voters cannot commit without it, but they recover; claimed without a plan
  none,     ///< it would leave nobody who may lead
};
change_path path_of(const shard_config& current, const shard_config& next,
                    const std::set<replica_id>& linked);

/// The claim of a change at once; this node leads.
claim_record claim_at_once(node_id self, const replica_state& state, const heard_of& heard,
                           const shard_config& next, time_ms now);

/// Who receives without a vote under this configuration: everybody heard of who is no voter of it,
/// also a voter's number with another data folder, which has to be readmitted.
std::vector<member> learners_of(const cluster_plan& plan, const shard_config& config,
                                const heard_of& heard);

}  // namespace conclave::replication
