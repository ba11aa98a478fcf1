/// Nodes of a cluster in one process: each with a store, a writer, replicas and links of its own on
/// the loopback; without actors. Tests stop and start them, cut nothing and lose nothing: faults of
/// the disk and the network are the simulator's.
#pragma once

#include "conf/clock.h"
#include "replication/cluster.h"
#include "storage/replica_disk.h"
#include "storage/shard_clock.h"
#include "storage/shard_writer.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/loopback.h"
#include "tests/support/test_certificates.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace conclave::replication {

inline test::test_certificates& authority() {
  static test::test_certificates made;
  return made;
}

/// A wall clock that is wrong by so much.
class wrong_clock final : public clock {
 public:
  time_ms wall() const override {
    return static_cast<time_ms>(static_cast<std::int64_t>(right_.wall()) + ahead_ms);
  }
  time_ms boot() const override { return right_.boot(); }

  std::atomic<std::int64_t> ahead_ms{0};

 private:
  system_clock right_;
};

struct cluster_node_settings {
  cluster_plan plan;
  std::vector<mesh_node> everyone;
  std::string cluster = "test";
  storage::log_tail_bounds keep;
  std::chrono::milliseconds digest_interval = limits::digest_interval;
  std::uint64_t seed_bytes_per_s = 0;
  std::chrono::milliseconds order_patience{10'000};
};

class cluster_node {
 public:
  cluster_node(cluster_node_settings settings, node_id self) : settings_(std::move(settings)) {
    settings_.plan.self = self;
    const auto uri = "URI:conclave://" + settings_.cluster + "/" + std::to_string(self.value);
    const auto files = authority().issue(settings_.cluster + std::to_string(self.value), uri);
    auto tls =
        net::tls_context::peer({files.certificate_file, files.key_file, authority().ca_file()});
    CONCLAVE_CHECK(tls.ok(), "the certificate is usable");
    tls_ = *tls;
  }
  ~cluster_node() { stop(); }

  void start() {
    auto options = test::options_for(folder_->data(), 2);
    options.cluster = settings_.cluster;
    auto opened = storage::store::open(options);
    ASSERT_TRUE(opened) << opened.error().detail;
    store_ = std::move(*opened);
    time_ = std::make_unique<storage::shard_clock>(clock_, store_->latest_time());
    cluster_options c;
    c.plan = settings_.plan;
    c.keep = settings_.keep;
    c.digest_interval = settings_.digest_interval;
    c.seed_bytes_per_s = settings_.seed_bytes_per_s;
    c.client_address = "client-of:" + std::to_string(self().value);
    c.order_patience = settings_.order_patience;
    c.mesh.cluster = settings_.cluster;
    c.mesh.self = self();
    c.mesh.listen_address = "127.0.0.1";
    c.mesh.tls = tls_;
    for (const mesh_node& each : settings_.everyone) {
      if (each.node == self()) {
        c.mesh.listen_port = each.port;
      } else {
        c.mesh.peers.push_back(each);
      }
    }
    c.on_leading = [this](std::vector<storage::shard_lead> leads) {
      const std::lock_guard lock(mutex_);
      leads_ = std::move(leads);
      changed_.notify_all();
    };
    cluster_ = std::make_unique<cluster>(*store_, clock_, std::move(c));
    storage::shard_writer::options w;
    w.commits = cluster_->take_committer();
    w.on_fatal = [](const std::string& sentence) {
      std::fprintf(stderr, "%s\n", sentence.c_str());
      std::abort();
    };
    writer_ = std::make_unique<storage::shard_writer>(*store_, *time_, std::move(w));
    auto leads = writer_->start();
    ASSERT_TRUE(leads) << leads.error().detail;
    auto port = cluster_->start(*writer_);
    ASSERT_TRUE(port) << port.error().detail;
  }

  void stop() {
    if (cluster_) cluster_->stop();
    if (writer_) writer_->stop();
    cluster_.reset();
    writer_.reset();
    store_.reset();
    leads_.clear();
  }

  /// Changes the stopped node's state behind the log's back.
  void change_state(shard_id shard, const std::string& text) {
    auto options = test::options_for(folder_->data(), 2);
    options.cluster = settings_.cluster;
    auto opened = storage::store::open(options);
    ASSERT_TRUE(opened) << opened.error().detail;
    storage::replica_disk disk(**opened);
    redo_writer redo;
    redo.put(keys::event(test::some_tenant, conversation_id{999}, event_seq{1}), text);
    disk.apply(shard, redo.bytes(), *(*opened)->applied(shard));
    ASSERT_TRUE(disk.apply_now());
  }

  /// From the next start on.
  void change_plan(const std::function<void(cluster_plan&)>& change) { change(settings_.plan); }
  /// The same.
  void give_orders_up_after(std::chrono::milliseconds span) { settings_.order_patience = span; }

  /// An empty disk in place of the old one.
  void wipe() { folder_ = std::make_unique<test::temporary_folder>(); }

  wrong_clock& wall() { return clock_; }
  node_id self() const { return settings_.plan.self; }
  const std::string& folder() const { return folder_->root(); }
  storage::store& data() { return *store_; }
  storage::shard_writer& writer() { return *writer_; }
  cluster& part() { return *cluster_; }
  bool running() const { return cluster_ != nullptr; }

  bool leads() {
    const std::lock_guard lock(mutex_);
    return !leads_.empty();
  }
  bool wait_until_leading(bool wanted = true) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60),
                             [&] { return leads_.empty() != wanted; });
  }
  bool wait_until_leading_for(std::chrono::milliseconds span) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, span, [&] { return !leads_.empty(); });
  }
  shard_epoch epoch(shard_id shard) {
    const std::lock_guard lock(mutex_);
    return leads_.empty() ? shard_epoch{} : leads_[shard.value].epoch;
  }

  std::uint64_t claim(shard_id shard, std::uint64_t conversation, std::uint64_t incarnation) {
    const auto owner = std::make_shared<test::recording_owner>();
    writer_->claim(shard, test::conversation_entity(conversation), incarnation, owner);
    return owner->wait_for(1).front().what.version;
  }

  /// Proposes events [first, last] of a conversation, one proposal each.
  void propose(shard_id shard, std::uint64_t conversation, std::uint64_t incarnation,
               std::uint64_t first, std::uint64_t last,
               const std::shared_ptr<test::recording_owner>& owner, std::size_t size = 100) {
    for (std::uint64_t seq = first; seq <= last; ++seq) {
      storage::proposal p;
      p.shard = shard;
      p.epoch = epoch(shard);
      p.entity = test::conversation_entity(conversation);
      p.incarnation = incarnation;
      p.expected_version = seq - 1;
      p.new_version = seq;
      p.time = time_->now();
      p.redo.put(keys::event(test::some_tenant, conversation_id{conversation}, event_seq{seq}),
                 test::event_bytes(seq, std::string(size, 'x'), p.time));
      p.owner = owner;
      writer_->submit(std::move(p));
    }
  }

 private:
  cluster_node_settings settings_;
  std::unique_ptr<test::temporary_folder> folder_ = std::make_unique<test::temporary_folder>();
  std::shared_ptr<const net::tls_context> tls_;
  wrong_clock clock_;
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<storage::shard_clock> time_;
  std::unique_ptr<cluster> cluster_;
  std::unique_ptr<storage::shard_writer> writer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<storage::shard_lead> leads_;
};

/// Three voters at three sites (W = 2, K = 2) and, if wanted, learners behind them.
class cluster_of : public testing::Test {
 protected:
  void make(int voters, int learners, commit_rule rule, storage::log_tail_bounds keep = {},
            std::chrono::milliseconds digest_interval = limits::digest_interval,
            std::uint64_t seed_bytes_per_s = 0) {
    cluster_node_settings settings;
    settings.seed_bytes_per_s = seed_bytes_per_s;
    settings.digest_interval = digest_interval;
    settings.keep = keep;
    settings.plan.founder = node_id(1);
    settings.plan.rule = rule;
    for (int i = 1; i <= voters + learners; ++i) {
      const node_id node(static_cast<std::uint16_t>(i));
      settings.plan.nodes.push_back({node, static_cast<std::uint16_t>(i), i <= voters});
      settings.everyone.push_back({node, "127.0.0.1", test::lasting_port()});
    }
    for (const mesh_node& each : settings.everyone)
      nodes_.push_back(std::make_unique<cluster_node>(settings, each.node));
  }
  void TearDown() override {
    for (auto& node : nodes_) node->stop();
  }

  cluster_node& node(std::size_t number) { return *nodes_[number - 1]; }

  static bool eventually(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < until) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return condition();
  }

  /// Every running node's copy of the shard is the same, key by key.
  testing::AssertionResult copies_are_equal(shard_id shard) {
    std::string why;
    const bool equal = eventually([&] {
      std::string first;
      why.clear();
      for (auto& each : nodes_) {
        if (!each->running()) continue;
        const auto applied = each->data().applied(shard);
        const auto digest = each->data().digest(shard);
        if (!applied || !digest) return false;
        why += "node " + std::to_string(each->self().value) + ": entry " +
               std::to_string(applied->index.value) + ", " + digest->substr(0, 12) + "; ";
        if (first.empty()) first = *digest;
        if (*digest != first) return false;
      }
      return true;
    });
    if (equal) return testing::AssertionSuccess();
    return testing::AssertionFailure() << why;
  }

  std::vector<std::unique_ptr<cluster_node>> nodes_;
};

}  // namespace conclave::replication
