/// This node's part of its cluster, put together: the links, the replicas behind them, seeding.
/// What arrives on a link is decoded here and posted to the shard writer's thread, where the
/// replicas live.
///
///   cluster c(store, options);            // makes the committer
///   shard_writer writer(store, …, c.take_committer());
///   c.start(writer);                      // links come up; on_leading follows when it leads
///   …
///   c.stop();                             // before the writer stops
///
/// Thread: start() and stop() by the owner; view(), counters() and promote() by any; on_leading
/// comes on the writer's thread and must not block. Owned by the node; the store outlives it.
/// Errors: start() in one sentence; what happens later is logged.
#pragma once

#include "conf/clock.h"
#include "conf/limits.h"
#include "replication/cluster_view.h"
#include "replication/leadership.h"
#include "replication/peer_mesh.h"
#include "replication/seeding.h"
#include "storage/log_tail.h"
#include "storage/shard_writer.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace conclave::replication {

struct cluster_options {
  cluster_plan plan;
  mesh_options mesh;
  std::string client_address;  ///< where clients of this node connect
  /// This node leads every shard in these epochs; empty: it does not (any more).
  std::function<void(std::vector<storage::shard_lead>)> on_leading;
  /// While this node leads, all copies compare their digests so often.
  std::chrono::milliseconds digest_interval = limits::digest_interval;
  /// So long an operator's order waits for the writer; given up then, it is not done later.
  std::chrono::milliseconds order_patience{10'000};
  std::uint64_t seed_bytes_per_s = 0;  ///< sent to nodes that get a snapshot; 0: no bound
  bool sync = true;                    ///< false skips the fsync: for measuring only
  /// How much of each log is kept for peers that were away; beyond it they are seeded.
  storage::log_tail_bounds keep{.bytes_kept = limits::replicated_log_keep_bytes,
                                .entries_kept = limits::replicated_log_keep_entries};
};

class cluster {
 public:
  cluster(storage::store& data, const clock& time, cluster_options options);
  ~cluster();

  /// Once; the writer that gets it outlives this object's start() to stop().
  std::unique_ptr<storage::committer> take_committer();

  /// After the writer has started. The outcome: the port that peers connect to.
  outcome<std::uint16_t> start(storage::shard_writer& writer);
  void stop();

  cluster_view view() const;
  mesh_counters links() const;
  seeding_counters seedings() const;

  /// An operator moves the lead to this node. Blocks until the claim is under way: empty; else why
  /// it is not made. Not from the writer's thread.
  std::string promote();

  /// The same: a voter's new data folder gets its vote. On the node that leads.
  std::string readmit(node_id node);

  /// The same: voters and rules become what this node's configuration says.
  std::string apply_configuration();

  /// For a node that ends: it leads no more and makes no claim; what is under way is given up, so
  /// that shard_writer::when_settled comes although the rule cannot be met. After start(); any
  /// thread.
  void resign();

  void replace_tls(std::shared_ptr<const net::tls_context> tls);

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace conclave::replication
