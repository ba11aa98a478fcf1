/// The Prometheus page of a node, plain text over HTTP on loopback only (conf/ refuses any other
/// address). Counters are read from the engine and the shard writer when somebody asks.
///
/// Has three threads of its own, civetweb's, between start() and the destructor. Owned by the node.
#pragma once

#include "conf/config.h"
#include "conf/metrics.h"
#include "node/serving.h"
#include "replication/cluster.h"
#include "schemas/outcome.h"
#include "storage/disk_watch.h"
#include "storage/shard_writer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace conclave::node {

class metrics_page {
 public:
  metrics_page(const serving& clients, const storage::shard_writer& writer,
               const storage::shard_clock& shard_time, const storage::disk_watch& disk);

  /// Before start(): what a node of a cluster tells besides.
  void add(const serving& clients, const replication::cluster& cluster,
           const conf::cluster_config& config);
  ~metrics_page();

  status start(const std::string& address, std::uint16_t port);
  std::string text() const { return registry_.text(); }

 private:
  struct server;

  metrics::registry registry_;
  std::vector<metrics::registration> registered_;
  std::unique_ptr<server> server_;
};

}  // namespace conclave::node
