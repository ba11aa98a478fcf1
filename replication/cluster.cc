/// Wiring; see cluster.h. The map of live links is the one thing that two threads share: the mesh's
/// thread changes it, the writer's thread sends by it.
#include "replication/cluster.h"

#include "conf/limits.h"
#include "conf/log.h"
#include "crypto/random.h"
#include "replication/copies.h"
#include "replication/digest_worker.h"
#include "schemas/check.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace conclave::replication {

class cluster::impl final : public mesh_handler, public node_port {
 public:
  impl(storage::store& data, const clock& time, cluster_options options)
      : data_(data), options_(std::move(options)), mesh_(options_.mesh, *this) {
    copies_options replicas;
    replicas.plan = options_.plan;
    replicas.cluster = options_.mesh.cluster;
    replicas.self = {options_.plan.self, data.node().incarnation};
    replicas.boot = data.node().boot_count;
    replicas.nonce = crypto::random_u64();
    replicas.client_address = options_.client_address;
    replicas.now = [&time] { return time.wall(); };
    replicas.sync = options_.sync;
    replicas.digest_interval = options_.digest_interval;
    replicas.keep = options_.keep;
    made_ = std::make_unique<copies>(data, *this, std::move(replicas));
    copies_ = made_.get();
  }

  ~impl() override { stop(); }

  std::unique_ptr<storage::committer> take_committer() { return std::move(made_); }

  outcome<std::uint16_t> start(storage::shard_writer& writer) {
    CONCLAVE_CHECK(made_ == nullptr && writer_ == nullptr, "the writer has the committer");
    writer_ = &writer;
    seeding_ = std::make_unique<seeding>(
        data_, mesh_,
        seeding_news{[this](shard_id shard, replica_id peer) {
                       writer_->post([this, shard, peer] { copies_->seeding_over(shard, peer); });
                     },
                     [this](shard_id shard, std::unique_ptr<storage::staged_state> state,
                            const applied_record& applied, config_ref config, config_ref plan) {
                       // std::function wants what can be copied.
                       auto held = std::make_shared<std::unique_ptr<storage::staged_state>>(
                           std::move(state));
                       writer_->post([this, shard, held, applied, config, plan] {
                         copies_->adopt(shard, std::move(*held), applied, config, plan);
                       });
                     }},
        options_.seed_bytes_per_s);
    digests_ = std::make_unique<digest_worker>(
        [this](shard_id shard, log_index index, const std::string& hex) {
          writer_->post([this, shard, index, hex] { copies_->digest_taken(shard, index, hex); });
        });
    auto port = mesh_.start();
    if (!port) return port;
    ticker_ = std::thread([this] { tick_until_stopped(); });
    return port;
  }

  void stop() {
    if (writer_ == nullptr) return;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      stopping_ = true;
    }
    stop_wake_.notify_all();
    if (ticker_.joinable()) ticker_.join();
    if (seeding_ != nullptr) seeding_->stop();
    if (digests_ != nullptr) digests_->stop();
    mesh_.stop();
  }

  cluster_view view() const { return copies_->view(); }
  mesh_counters links() const { return mesh_.counters(); }
  seeding_counters seedings() const {
    return seeding_ == nullptr ? seeding_counters{} : seeding_->counters();
  }

  std::string promote() {
    return on_writer([this] { return copies_->promote(); });
  }
  std::string readmit(node_id node) {
    return on_writer([this, node] { return copies_->readmit(node); });
  }

  std::string apply_configuration() {
    return on_writer([this] { return copies_->apply_configuration(); });
  }

  void resign() {
    writer_->post([this] { copies_->resign(); });
  }

  std::string on_writer(std::function<std::string()> order) {
    struct order_state {
      std::promise<std::string> answer;
      std::atomic<bool> taken{false};  // by the writer, or by who gave the order up
    };
    auto state = std::make_shared<order_state>();
    auto future = state->answer.get_future();
    writer_->post([order = std::move(order), state] {
      if (!state->taken.exchange(true)) state->answer.set_value(order());
    });
    if (future.wait_for(options_.order_patience) == std::future_status::ready) return future.get();
    // What is told as not done must not be done later.
    if (!state->taken.exchange(true)) return "the node is busy or stopping";
    return future.get();
  }

  void replace_tls(std::shared_ptr<const net::tls_context> tls) {
    mesh_.replace_tls(std::move(tls));
  }

 private:
  // -- mesh_handler, on the mesh's thread
  // ------------------------------------------------------------
  void on_link_up(const mesh_link& link) override {
    if (link.kind == link_kind::seed) return seeding_->link_up(link);
    {
      const std::lock_guard lock(mutex_);
      live_[link.peer] = link.id;
    }
    writer_->post([this, node = link.peer] { copies_->link_up(node); });
  }

  void on_link_down(const mesh_link& link, const std::string& why) override {
    if (link.kind == link_kind::seed) return seeding_->link_down(link, why);
    {
      const std::lock_guard lock(mutex_);
      const auto found = live_.find(link.peer);
      if (found == live_.end() || found->second != link.id) return;
      live_.erase(found);
    }
    log::warn("cluster", "a link is down: " + why, {{"node", link.peer.value}});
    writer_->post([this, node = link.peer] { copies_->link_down(node); });
  }

  void on_frame(const mesh_link& link, const frame_view& frame) override {
    if (link.kind == link_kind::seed) return seeding_->frame(link, frame);
    switch (type_of(frame)) {
      case peer_frame::message:
        return on_message(link, frame);
      case peer_frame::hello:
        return hand_on<peer_hello>(link, frame);
      case peer_frame::refuse:
        return hand_on<peer_refuse>(link, frame);
      case peer_frame::status:
        return hand_on<peer_status>(link, frame);
      case peer_frame::yield:
        return hand_on<peer_yield>(link, frame);
      default:
        log::warn("cluster", "an unknown frame of a peer", {{"node", link.peer.value}});
    }
  }

  void on_message(const mesh_link& link, const frame_view& frame) {
    auto decoded = decode_message(frame.payload);
    if (!decoded) return damaged(link, decoded.error().detail);
    std::vector<entry>* entries = nullptr;
    if (auto* a = std::get_if<append>(&decoded->content.body)) entries = &a->entries;
    if (auto* f = std::get_if<fetched>(&decoded->content.body)) entries = &f->entries;
    for (std::size_t i = 0; i < decoded->stored.size(); ++i) {
      (*entries)[i].stored = std::make_shared<const std::string>(decoded->stored[i]);
    }
    decoded->stored.clear();
    writer_->post([this, node = link.peer, m = std::move(*decoded)] { copies_->take(node, m); });
  }

  template <class Frame>
  void hand_on(const mesh_link& link, const frame_view& frame) {
    auto decoded = decode_peer_frame<Frame>(frame.payload);
    if (!decoded) return damaged(link, decoded.error().detail);
    writer_->post([this, node = link.peer, f = std::move(*decoded)] { copies_->take(node, f); });
  }

  void damaged(const mesh_link& link, const std::string& why) {
    log::error("cluster", "a frame of a peer is damaged: " + why, {{"node", link.peer.value}});
    mesh_.close(link.id);
  }

  // -- node_port, on the writer's thread
  // -------------------------------------------------------------
  void send(node_id to, std::string frames) override {
    if (const link_id link = live(to)) mesh_.send(link, std::move(frames));
  }

  void close_link(node_id to) override {
    if (const link_id link = live(to)) mesh_.close(link);
  }

  void seed(shard_id shard, replica_id peer) override { seeding_->begin(shard, peer); }

  void digest(shard_id shard, log_index index) override {
    if (digests_ != nullptr) digests_->begin(index, data_.view(shard));
  }

  void leading(const std::vector<storage::shard_lead>& leads) override {
    if (options_.on_leading) options_.on_leading(leads);
  }

  link_id live(node_id node) {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(node);
    return found == live_.end() ? link_id{} : found->second;
  }

  void tick_until_stopped() {
    std::unique_lock lock(mutex_);
    while (!stop_wake_.wait_for(lock, limits::replica_tick, [this] { return stopping_; })) {
      lock.unlock();
      writer_->post([this] { copies_->tick(); });
      lock.lock();
    }
  }

  storage::store& data_;
  cluster_options options_;
  peer_mesh mesh_;
  std::unique_ptr<copies> made_;
  copies* copies_ = nullptr;  ///< the writer's, once taken
  storage::shard_writer* writer_ = nullptr;
  std::unique_ptr<seeding> seeding_;
  std::unique_ptr<digest_worker> digests_;
  std::thread ticker_;
  std::mutex mutex_;
  std::condition_variable stop_wake_;
  bool stopping_ = false;
  std::map<node_id, link_id> live_;
};

cluster::cluster(storage::store& data, const clock& time, cluster_options options)
    : impl_(std::make_unique<impl>(data, time, std::move(options))) {}
cluster::~cluster() = default;

std::unique_ptr<storage::committer> cluster::take_committer() {
  return impl_->take_committer();
}
outcome<std::uint16_t> cluster::start(storage::shard_writer& writer) {
  return impl_->start(writer);
}
void cluster::stop() {
  impl_->stop();
}
cluster_view cluster::view() const {
  return impl_->view();
}
mesh_counters cluster::links() const {
  return impl_->links();
}
seeding_counters cluster::seedings() const {
  return impl_->seedings();
}
std::string cluster::promote() {
  return impl_->promote();
}
std::string cluster::readmit(node_id node) {
  return impl_->readmit(node);
}
std::string cluster::apply_configuration() {
  return impl_->apply_configuration();
}
void cluster::resign() {
  impl_->resign();
}
void cluster::replace_tls(std::shared_ptr<const net::tls_context> tls) {
  impl_->replace_tls(std::move(tls));
}

}  // namespace conclave::replication
