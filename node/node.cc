/// Start and end of a node; see node.h.
#include "node/node.h"

#include "conf/descriptors.h"
#include "conf/log.h"
#include "node/cluster_orders.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace conclave::node {

namespace {

constexpr std::uint32_t stop_patience_ms = 5'000;

[[noreturn]] void end(const char* component, const std::string& sentence, exit_code code) {
  log::error(component, sentence, {{"exit_code", static_cast<int>(code)}});
  log::flush();
  std::fprintf(stderr, "conclaved: %s\n", sentence.c_str());
  std::fflush(stderr);
  ::_exit(code);
}

/// Nothing may be retried or acknowledged after a failed write: the kernel may have dropped the
/// pages.
[[noreturn]] void end_on_disk_failure(const std::string& sentence) {
  end("storage", sentence, exit_disk);
}

/// A node of a cluster that leads and cannot listen must not go on leading.
[[noreturn]] void end_without_clients(const std::string& sentence) {
  end("node", sentence, exit_listen);
}

actors::engine_options engine_options_of(const conf::config& config, const test_hooks& hooks,
                                         const storage::disk_watch& disk,
                                         std::uint64_t descriptors) {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  actors::engine_options options;
  options.node_name = config.node_name;
  options.loops = config.loops != 0 ? config.loops : std::max(1u, cores / 2);
  options.workers = config.workers != 0 ? config.workers : std::max(2u, cores);
  options.readers = config.readers;
  options.passivate_after_ms = config.passivate_after_ms;
  options.idle_timeout_ms = config.idle_timeout_ms;
  options.max_connections = conf::connection_ceiling(config, descriptors);
  options.io_uring = config.io_uring;
  options.password_cost.memory_kib = config.argon2_memory_kib;
  options.password_cost.passes = config.argon2_passes;
  options.disk = [&disk] { return disk.level(); };
  options.fault = hooks.fault;
  return options;
}

std::function<std::string()> address_of_leader(const replication::cluster* cluster) {
  if (cluster == nullptr) return {};
  return [cluster] { return replication::leader_address(cluster->view()); };
}

std::function<void()> resignation(replication::cluster* cluster) {
  if (cluster == nullptr) return {};
  return [cluster] { cluster->resign(); };
}

outcome<std::shared_ptr<const net::tls_context>> load_tls(const conf::config& c) {
  return net::tls_context::server({c.certificate_file, c.key_file, c.allow_tls12});
}

/// Mutual, between the nodes.
outcome<std::shared_ptr<const net::tls_context>> load_peer_tls(const conf::cluster_config& c) {
  return net::tls_context::peer({c.certificate_file, c.key_file, c.ca_file});
}

}  // namespace

status check_certificates(const conf::config& config) {
  if (auto tls = load_tls(config); !tls.ok()) return std::move(tls).error();
  if (!config.cluster.enabled()) return done{};
  if (auto peers = load_peer_tls(config.cluster); !peers.ok()) return std::move(peers).error();
  return done{};
}

outcome<std::unique_ptr<opened_data>> opened_data::open(const conf::config& config,
                                                        const test_hooks& hooks,
                                                        leading on_leading) {
  std::unique_ptr<opened_data> data(new opened_data);
  storage::store_options options;
  options.path = config.data_dir;
  options.shard_count = config.shards;
  options.block_cache_bytes = config.block_cache_mib << 20;
  options.write_buffer_bytes = config.write_buffer_mib << 20;
  options.file_system = hooks.file_system;
  options.syncs_each_write = !config.cluster.enabled();
  if (config.cluster.enabled()) options.cluster = config.cluster.name;
  auto store = storage::store::open(options);
  if (!store.ok()) return std::move(store).error();
  data->store_ = std::move(*store);

  data->shard_time_ =
      std::make_unique<storage::shard_clock>(data->time_, data->store_->latest_time());
  storage::shard_writer::options writing;
  writing.on_fatal = end_on_disk_failure;
  if (config.cluster.enabled() && on_leading) {
    replication::cluster_options part = cluster_options_of(config.cluster);
    auto tls = load_peer_tls(config.cluster);
    if (!tls.ok()) return std::move(tls).error();
    part.mesh.tls = std::move(*tls);
    part.on_leading = std::move(on_leading);
    if (hooks.log_kept_bytes != 0) {
      part.keep.bytes_kept = hooks.log_kept_bytes;
      part.keep.chunk_bytes = hooks.log_kept_bytes / 8;
    }
    data->cluster_ =
        std::make_unique<replication::cluster>(*data->store_, data->time_, std::move(part));
    writing.commits = data->cluster_->take_committer();
  }
  data->writer_ = std::make_unique<storage::shard_writer>(*data->store_, *data->shard_time_,
                                                          std::move(writing));
  auto leads = data->writer_->start();
  if (!leads.ok()) return std::move(leads).error();
  data->leads_ = std::move(*leads);
  return data;
}

opened_data::~opened_data() {
  if (writer_ != nullptr) writer_->stop();
}

outcome<std::unique_ptr<node>> node::start(const conf::config& config, const test_hooks& hooks,
                                           std::uint64_t descriptors, int& exit_code) {
  std::unique_ptr<node> n(new node(config));
  exit_code = exit_unsafe;
  // All of them, before there is a data folder.
  if (status good = check_certificates(config); !good.ok()) return std::move(good).error();
  auto tls = load_tls(config);
  if (!tls.ok()) return std::move(tls).error();

  exit_code = exit_storage;
  n->disk_ = std::make_unique<storage::disk_watch>(storage::disk_watch_options{
      config.data_dir, config.ballast_mib << 20, config.max_data_mib << 20, {}});
  // A first start has no folder, and no ballast in it to give back.
  std::error_code unseen;
  if (std::filesystem::exists(config.data_dir, unseen)) n->disk_->look_now();
  opened_data::leading on_leading;
  if (config.cluster.enabled()) {
    // Nobody leads before join() has started the links, when `clients_` is there.
    on_leading = [node = n.get()](std::vector<storage::shard_lead> leads) {
      node->clients_->lead(std::move(leads));
    };
  }
  auto data = opened_data::open(config, hooks, std::move(on_leading));
  if (!data.ok()) return std::move(data).error();
  n->data_ = std::move(*data);

  exit_code = exit_listen;
  n->clients_ = std::make_unique<serving>(
      serving_parts{n->data_->store(),
                    n->data_->writer(),
                    n->data_->shard_time(),
                    n->data_->time(),
                    engine_options_of(config, hooks, *n->disk_, descriptors),
                    {config.client.address, config.client.port},
                    {config.admin.address, config.admin.port},
                    *tls,
                    address_of_leader(n->data_->cluster()),
                    resignation(n->data_->cluster()),
                    end_without_clients});
  n->metrics_ = std::make_unique<metrics_page>(*n->clients_, n->data_->writer(),
                                               n->data_->shard_time(), *n->disk_);
  if (replication::cluster* cluster = n->data_->cluster()) {
    if (const auto joined = n->join(*cluster); !joined.ok()) return joined.error();
  } else {
    auto ports = n->clients_->open(n->data_->leads());
    if (!ports.ok()) return std::move(ports).error();
    n->ports_ = *ports;
  }
  if (config.metrics.port != 0) {
    auto listening = n->metrics_->start(config.metrics.address, config.metrics.port);
    if (!listening.ok()) return std::move(listening).error();
  }
  if (config.cluster.nodes.size() < 2) {
    log::info("node",
              "stands alone: a data folder that was set back to an earlier state cannot be told "
              "from the newest one; nodes of a cluster remember it for each other");
  }
  n->disk_->start();
  exit_code = exit_ok;
  return n;
}

status node::join(replication::cluster& cluster) {
  metrics_->add(*clients_, cluster, config_.cluster);
  auto ports = clients_->follow_leadership();
  if (!ports.ok()) return ports.error();
  ports_ = *ports;
  const auto port = cluster.start(data_->writer());
  if (!port.ok()) return port.error();
  // Orders are for a cluster that runs.
  control_ = std::make_unique<control_socket>(
      config_.data_dir, [this, &cluster](const std::string& order) {
        return carry_out_order(cluster, config_.cluster, order);
      });
  if (status listens = control_->start(); !listens.ok()) return listens;
  log::info(
      "node", "joins its cluster",
      {{"cluster", config_.cluster.name}, {"number", config_.cluster.node}, {"peer_port", *port}});
  return done{};
}

status node::reload_tls() {
  const auto unsafe = conf::unsafe_key_files(config_);
  if (!unsafe.empty()) return failure{errc::forbidden, unsafe.front()};
  auto tls = load_tls(config_);
  if (!tls.ok()) return std::move(tls).error();
  if (replication::cluster* cluster = data_->cluster()) {
    auto peers = load_peer_tls(config_.cluster);
    if (!peers.ok()) return std::move(peers).error();
    cluster->replace_tls(*peers);
  }
  clients_->replace_tls(*tls);
  return done{};
}

void node::stop() {
  control_.reset();
  metrics_.reset();
  if (clients_ != nullptr) clients_->stop(stop_patience_ms);
  if (data_ != nullptr) {
    if (data_->cluster() != nullptr) data_->cluster()->stop();
    data_->writer().stop();
  }
  clients_.reset();
}

node::~node() {
  stop();
}

}  // namespace conclave::node
