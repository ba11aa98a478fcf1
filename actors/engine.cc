/// Wiring, start and orderly end of the engine; see engine.h.
#include "actors/engine.h"

#include "actors/caf_scheduler.h"
#include "actors/conversation.h"
#include "actors/directory.h"
#include "actors/gateway.h"
#include "actors/plans.h"
#include "actors/policy_book.h"
#include "actors/registrar.h"
#include "actors/timer_service.h"
#include "conf/log.h"
#include "storage/reads_account.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace conclave::actors {

namespace {

class writer_port final : public commit_port {
 public:
  writer_port(storage::shard_writer& writer, const std::vector<storage::shard_lead>& leads)
      : writer_(writer) {
    epochs_.resize(leads.size());
    for (const auto& lead : leads) epochs_.at(lead.shard.value) = lead.epoch;
  }
  void submit(storage::proposal p) override { writer_.submit(std::move(p)); }
  void claim(shard_id shard, const entity_ref& entity, std::uint64_t incarnation,
             std::shared_ptr<storage::proposal_owner> owner) override {
    writer_.claim(shard, entity, incarnation, std::move(owner));
  }
  void release(const entity_ref& entity, std::uint64_t incarnation) override {
    writer_.release(entity, incarnation);
  }
  bool all_settled(shard_id shard) const override { return writer_.all_settled(shard); }
  shard_epoch epoch_of(shard_id shard) const override { return epochs_.at(shard.value); }

 private:
  storage::shard_writer& writer_;
  std::vector<shard_epoch> epochs_;
};

struct tuned_config : caf::actor_system_config {
  explicit tuned_config(std::size_t workers) { tune(*this, workers); }
};

}  // namespace

struct engine::impl {
  impl(storage::store& s, storage::shard_writer& w, storage::shard_clock& t, const clock& c,
       const std::vector<storage::shard_lead>& leads, engine_options o)
      : options(std::move(o)),
        store(s),
        time(c),
        config(options.workers),
        system(config),
        commits(w, leads),
        readers(options.readers),
        passwords(limits::password_threads(std::max(1u, std::thread::hardware_concurrency())),
                  limits::max_queued_passwords, "password"),
        policies([this](tenant_id tenant) {
          return storage::get_policy(store.view(ports.shards.home_of(tenant)), tenant);
        }),
        actors({[this](const entity_ref& e, std::uint64_t n, bool recovered) {
                  return spawn_conversation(system, ports, e, n, recovered);
                },
                [this](const entity_ref& e, std::uint64_t n) {
                  return spawn_registrar(system, ports, e, n);
                }}),
        timers(s, ports) {
    ports.commits = &commits;
    ports.actors = &actors;
    ports.shards = shard_map(store.shard_count());
    ports.cluster = store.node().cluster;
    ports.on_reader = [this](std::function<void()> job) { return readers.submit(std::move(job)); };
    ports.load_conversation = [this](const entity_ref& e) {
      return storage::load_conversation(store.view(ports.shards.shard_of(e)), e.tenant,
                                        conversation_id{e.id});
    };
    ports.plan = [this, &t](const entity_ref& e, const registrar_request& r, std::uint64_t v) {
      return plan_for(store, ports.shards, {e, v, t.now(), *policies.of(e.tenant)}, r);
    };
    ports.policy_of = [this](tenant_id tenant) { return policies.of(tenant); };
    ports.policy_generation = [this] { return policies.generation(); };
    ports.policy_changed = [this](tenant_id tenant, std::shared_ptr<const tenant_policy> policy) {
      policies.put(tenant, std::move(policy));
    };
    ports.now = [&t] { return t.now(); };
    ports.load_target = [this](const entity_ref& e, user_id asker, event_seq seq) {
      return storage::load_target(store.view(ports.shards.shard_of(e)), e.tenant,
                                  conversation_id{e.id}, asker, seq,
                                  {.edits = true, .burn_body = false});
    };
    ports.load_burned_out = [this](const entity_ref& e, const std::vector<user_id>& members) {
      return storage::load_burned_out(store.view(ports.shards.shard_of(e)), e.tenant,
                                      conversation_id{e.id}, members, limits::max_job_step);
    };
    ports.on_timer = [this](shard_id shard, time_ms due) { timers.on_timer(shard, due); };
    ports.on_gone = [this](tenant_id tenant, conversation_id id) { shared.gone.mark(tenant, id); };
    ports.gone_count = [this](tenant_id tenant, conversation_id id) {
      return shared.gone.count(tenant, id);
    };
    if (options.disk) ports.disk = options.disk;
    if (options.fault) ports.fault = [fault = options.fault](const entity_ref& e) { fault(e.id); };
    shared.ports = &ports;
    shared.store = &store;
    shared.time = &time;
    shared.node_name = options.node_name;
    shared.idle_timeout_ms = options.idle_timeout_ms;
    shared.on_password = [this](std::function<void()> job) {
      return passwords.submit(std::move(job));
    };
    shared.password_cost = options.password_cost;
    shared.max_admitted_bytes = limits::max_admitted_bytes / options.loops;
    shared.max_connections = std::max<std::size_t>(1, options.max_connections / options.loops);
    shared.io_uring = options.io_uring;
    for (std::size_t i = 0; i < options.loops; ++i) {
      gateways.push_back(std::make_unique<gateway>(static_cast<std::uint8_t>(i), shared));
      shared.gateways.push_back(gateways.back().get());
      ports.loops.push_back(gateways.back().get());
    }
  }

  /// Conversations that owe somebody something, or are in the middle of a large operation, go on
  /// without waiting for a request.
  void wake_unfinished() {
    for (std::uint16_t shard = 0; shard < store.shard_count(); ++shard) {
      auto owed = storage::conversations_with_work(store.view(shard_id{shard}));
      if (!owed.ok()) {
        log::error("engine", "cannot read intents",
                   {{"shard", shard}, {"why", owed.error().detail}});
        continue;
      }
      for (const auto& [tenant, conversation] : *owed)
        actors.wake({entity_kind::conversation, tenant, conversation.value});
    }
  }

  void sweep_until_stopped() {
    std::unique_lock lock(sweep_mutex);
    std::uint64_t ticks = 0;
    while (!sweep_wake.wait_for(lock, std::chrono::seconds(1), [&] { return sweep_stop; })) {
      actors.sweep(time.boot(), options.passivate_after_ms);
      if (++ticks % static_cast<std::uint64_t>(limits::login_save_every.count()) == 0)
        save_failed_logins();
    }
  }

  /// Who has to wait before his next login has to after a restart too. The sweeper's thread, and at
  /// the end whoever stops the engine.
  void save_failed_logins() {
    const std::uint64_t changes = shared.limiter.changes();
    if (changes == saved_changes) return;
    const auto record = shared.limiter.save(time.boot(), time.wall());
    const status written = store.put_local(keys::meta_failed_logins, encode(record));
    if (written)
      saved_changes = changes;
    else
      log::warn("engine", "failed logins are not saved", {{"why", written.error().detail}});
  }

  void restore_failed_logins() {
    const auto row = store.local(keys::meta_failed_logins);
    if (!row.ok() && row.error().code == errc::not_found) return;
    const auto record = row.ok() ? decode_record<failed_logins_record>(*row)
                                 : outcome<failed_logins_record>(row.error());
    if (record.ok()) return shared.limiter.restore(*record, time.boot(), time.wall());
    log::warn("engine", "failed logins of an earlier start are not known",
              {{"why", record.error().detail}});
  }

  void stop_sweeper() {
    {
      std::lock_guard lock(sweep_mutex);
      sweep_stop = true;
    }
    sweep_wake.notify_all();
    if (sweeper.joinable()) sweeper.join();
  }

  std::uint64_t open_requests() const {
    std::uint64_t open = 0;
    for (const auto& g : gateways) open += g->counters().open_requests;
    return open;
  }

  engine_options options;
  storage::store& store;
  const clock& time;
  // Gateways and ports are declared before what uses them, so that they are destroyed after: a
  // ticket in a dying mailbox still posts its answer somewhere.
  gateway_shared shared;
  engine_ports ports;
  std::vector<std::unique_ptr<gateway>> gateways;
  tuned_config config;
  caf::actor_system system;
  writer_port commits;
  storage::reader_pool readers;
  storage::reader_pool passwords;
  policy_book policies;
  directory actors;
  timer_service timers;
  std::vector<std::thread> threads;
  std::mutex sweep_mutex;
  std::condition_variable sweep_wake;
  bool sweep_stop = false;
  std::uint64_t saved_changes = 0;
  std::thread sweeper;
  bool running = false;
};

engine::engine(storage::store& store, storage::shard_writer& writer,
               storage::shard_clock& shard_time, const clock& time,
               const std::vector<storage::shard_lead>& leads, engine_options options)
    : impl_(std::make_unique<impl>(store, writer, shard_time, time, leads, std::move(options))) {}

engine::~engine() {
  stop(0);
}

outcome<engine::bound_ports> engine::start(const listen_address& client,
                                           const listen_address& admin,
                                           std::shared_ptr<const net::tls_context> tls) {
  // Loops share a port among themselves; another node on it must not go unnoticed.
  for (const listen_address& a : {client, admin}) {
    if (a.port == 0 || impl_->options.door_is_open) continue;
    auto free = net::event_loop::check_port_is_free(a.address, a.port);
    if (!free.ok()) return std::move(free).error();
  }
  bound_ports bound;
  for (auto& g : impl_->gateways) {
    const bool first = g == impl_->gateways.front();
    auto port =
        g->loop().listen(client.address, first ? client.port : bound.client, tls, client_listener);
    if (!port.ok()) return std::move(port).error();
    bound.client = *port;
    port = g->loop().listen(admin.address, first ? admin.port : bound.admin, tls, admin_listener);
    if (!port.ok()) return std::move(port).error();
    bound.admin = *port;
    g->start();
  }
  impl_->running = true;
  impl_->restore_failed_logins();
  impl_->wake_unfinished();
  impl_->timers.start();
  for (auto& g : impl_->gateways) impl_->threads.emplace_back([loop = &g->loop()] { loop->run(); });
  impl_->sweeper = std::thread([this] { impl_->sweep_until_stopped(); });
  return bound;
}

void engine::replace_tls(std::shared_ptr<const net::tls_context> tls) {
  for (auto& g : impl_->gateways) {
    g->loop().post([loop = &g->loop(), tls] {
      loop->replace_tls(client_listener, tls);
      loop->replace_tls(admin_listener, tls);
    });
  }
}

void engine::stop(std::uint32_t patience_ms, const farewell& word) {
  if (impl_->running) {
    impl_->running = false;
    for (auto& g : impl_->gateways) g->loop().post([gate = g.get(), word] { gate->drain(word); });
    // Polling is enough here: it happens once in a process's life.
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    do {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    } while (impl_->open_requests() > 0 && std::chrono::steady_clock::now() < until);
    impl_->timers.stop();
    impl_->stop_sweeper();
    impl_->save_failed_logins();
    for (auto& g : impl_->gateways) g->stop();
    for (auto& thread : impl_->threads) thread.join();
    impl_->threads.clear();
  }
  impl_->shared.stopping = true;  // what waits to be hashed is not worth waiting for
  impl_->passwords.stop();
  impl_->readers.stop();
  impl_->actors.stop();
  impl_->system.await_all_actors_done();
}

engine_counters engine::counters() const {
  engine_counters c;
  for (const auto& g : impl_->gateways) {
    const gateway_counters of = g->counters();
    c.sessions += of.sessions;
    c.requests += of.requests;
    c.answers += of.answers;
    c.pushes += of.pushes;
    c.heads_owed += of.heads_owed;
    c.overdue += of.overdue;
    c.open_requests += of.open_requests;
    c.rejected_logins += of.rejected_logins;
    const net::loop_counters wire = g->loop().counters();
    c.connections += wire.connections;
    c.frames_in += wire.frames_in;
    c.bytes_in += wire.bytes_in;
    c.bytes_out += wire.bytes_out;
    c.tls_writes += wire.writes;
    c.shared_tls_writes += wire.shared_writes;
    c.tls_writes_together += wire.writes_together;
    c.lent_loop_turns += wire.lent_turns;
    c.handshakes_failed += wire.handshakes_failed;
  }
  const directory_counters of = impl_->actors.counters();
  c.actors_awake = of.awake;
  c.actors_postponed = of.postponed;
  c.actors_spawned = of.spawned;
  c.actors_retired = of.retired;
  c.actors_crashed = of.crashed;
  c.queued_reads = impl_->readers.queued();
  c.queued_passwords = impl_->passwords.queued();
  c.password_logins = impl_->shared.password_logins;
  c.limited_logins = impl_->shared.limited_logins;
  c.login_limiter_entries = impl_->shared.limiter.entries();
  return c;
}

}  // namespace conclave::actors
