/// One gateway on a real loop with real TLS on 127.0.0.1, its users in a real store. What it asks
/// of conversations and registrars lands in the test's hands instead, so that a test can answer
/// late, twice or never. Or, with real actors, everything behind it is the engine's own.
#pragma once

#include "actors/conversation.h"
#include "actors/gateway.h"
#include "actors/plans.h"
#include "actors/registrar.h"
#include "schemas/number_value.h"
#include "storage/reader_pool.h"
#include "tests/support/committed_store.h"
#include "tests/support/test_certificates.h"
#include "tests/support/waiting.h"
#include "tests/support/wire_client.h"

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace conclave::test {

/// Batches that reached a conversation, kept until the test takes them. Any thread.
class inbox {
 public:
  struct arrived {
    entity_ref entity;
    std::shared_ptr<actors::conversation_batch> batch;
  };

  void put(const entity_ref& entity, std::shared_ptr<actors::conversation_batch> batch) {
    {
      const std::lock_guard lock(mutex_);
      requests_ += batch->requests.size();
      arrived_.push_back({entity, std::move(batch)});
    }
    changed_.notify_all();
  }
  /// Everything that arrived, once there are `requests` requests.
  std::vector<arrived> take(std::size_t requests) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return requests_ >= requests; });
    requests_ = 0;
    return std::exchange(arrived_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<arrived> arrived_;
  std::size_t requests_ = 0;
};

inline test_certificates& certificates_of_process() {
  static test_certificates made;
  return made;
}

class gateway_world {
 public:
  explicit gateway_world(bool real_actors = false)
      : system_(config_),
        readers_(2),
        commits_(store),
        directory_({[this, real_actors](const entity_ref& e, std::uint64_t n, bool recovered) {
                      return real_actors
                                 ? actors::spawn_conversation(system_, ports, e, n, recovered)
                                 : system_.spawn(catch_all, this, e);
                    },
                    [this](const entity_ref& e, std::uint64_t n) {
                      return actors::spawn_registrar(system_, ports, e, n);
                    }}) {
    ports.commits = &commits_;
    ports.actors = &directory_;
    ports.shards = shards;
    ports.on_reader = [this](std::function<void()> job) { return readers_.submit(std::move(job)); };
    ports.load_conversation = [this](const entity_ref& e) {
      return storage::load_conversation(store.data().view(shards.shard_of(e)), e.tenant,
                                        conversation_id{e.id});
    };
    ports.plan = [this](const entity_ref& e, const actors::registrar_request& r,
                        std::uint64_t version) { return plan(e, r, version); };
    ports.now = [this] { return store.shard_time().now(); };
    ports.on_gone = [this](tenant_id t, conversation_id c) { shared.gone.mark(t, c); };
    shared.ports = &ports;
    shared.store = &store.data();
    shared.time = &store.time;
    shared.node_name = "under test";
    gate_ = std::make_unique<actors::gateway>(std::uint8_t{1}, shared);
    shared.gateways = {gate_.get()};
    ports.loops = {gate_.get()};
    auto tls = net::tls_context::server({certificates_of_process().certificate_file(),
                                         certificates_of_process().key_file(), false});
    CONCLAVE_CHECK(tls.ok(), "the test certificate is usable");
    client_port = *gate_->loop().listen("127.0.0.1", 0, *tls, actors::client_listener);
    admin_port = *gate_->loop().listen("127.0.0.1", 0, *tls, actors::admin_listener);
    gate_->start();
    thread_ = std::thread([this] { gate_->loop().run(); });
  }
  ~gateway_world() {
    gate_->loop().stop();
    thread_.join();
    readers_.stop();
    directory_.stop();
    system_.await_all_actors_done();
    store.writer().stop();
    conversations.take(0);  // their tickets still find the gateway
  }
  gateway_world(const gateway_world&) = delete;
  gateway_world& operator=(const gateway_world&) = delete;

  actors::shard_map shards{3};
  committed_store store;
  actors::engine_ports ports;
  actors::gateway_shared shared;
  inbox conversations;
  std::uint16_t client_port = 0;
  std::uint16_t admin_port = 0;

  actors::gateway& gate() { return *gate_; }
  actors::directory& directory() { return directory_; }

  /// Users with one device each; their tokens in the order of the names. Tenant 0: operators.
  std::vector<std::string> provision(tenant_id tenant, std::vector<std::string> names) {
    const entity_ref entity{entity_kind::tenant, tenant, 0};
    const shard_id shard = shards.home_of(tenant);
    if (tenant != system_tenant) ensure_tenant(tenant);
    const std::uint64_t version = store.claim(shard, entity);
    auto made = actors::plan_provision(store.data().view(shard),
                                       {entity, version + 1, store.shard_time().now()}, 1,
                                       {user_id{1}, ++operations_, "phone", std::move(names)});
    CONCLAVE_CHECK(made.refused == errc::ok, "names of tests are good names");
    CONCLAVE_CHECK(store.commit(shard, entity, version, std::move(made.redo)), "rows commit");
    const auto answer =
        decode<users_provisioned>(std::string_view(made.answer).substr(frame_header_size));
    std::vector<std::string> tokens;
    for (const auto& user : answer->users) tokens.emplace_back(user.token);
    return tokens;
  }

  /// Runs on the gateway's loop and waits for it.
  void on_loop(std::function<void()> work) {
    std::promise<void> done;
    gate_->loop().post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  using catching = actors::conversation_actor;

  /// A conversation that hands its requests to the test.
  static catching::behavior_type catch_all(catching::pointer self, gateway_world* world,
                                           entity_ref entity) {
    using namespace actors;
    return {
        [self, world, entity](const conversation_work& work) {
          note_taking_over(self);
          world->conversations.put(entity, work.batch);
        },
        [](const proposals_resolved&) {},
        [](const claim_granted&) {},
        [](const conversation_loaded&) {},
        [](const index_learnt&) {},
        [](const inbox_learnt&) {},
        [](const doze&) {},
        [self](const stop_now&) { self->quit(); },
    };
  }

  void ensure_tenant(tenant_id tenant) {
    const auto there = storage::get_tenant(store.data().view(system_shard), tenant);
    if (there.ok()) return;
    const entity_ref entity{entity_kind::tenants, system_tenant, 0};
    tenant_record record;
    record.name = "tenant" + std::to_string(tenant.value);
    record.home_shard = shards.home_of(tenant);
    redo_writer rows;
    rows.put(keys::tenant(tenant), encode(record));
    rows.put(keys::tenant_name(record.name), encode_number(tenant.value));
    const std::uint64_t version = store.claim(system_shard, entity);
    rows.put(keys::entity_version(entity), encode_number(version + 1));
    CONCLAVE_CHECK(store.commit(system_shard, entity, version, std::move(rows)), "rows commit");
  }

  actors::registrar_plan plan(const entity_ref& e, const actors::registrar_request& r,
                              std::uint64_t version) {
    const actors::plan_context context{e, version, store.shard_time().now()};
    const auto view = store.data().view(shards.shard_of(e));
    const std::uint64_t correlation = r.asked.to().correlation;
    if (const auto* order = std::get_if<actors::create_tenant_order>(&r.order))
      return actors::plan_tenant(view, context, shards, correlation, *order);
    if (const auto* order = std::get_if<actors::provision_order>(&r.order))
      return actors::plan_provision(view, context, correlation, *order);
    return actors::plan_index(view, context, std::get<actors::index_order>(r.order));
  }

  struct store_port final : actors::commit_port {
    explicit store_port(committed_store& s) : to(s) {}
    void submit(storage::proposal p) override { to.writer().submit(std::move(p)); }
    void claim(shard_id shard, const entity_ref& entity, std::uint64_t incarnation,
               std::shared_ptr<storage::proposal_owner> owner) override {
      to.writer().claim(shard, entity, incarnation, std::move(owner));
    }
    void release(const entity_ref& entity, std::uint64_t incarnation) override {
      to.writer().release(entity, incarnation);
    }
    shard_epoch epoch_of(shard_id shard) const override { return to.epoch(shard); }
    committed_store& to;
  };
  struct two_workers : caf::actor_system_config {
    two_workers() { actors::tune(*this, 2); }
  };

  two_workers config_;
  // Outlives every ticket, wherever one dies.
  std::unique_ptr<actors::gateway> gate_;
  caf::actor_system system_;
  storage::reader_pool readers_;
  store_port commits_;
  actors::directory directory_;
  std::thread thread_;
  std::uint64_t operations_ = 0;
};

}  // namespace conclave::test
