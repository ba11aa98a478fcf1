/// Who leads, without etcd: the configuration names the voters, an operator (or the start of a
/// cluster of one) names the leader. The seam for etcd: whatever stands here turns a wish into a
/// claim_record for the core and answers request_activation.
///
/// Safe without a register because the voters change by a plan that stands committed in the log
/// before anybody claims it (change_planned): a takeover is safe by the promises, who claims a plan
/// recovers from the voters of both configurations, and an installed claim is active.
/// Thread: the replica's. Owner: the shard's adapter. No errors, no limits.
#pragma once

#include "replication/event.h"

namespace conclave::replication {

class static_authority {
 public:
  static_authority(node_id self, shard_config config) : self_(self), config_(std::move(config)) {}

  /// A claim for this node, above everything that it has promised.
  claim_record promote(const promise& promised, time_ms time) const {
    claim_record record;
    record.epoch = make_epoch(round_of(promised.epoch) + 1, self_);
    record.config = config_;
    record.previous = config_;
    record.time = time;
    return record;
  }

  /// With loss, by order: goes on with this node's log alone under a new lineage.
  claim_record promote_with_loss(const promise& promised, time_ms time) {
    config_.version =
        (config_.version > promised.config_version ? config_.version : promised.config_version) + 1;
    ++config_.lineage;
    claim_record record = promote(promised, time);
    record.forced = true;
    return record;
  }

 private:
  node_id self_;
  shard_config config_;
};

}  // namespace conclave::replication
