/// What a replica remembers of each peer, to notice that a peer's disk went back in time: a copied
/// folder, a restored backup, a VM snapshot. Durable: written when a peer introduces itself anew.
/// Plain data and one pure function; any thread.
///
/// Limit: a peer is caught by whoever remembers more than it does. A disk that goes back within one
/// boot, and meets first those who have not heard from it since, is not noticed; a register of
/// boots outside of the shard (etcd, later) closes that, and is given to the core as
/// start_facts::witness.
#pragma once

#include "replication/epoch.h"
#include "replication/position.h"

namespace conclave::replication {

/// How a peer introduces itself when a link comes up (never a stale copy: it belongs to the link).
struct introduction {
  replica_id id;
  std::uint64_t boot = 0;   ///< counts the starts of this folder, durable before the first word
  std::uint64_t nonce = 0;  ///< drawn per start: two starts never share it
  promise promised;
  position last;  ///< durable
};

/// Stable codes: they go over the wire, into logs and to the operator.
enum class distrust : std::uint8_t {
  none = 0,
  older_incarnation = 1,  ///< an old copy of the folder: a newer one of this node is known
  rolled_back = 2,        ///< fewer boots than known
  copied = 3,             ///< the same boot twice: two folders alive, or one restored
  promise_lost = 4,       ///< promised less than it had
  entries_lost = 5,       ///< misses entries that it had reported as durable
};

struct peer_memory {
  replica_id id;
  std::uint64_t boot = 0;
  std::uint64_t nonce = 0;
  promise promised;
  shard_epoch match_epoch{};  ///< the leader's epoch in which `match` was reported
  log_index match{};
  distrust verdict = distrust::none;  ///< stays until the node comes with a new incarnation

  friend bool operator==(const peer_memory&, const peer_memory&) = default;
};

/// What is wrong with this introduction, given what is known. Known of the same node.
distrust judge(const peer_memory& known, const introduction& said);

}  // namespace conclave::replication
