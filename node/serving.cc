/// See serving.h.
#include "node/serving.h"

#include "conf/log.h"

#include <chrono>
#include <future>
#include <utility>

namespace conclave::node {

namespace {

/// Requests of a term that is over get `outcome_unknown` at once: the writer has given them up.
constexpr std::uint32_t lost_term_patience_ms = 500;

/// What has not settled this long after the engine has stopped waits for other nodes.
constexpr std::chrono::milliseconds settling_patience{1'000};

}  // namespace

serving::serving(serving_parts parts) : parts_(std::move(parts)) {}

serving::~serving() {
  stop(0);
}

outcome<actors::bound_ports> serving::open(const std::vector<storage::shard_lead>& leads) {
  return begin_term(leads);
}

outcome<actors::bound_ports> serving::follow_leadership() {
  auto ports = open_door(false);
  if (ports.ok()) thread_ = std::thread([this] { run(); });
  return ports;
}

void serving::lead(std::vector<storage::shard_lead> leads) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = std::move(leads);
    ++wanted_change_;
  }
  changed_.notify_all();
}

void serving::run() {
  std::uint64_t done_change = 0;
  for (;;) {
    std::vector<storage::shard_lead> leads;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || wanted_change_ != done_change; });
      if (stopping_) return;
      done_change = wanted_change_;
      leads = wanted_;
    }
    if (engine_ != nullptr) {
      const auto door = open_door(true);
      if (!door.ok()) parts_.on_fatal(door.error().detail);
      end_term(lost_term_patience_ms, {errc::not_leading, parts_.leader()});
    }
    if (leads.empty()) continue;
    const auto ports = begin_term(leads);
    if (!ports.ok()) parts_.on_fatal(ports.error().detail);
  }
}

outcome<actors::bound_ports> serving::open_door(bool engine_is_open) {
  actors::door_options options;
  options.client = parts_.client;
  options.admin = parts_.admin;
  options.node_name = parts_.engine.node_name;
  options.leader = parts_.leader;
  options.engine_is_open = engine_is_open;
  std::shared_ptr<const net::tls_context> tls;
  {
    const std::lock_guard lock(mutex_);
    tls = parts_.tls;
  }
  options.tls = tls;
  auto fresh = std::make_unique<actors::door>(std::move(options));
  auto ports = fresh->start();
  if (!ports.ok()) return ports;
  // A free port that was found stays the node's.
  parts_.client.port = ports->client;
  parts_.admin.port = ports->admin;
  const std::lock_guard lock(mutex_);
  renew(*fresh, tls);
  door_ = std::move(fresh);
  return ports;
}

outcome<actors::bound_ports> serving::begin_term(const std::vector<storage::shard_lead>& leads) {
  // Earlier terms may have been another node's, by another clock.
  time_ms newest = 0;
  for (const storage::shard_lead& lead : leads) {
    const auto applied = parts_.store.applied(lead.shard);
    if (!applied.ok()) return applied.error();
    newest = std::max(newest, applied->time);
  }
  parts_.shard_time.begin_term(newest);
  actors::engine_options options = parts_.engine;
  options.door_is_open = door_ != nullptr;
  auto fresh = std::make_unique<actors::engine>(parts_.store, parts_.writer, parts_.shard_time,
                                                parts_.time, leads, std::move(options));
  std::shared_ptr<const net::tls_context> tls;
  {
    const std::lock_guard lock(mutex_);
    tls = parts_.tls;
  }
  auto ports = fresh->start(parts_.client, parts_.admin, tls);
  if (!ports.ok()) return ports;
  std::unique_ptr<actors::door> closing;
  {
    const std::lock_guard lock(mutex_);
    renew(*fresh, tls);
    engine_ = std::move(fresh);
    closing = std::exchange(door_, nullptr);
  }
  log::info("node", "serves clients",
            {{"client_port", ports->client}, {"admin_port", ports->admin}});
  if (closing != nullptr) closing->stop();
  return ports;
}

void serving::end_term(std::uint32_t patience_ms, const actors::farewell& word) {
  std::unique_ptr<actors::engine> stopping;
  {
    const std::lock_guard lock(mutex_);
    stopping = std::exchange(engine_, nullptr);
  }
  if (stopping == nullptr) return;
  stopping->stop(patience_ms, word);
  // The writer may still hold owners of the engine's actors.
  auto settled = std::make_shared<std::promise<void>>();
  auto done = settled->get_future();
  parts_.writer.when_settled([settled] { settled->set_value(); });
  // While too few copies are there nothing settles until the lead is given up.
  while (done.wait_for(settling_patience) != std::future_status::ready)
    if (parts_.resign && is_stopping()) parts_.resign();
}

bool serving::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void serving::replace_tls(std::shared_ptr<const net::tls_context> tls) {
  const std::lock_guard lock(mutex_);
  parts_.tls = tls;
  if (engine_ != nullptr) engine_->replace_tls(tls);
  if (door_ != nullptr) door_->replace_tls(std::move(tls));
}

actors::engine_counters serving::counters() const {
  // Under the lock: an engine ends where it was made, so nobody else may be the last to hold it.
  const std::lock_guard lock(mutex_);
  return engine_ == nullptr ? actors::engine_counters{} : engine_->counters();
}

actors::door_counters serving::door_counters() const {
  const std::lock_guard lock(mutex_);
  return door_ == nullptr ? actors::door_counters{} : door_->counters();
}

void serving::stop(std::uint32_t patience_ms) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  std::unique_ptr<actors::door> closing;
  {
    const std::lock_guard lock(mutex_);
    closing = std::exchange(door_, nullptr);
  }
  if (closing != nullptr) closing->stop();
  end_term(patience_ms, {errc::shutting_down, parts_.leader ? parts_.leader() : std::string()});
}

}  // namespace conclave::node
