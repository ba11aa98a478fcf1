/// What replicas of one shard say to each other. Every message names both ends by incarnation, and
/// the epoch and configuration under which it was said. Plain data; any thread. May be lost,
/// repeated, delayed and reordered: no rule of the core leans on a link's order.
/// Limits: entries per message: replica_options::max_batch, and what the adapter adds in bytes.
#pragma once

#include "replication/entry.h"

#include <variant>
#include <vector>

namespace conclave::replication {

/// Why an APPEND was not taken. Stable codes: they go over the wire and into logs.
enum class refusal : std::uint8_t {
  stale = 1,        ///< promised a newer epoch or configuration
  gap = 2,          ///< hint: last entry held (send from the next)
  diverged = 3,     ///< hint: commit index (send from the next)
  not_member = 4,   ///< meant for another incarnation of this node
  disk_full = 5,    ///< entries are not taken now
  quarantined = 6,  ///< this copy is out of service
};

/// From the leader. Without entries: a heartbeat.
struct append {
  link prev;
  std::vector<entry> entries;
  log_index commit{};    ///< never more than the leader may announce
  bool learner = false;  ///< the receiver has no vote and gets committed entries only
};

/// Everything up to `match` equals the leader's log and is durable here.
struct ack {
  log_index match{};
};

struct nack {
  refusal reason = refusal::stale;
  log_index hint{};
  promise promised;
};

/// Asks for a promise: phase one of a takeover.
struct fence {};

/// A durable promise, with what this replica holds.
struct promised {
  position last;
  log_index commit{};
  log_index base{};                  ///< entries from base + 1 can be fetched
  std::uint64_t config_version = 0;  ///< of the newest configuration in this log
};

struct rejected {
  promise promised;
};

/// The candidate wants the entries from `first` on, of the log that was reported to it.
struct fetch {
  log_index first{};
};

struct fetched {
  link prev;
  std::vector<entry> entries;
  bool trimmed = false;  ///< `first` is no longer held: a snapshot is needed
};

/// A newer configuration is active and does not name you: refuse older ones from now on.
struct removed {};

using message_body =
    std::variant<append, ack, nack, fence, promised, rejected, fetch, fetched, removed>;

struct message {
  replica_id from;
  replica_id to;
  shard_epoch epoch{};
  std::uint64_t config_version = 0;
  std::uint64_t lineage = 0;  ///< of the log that the sender goes by
  message_body body;
};

}  // namespace conclave::replication
