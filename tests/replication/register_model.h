/// The authority as a compare-and-set register: what etcd's shard record will be. Claims and
/// activations happen at one moment each; who asked may never learn of it.
#pragma once

#include "replication/event.h"

#include <optional>

namespace conclave::replication::proof {

struct register_model {
  shard_epoch epoch{};
  bool active = true;
  shard_config config;    ///< of the newest claim
  shard_config previous;  ///< the last active one
  /// Names the claim beyond its epoch: a register restored from an old copy grants epochs again.
  std::uint64_t nonce = 0;

  /// Who claims has seen `seen`; a configuration that differs from the record's takes a new
  /// version.
  std::optional<claim_record> claim(shard_epoch seen, node_id node, shard_config wanted,
                                    std::uint64_t fresh_nonce) {
    if (seen != epoch) return std::nullopt;
    wanted.version = config.version;
    wanted.lineage = config.lineage;
    if (wanted.voters != config.voters || wanted.rule != config.rule) ++wanted.version;
    if (active) previous = config;
    epoch = make_epoch(round_of(epoch) + 1, node);
    active = false;
    config = wanted;
    claim_record record;
    record.epoch = epoch;
    record.config = config;
    record.previous = previous;
    record.time = fresh_nonce;
    nonce = fresh_nonce;
    return record;
  }

  bool activate(shard_epoch claimed, std::uint64_t claim_nonce) {
    if (claimed != epoch || claim_nonce != nonce) return false;
    active = true;
    previous = config;
    return true;
  }
};

}  // namespace conclave::replication::proof
