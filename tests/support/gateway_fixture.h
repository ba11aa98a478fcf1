/// One gateway on a real loop with real TLS on 127.0.0.1, its users in a real store. What it asks
/// of conversations lands in the test's hands instead, so that a test can answer late, twice or
/// never. Or, with real actors, everything behind it is the engine's own; registrars always are. A
/// second gateway on a loop of its own shares all of it.
#pragma once

#include "actors/caf_scheduler.h"
#include "actors/conversation.h"
#include "actors/gateway.h"
#include "actors/plans.h"
#include "actors/plans_device.h"
#include "actors/policy_book.h"
#include "actors/registrar.h"
#include "schemas/number_value.h"
#include "storage/reader_pool.h"
#include "storage/reads_account.h"
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
  explicit gateway_world(bool real_actors = false, std::size_t gates = 1)
      : policies([this](tenant_id tenant) {
          return storage::get_policy(store.data().view(shards.home_of(tenant)), tenant);
        }),
        system_(config_),
        readers_(2),
        passwords_(1, 4, "password"),
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
    ports.gone_count = [this](tenant_id t, conversation_id c) { return shared.gone.count(t, c); };
    ports.policy_of = [this](tenant_id tenant) { return policies.of(tenant); };
    ports.policy_generation = [this] { return policies.generation(); };
    ports.policy_changed = [this](tenant_id tenant, std::shared_ptr<const tenant_policy> policy) {
      policies.put(tenant, std::move(policy));
    };
    shared.ports = &ports;
    shared.on_password = [this](std::function<void()> job) {
      return passwords_.submit(std::move(job));
    };
    shared.password_cost = {8, 1, 1};
    shared.store = &store.data();
    shared.time = &store.time;
    shared.node_name = "under test";
    auto tls = net::tls_context::server({certificates_of_process().certificate_file(),
                                         certificates_of_process().key_file(), false});
    CONCLAVE_CHECK(tls.ok(), "the test certificate is usable");
    for (std::size_t i = 0; i < gates; ++i) {
      gates_.push_back(std::make_unique<actors::gateway>(static_cast<std::uint8_t>(i + 1), shared));
      shared.gateways.push_back(gates_.back().get());
      ports.loops.push_back(gates_.back().get());
      net::event_loop& loop = gates_.back()->loop();
      client_ports.push_back(*loop.listen("127.0.0.1", 0, *tls, actors::client_listener));
      admin_ports.push_back(*loop.listen("127.0.0.1", 0, *tls, actors::admin_listener));
      gates_.back()->start();
    }
    client_port = client_ports.front();
    admin_port = admin_ports.front();
    for (auto& gate : gates_) threads_.emplace_back([loop = &gate->loop()] { loop->run(); });
  }
  ~gateway_world() {
    for (auto& gate : gates_) gate->stop();
    for (auto& thread : threads_) thread.join();
    passwords_.stop();
    readers_.stop();
    directory_.stop();
    system_.await_all_actors_done();
    store.writer().stop();
    conversations.take(0);  // their tickets still find the gateway
  }
  gateway_world(const gateway_world&) = delete;
  gateway_world& operator=(const gateway_world&) = delete;

  /// As if something that was proposed had not its copies yet.
  void wait_for_copies(bool waits) { commits_.holds_back = waits; }

  actors::shard_map shards{3};
  committed_store store;
  actors::engine_ports ports;
  actors::gateway_shared shared;
  actors::policy_book policies;
  inbox conversations;
  std::uint16_t client_port = 0;
  std::uint16_t admin_port = 0;
  std::vector<std::uint16_t> client_ports;  ///< by gateway; the first is client_port
  std::vector<std::uint16_t> admin_ports;

  actors::gateway& gate(std::size_t i = 0) { return *gates_[i]; }
  actors::directory& directory() { return directory_; }

  /// Users with one device each; their tokens in the order of the names. Tenant 0: operators.
  std::vector<std::string> provision(tenant_id tenant, std::vector<std::string> names) {
    if (tenant != system_tenant) ensure_tenant(tenant);
    const std::uint64_t op_id = ++operations_;
    auto people =
        carry_out({entity_kind::tenant, tenant, 0}, [&](const auto& view, const auto& context) {
          return actors::plan_provision(view, context, {user_id{1}, op_id, "phone", names});
        });
    std::vector<std::string> tokens;
    for (const user_id user : people.issue_to) {
      const auto made = carry_out(
          {entity_kind::user, tenant, user.value}, [&](const auto& view, const auto& context) {
            return actors::plan_issue_device(view, context,
                                             {user_id{1}, op_id, "phone", device_kind::other, {}});
          });
      tokens.push_back(made.issued->token);
    }
    return tokens;
  }

  /// Runs on the gateway's loop and waits for it.
  void on_loop(std::function<void()> work) {
    std::promise<void> done;
    gate().loop().post([&] {
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
    return actors::plan_for(store.data(), shards,
                            {e, version, store.shard_time().now(), *policies.of(e.tenant)}, r);
  }

  /// Does what the entity's registrar would do, before there is one: it claims the entity.
  template <class Plan>
  actors::registrar_plan carry_out(const entity_ref& entity, Plan make) {
    const shard_id shard = shards.shard_of(entity);
    const std::uint64_t version = store.claim(shard, entity);
    actors::registrar_plan made =
        make(store.data().view(shard),
             actors::plan_context{entity, version + 1, store.shard_time().now(), {}});
    CONCLAVE_CHECK(made.refused == errc::ok, "names of tests are good names");
    CONCLAVE_CHECK(store.commit(shard, entity, version, std::exchange(made.redo, {})),
                   "rows commit");
    return made;
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
    bool all_settled(shard_id shard) const override {
      return !holds_back && to.writer().all_settled(shard);
    }
    shard_epoch epoch_of(shard_id shard) const override { return to.epoch(shard); }
    committed_store& to;
    std::atomic<bool> holds_back = false;
  };
  struct two_workers : caf::actor_system_config {
    two_workers() { actors::tune(*this, 2); }
  };

  two_workers config_;
  // They outlive every ticket, wherever one dies.
  std::vector<std::unique_ptr<actors::gateway>> gates_;
  caf::actor_system system_;
  storage::reader_pool readers_;
  storage::reader_pool passwords_;
  store_port commits_;
  actors::directory directory_;
  std::vector<std::thread> threads_;
  std::uint64_t operations_ = 0;
};

}  // namespace conclave::test
