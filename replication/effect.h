/// What a replica wants done, in this order. Plain data; carried out by the adapters before the
/// next event is given to the core. Nothing durable happens without a `write`, and what depends on
/// it is only said after the event `written`.
#pragma once

#include "replication/event.h"
#include "replication/invariant.h"

#include <optional>

namespace conclave::replication {

/// One atomic batch, fsynced, in order of numbers; `written` follows.
struct write {
  std::uint64_t number = 0;
  std::optional<promise> promised;
  std::optional<position> reset;            ///< the log is empty behind this base (after a seed)
  config_ref reset_config;                  ///< in force there
  config_ref reset_plan;                    ///< planned there
  std::optional<log_index> truncate_after;  ///< delete what follows, then append
  std::vector<entry> entries;
  std::optional<distrust> condemned;  ///< for ever, in this folder
  std::vector<peer_memory> peers;     ///< replaces what is known of these nodes
};

/// Send this message. `fill_count` > 0: the adapter puts in the entries from `fill_first` on, from
/// its cache or from disk, fewer if they are large; with `fill_link` also `prev`, which is what the
/// first of them builds on.
struct send {
  message content;
  log_index fill_first{};
  std::uint32_t fill_count = 0;
  bool fill_link = false;
};

/// Apply the redo of these entries to the state, unsynced (the log is its durability).
struct apply {
  log_index first{};
  log_index last{};
};

/// Answer the proposal: committed by the shard's rule and applied here.
struct acknowledge {
  std::uint64_t token = 0;
  position place;
};

/// The proposal's fate is not known here: the client is told so, and resends.
struct give_up {
  std::uint64_t token = 0;
};

/// Certainly not done: not leading (yet), no room.
enum class decline : std::uint8_t { not_leading = 1, disk_full = 2, too_many = 3 };
struct declined {
  std::uint64_t token = 0;
  decline reason = decline::not_leading;
};

/// The claim is installed on a commit set of its configuration: compare-and-set it to active.
struct request_activation {
  shard_epoch epoch{};
};

/// This replica's own claim is over, and why. Stable codes.
enum class claim_end : std::uint8_t {
  refused = 1,          ///< own promise or configuration is newer, or not a voter of it
  overtaken = 2,        ///< somebody promised or claimed something newer
  old_authority = 3,    ///< the log holds a newer configuration than the authority: an old copy
  snapshot_needed = 4,  ///< the newest log begins behind the end of the own one
  resigned = 5,         ///< given up by this node itself
  other_plan = 6,       ///< the newest log does not plan what was claimed
};
struct claim_ended {
  shard_epoch epoch{};
  claim_end reason = claim_end::refused;
  replica_id newest;  ///< snapshot_needed: who holds the newest log
};

/// This peer is too far behind for the log: seed it.
struct seed_peer {
  replica_id peer;
};

/// Who has introduced itself may take part as what the configuration says, or must start anew.
struct refuse_peer {
  replica_id peer;
  distrust reason = distrust::none;
};

/// Why a replica is out of service. Stable codes.
enum class quarantine_reason : std::uint8_t {
  none = 0,
  breach = 1,          ///< an invariant does not hold
  disk = 2,            ///< a write failed
  own_rollback = 3,    ///< this folder went back in time: come again as a new replica
  lineage_forked = 4,  ///< the shard went on without entries committed here: seed anew
};
struct quarantine {
  quarantine_reason reason = quarantine_reason::none;
  invariant broken = invariant::none;
  distrust why = distrust::none;
  const char* what = "";
};

using effect = std::variant<write, send, apply, acknowledge, give_up, declined, request_activation,
                            claim_ended, seed_peer, refuse_peer, quarantine>;

}  // namespace conclave::replication
