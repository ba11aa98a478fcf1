/// The composition root: opens the data folder, starts the shard writer, this node's part of its
/// cluster and the engine, and takes them down in reverse. Owns everything; used by main()'s thread
/// only.
#pragma once

#include "conf/clock.h"
#include "conf/config.h"
#include "node/conclaved.h"
#include "node/control_socket.h"
#include "node/metrics_page.h"
#include "node/serving.h"
#include "replication/cluster.h"
#include "storage/disk_watch.h"
#include "storage/shard_clock.h"
#include "storage/shard_writer.h"
#include "storage/store.h"

#include <cstdint>
#include <memory>
#include <string>

namespace conclave::node {

/// Whether a node could show itself with the certificate files as they are now, to clients and to
/// the other nodes of its cluster.
status check_certificates(const conf::config& config);

/// The disk and its writer without an engine: what the offline commands need as well.
class opened_data {
 public:
  /// The sentence of a failure tells what is wrong with the data folder.
  /// `on_leading`: of a cluster's node; without it the folder is opened as that of a node that
  /// stands alone, which a folder with replicas refuses.
  using leading = std::function<void(std::vector<storage::shard_lead>)>;
  static outcome<std::unique_ptr<opened_data>> open(const conf::config& config,
                                                    const test_hooks& hooks,
                                                    leading on_leading = {});
  ~opened_data();

  /// Null: the node stands alone.
  replication::cluster* cluster() { return cluster_.get(); }
  storage::store& store() { return *store_; }
  storage::shard_clock& shard_time() { return *shard_time_; }
  storage::shard_writer& writer() { return *writer_; }
  const clock& time() const { return time_; }
  const std::vector<storage::shard_lead>& leads() const { return leads_; }

 private:
  opened_data() = default;

  system_clock time_;
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<storage::shard_clock> shard_time_;
  std::unique_ptr<replication::cluster> cluster_;  ///< the writer uses its replicas
  std::unique_ptr<storage::shard_writer> writer_;
  std::vector<storage::shard_lead> leads_;
};

class node {
 public:
  /// `descriptors`: how many files and connections the process may hold.
  static outcome<std::unique_ptr<node>> start(const conf::config& config, const test_hooks& hooks,
                                              std::uint64_t descriptors, int& exit_code);
  ~node();

  std::uint16_t client_port() const { return ports_.client; }
  std::uint16_t admin_port() const { return ports_.admin; }

  /// Reads the certificate files again; running connections keep theirs. Refuses what a start
  /// would.
  status reload_tls();

  /// Orderly: GOAWAY, open requests answered, everything synced.
  void stop();

 private:
  explicit node(const conf::config& config) : config_(config) {}

  status join(replication::cluster& cluster);

  conf::config config_;
  std::unique_ptr<storage::disk_watch> disk_;
  std::unique_ptr<opened_data> data_;
  std::unique_ptr<serving> clients_;
  std::unique_ptr<metrics_page> metrics_;
  std::unique_ptr<control_socket> control_;
  actors::bound_ports ports_;
};

}  // namespace conclave::node
