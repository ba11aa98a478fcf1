/// Start and end of a node; see node.h.
#include "node/node.h"

#include "conf/descriptors.h"
#include "conf/log.h"

#include <algorithm>
#include <cstdio>
#include <thread>
#include <unistd.h>

namespace conclave::node {

namespace {

constexpr std::uint32_t stop_patience_ms = 5'000;

/// Nothing may be retried or acknowledged after a failed write: the kernel may have dropped the
/// pages.
[[noreturn]] void end_on_disk_failure(const std::string& sentence) {
  log::error("storage", sentence, {{"exit_code", static_cast<int>(exit_disk)}});
  log::flush();
  std::fprintf(stderr, "conclaved: %s\n", sentence.c_str());
  std::fflush(stderr);
  ::_exit(exit_disk);
}

outcome<std::shared_ptr<const net::tls_context>> load_tls(const conf::config& c) {
  return net::tls_context::server({c.certificate_file, c.key_file, c.allow_tls12});
}

}  // namespace

outcome<std::unique_ptr<opened_data>> opened_data::open(const conf::config& config,
                                                        const test_hooks& hooks) {
  std::unique_ptr<opened_data> data(new opened_data);
  storage::store_options options;
  options.path = config.data_dir;
  options.shard_count = config.shards;
  options.block_cache_bytes = config.block_cache_mib << 20;
  options.write_buffer_bytes = config.write_buffer_mib << 20;
  options.file_system = hooks.file_system;
  auto store = storage::store::open(options);
  if (!store.ok()) return std::move(store).error();
  data->store_ = std::move(*store);

  data->shard_time_ =
      std::make_unique<storage::shard_clock>(data->time_, data->store_->latest_time());
  data->writer_ = std::make_unique<storage::shard_writer>(
      *data->store_, *data->shard_time_,
      storage::shard_writer::options{.on_fatal = end_on_disk_failure});
  auto leads = data->writer_->start();
  if (!leads.ok()) return std::move(leads).error();
  data->leads_ = std::move(*leads);
  return data;
}

opened_data::~opened_data() {
  if (writer_ != nullptr) writer_->stop();
}

outcome<std::unique_ptr<node>> node::start(const conf::config& config, const test_hooks& hooks,
                                           int& exit_code) {
  std::unique_ptr<node> n(new node(config));
  exit_code = exit_unsafe;
  auto tls = load_tls(config);
  if (!tls.ok()) return std::move(tls).error();

  exit_code = exit_storage;
  n->disk_ = std::make_unique<storage::disk_watch>(storage::disk_watch_options{
      config.data_dir, config.ballast_mib << 20, config.max_data_mib << 20, {}});
  n->disk_->look_now();
  auto data = opened_data::open(config, hooks);
  if (!data.ok()) return std::move(data).error();
  n->data_ = std::move(*data);
  n->disk_->start();

  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  actors::engine_options options;
  options.node_name = config.node_name;
  options.loops = config.loops != 0 ? config.loops : std::max(1u, cores / 2);
  options.workers = config.workers != 0 ? config.workers : std::max(2u, cores);
  options.readers = config.readers;
  options.passivate_after_ms = config.passivate_after_ms;
  options.idle_timeout_ms = config.idle_timeout_ms;
  options.max_connections = conf::connection_ceiling(config, conf::raise_descriptor_limit());
  options.password_cost.memory_kib = config.argon2_memory_kib;
  options.password_cost.passes = config.argon2_passes;
  options.disk = [disk = n->disk_.get()] { return disk->level(); };
  options.fault = hooks.fault;
  n->engine_ = std::make_unique<actors::engine>(n->data_->store(), n->data_->writer(),
                                                n->data_->shard_time(), n->data_->time(),
                                                n->data_->leads(), options);
  exit_code = exit_listen;
  auto ports = n->engine_->start({config.client.address, config.client.port},
                                 {config.admin.address, config.admin.port}, *tls);
  if (!ports.ok()) return std::move(ports).error();
  n->ports_ = *ports;
  n->metrics_ = std::make_unique<metrics_page>(*n->engine_, n->data_->writer(),
                                               n->data_->shard_time(), *n->disk_);
  if (config.metrics.port != 0) {
    auto listening = n->metrics_->start(config.metrics.address, config.metrics.port);
    if (!listening.ok()) return std::move(listening).error();
  }
  exit_code = exit_ok;
  return n;
}

status node::reload_tls() {
  auto tls = load_tls(config_);
  if (!tls.ok()) return std::move(tls).error();
  engine_->replace_tls(*tls);
  return done{};
}

void node::stop() {
  metrics_.reset();
  if (engine_ != nullptr) engine_->stop(stop_patience_ms);
  if (data_ != nullptr) data_->writer().stop();
  engine_.reset();
}

node::~node() {
  stop();
}

}  // namespace conclave::node
