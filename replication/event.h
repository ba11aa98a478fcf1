/// Everything that can happen to a replica. One event in, effects out (effect.h); nothing else ever
/// reaches the core. Plain data; made by the adapters on the replica's thread.
#pragma once

#include "replication/message.h"
#include "replication/peer_memory.h"

#include <string>
#include <variant>
#include <vector>

namespace conclave::replication {

/// The authority's record of a takeover (etcd's shard record; in static mode static_authority makes
/// it). `previous`: the last *active* configuration; predecessors that were never activated leave
/// it as it was, since nothing was answered under them.
struct claim_record {
  /// Who may claim: a voter of what is claimed. And of what is in force, when it claims a plan that
  /// leaves it out: it may be the only one left who knows of it.
  bool may_lead(replica_id id) const {
    return is_voter(config, id) || (planned && is_voter(previous, id));
  }

  shard_epoch epoch{};
  shard_config config;
  shard_config previous;
  /// An operator promotes this copy with loss: no recovery set is asked for, config.lineage is new.
  bool forced = false;
  /// `config` is what the log plans, `previous` what is in force by it: the newest log must say the
  /// same, else the claim is over.
  bool planned = false;
  time_ms time = 0;
};

struct received {
  message content;
};
/// write number `number` and all before it are durable.
struct written {
  std::uint64_t number = 0;
};
/// A write or fsync failed. The process ends; nothing is retried (the kernel may have dropped it).
struct disk_failed {};
/// Above the watermark (true): no new entries. Clears by itself.
struct disk_filled {
  bool full = false;
};
/// From the shard writer: make this an entry. `token` names it in the answer.
struct proposed {
  std::uint64_t token = 0;
  std::shared_ptr<const std::string> redo;
  time_ms time = 0;
  log_kind kind = log_kind::operations;  ///< or digest_mark, without redo
};
/// Without an authority outside the leader alone changes voters and rule: first the log says what
/// is planned, then the leader, or whoever leads next, claims it (claim_record::planned). The
/// version is the next one. Nothing while another plan waits, or without the lead.
struct change_planned {
  shard_config config;
  time_ms time = 0;
};
/// The authority granted this replica a takeover.
struct claimed {
  claim_record record;
};
/// The authority made the claim of this epoch active: from now on it may commit.
struct activated {
  shard_epoch epoch{};
};
/// The authority knows a newer claim.
struct superseded {
  shard_epoch epoch{};
};
/// This node is about to end, or gives its lead up: what is under way has an unknown fate.
struct resigned {};

/// Time passed: heartbeats, repeats. The adapter decides how often (500 ms).
struct ticked {};
/// Who receives committed entries without a vote. Not replicated; the leader's configuration.
struct learners_set {
  std::vector<member> learners;
};
/// A link came up and the peer introduced itself: given before anything else from that link, else
/// what it acknowledged since would look lost.
struct introduced {
  introduction peer;
};
/// A peer refuses this replica: its disk went back in time.
struct distrusted {
  distrust reason = distrust::none;
};
/// A verified snapshot lies in the state family; the log before it is gone.
struct seeded {
  position base;
  config_ref config;  ///< in force there
  config_ref plan;    ///< and what is planned; null: nothing
};
/// The snapshot that `seed_peer` asked for has arrived, or its connection has ended.
struct seeding_ended {
  replica_id peer;
};
/// The adapter removed entries up to here (all applied); catching up from before needs a snapshot.
struct trimmed {
  log_index base{};
};

using event = std::variant<received, written, disk_failed, disk_filled, proposed, claimed,
                           activated, superseded, resigned, ticked, learners_set, introduced,
                           distrusted, seeded, seeding_ended, trimmed, change_planned>;

}  // namespace conclave::replication
