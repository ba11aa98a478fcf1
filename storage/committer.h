/// What makes redo durable: the shard writer gathers accepted proposals into one ticket per shard
/// and group; a committer makes each ticket a log entry and says when it is settled. Alone on a
/// node that is the next fsync (local_committer.h); in a replicated shard it is the shard's rule,
/// and several tickets of a shard may be under way (replication/copies.h).
///
/// Thread: the shard writer's, for all functions. Owned by its writer.
/// Errors: a write that fails is told by flush(); the writer then ends the process.
#pragma once

#include "schemas/ids.h"
#include "schemas/outcome.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace conclave::storage {

/// Leadership over a shard as the engine sees it.
struct shard_lead {
  shard_id shard{};
  shard_epoch epoch{};
};

/// Counters of what was written; read by any thread through the writer.
struct commit_counts {
  std::uint64_t commits = 0;  ///< fsyncs
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;     ///< redo bytes
  std::uint64_t fsync_us = 0;  ///< time in Write(sync), sum
};

class committer {
 public:
  /// Named by (shard, number); the numbers of one shard ascend. The tickets of a shard are settled
  /// in the order of their numbers.
  struct settled {
    shard_id shard{};
    std::uint64_t ticket = 0;
    bool committed = false;  ///< false: not known to be committed; its owners give up
  };

  virtual ~committer() = default;

  /// Called once, before anything else. The outcome: which shards are led from now on.
  virtual outcome<std::vector<shard_lead>> open(time_ms now) = 0;

  virtual std::size_t shard_count() const = 0;

  /// The epoch that a proposal must carry; zero while this node does not lead the shard.
  virtual shard_epoch leading(shard_id shard) const = 0;

  /// Adds redo to the ticket of this shard that is being gathered.
  virtual void add(shard_id shard, std::uint64_t ticket, time_ms time, std::string_view redo) = 0;

  /// Redo gathered and not yet handed on by flush().
  virtual std::size_t gathered_bytes() const = 0;

  /// Hands on what was gathered and makes durable what waits; adds to `out` what is settled by now.
  virtual status flush(std::vector<settled>& out) = 0;

  /// The last call: everything that was gathered is flushed; nothing more will come.
  virtual status close() = 0;

  virtual commit_counts counts() const = 0;
};

}  // namespace conclave::storage
