/// Snapshots on their way between nodes, each on a connection of its own: the source scans a view
/// of the shard in key order and sends blocks; the target writes them beside the state in use,
/// reads everything back, compares digests, and only then lets the replica adopt it.
///
/// A link that breaks is dialled again and the session goes on after the last key that the target
/// has; a node that restarts begins anew. At most limits::seed_blocks_under_way blocks are on their
/// way, so that neither side's memory grows.
///
/// Thread: one of its own, from construction to stop(); all public functions may be called from any
/// thread and only queue work. Owned by `cluster`; store and mesh outlive it.
/// Errors: a session that fails ends with a sentence in the log; the leader asks again.
#pragma once

#include "replication/peer_codec.h"
#include "replication/peer_mesh.h"
#include "storage/staged_state.h"
#include "storage/store.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace conclave::replication {

/// What a seeding tells the replicas; on the seeding's thread.
struct seeding_news {
  /// As a source: the session with this peer has ended, well or not.
  std::function<void(shard_id, replica_id peer)> over;
  /// As a target: a verified state, and the configurations in force and planned there, null where
  /// the source had none.
  std::function<void(shard_id, std::unique_ptr<storage::staged_state>, const applied_record&,
                     config_ref, config_ref plan)>
      arrived;
};

struct seeding_counters {
  std::uint64_t sources = 0;  ///< sessions under way
  std::uint64_t targets = 0;
  std::uint64_t rows_sent = 0;
  std::uint64_t rows_taken = 0;
  std::uint64_t finished = 0;  ///< as a source, digests equal
  std::uint64_t failed = 0;
};

class seeding {
 public:
  /// All sessions together send no more than this on the average; 0: no bound.
  seeding(storage::store& data, peer_mesh& mesh, seeding_news news, std::uint64_t bytes_per_s);
  ~seeding();

  /// Begins to send the shard's state to the peer, unless that is under way.
  void begin(shard_id shard, replica_id peer);

  // -- seed links, from the mesh's thread
  // ------------------------------------------------------------
  void link_up(const mesh_link& link);
  void frame(const mesh_link& link, const frame_view& frame);
  void link_down(const mesh_link& link, const std::string& why);

  /// Ends all sessions; nothing is told afterwards.
  void stop();

  seeding_counters counters() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace conclave::replication
