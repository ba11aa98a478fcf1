/// The face, and what other threads may ask: checks, queues and posts.
#include "replication/peer_mesh.h"

#include "replication/mesh_state.h"
#include "replication/peer_codec.h"

#include <limits>
#include <utility>

namespace conclave::replication {

namespace {

constexpr std::uint32_t listener_tag = 0;

/// The mesh keeps its own bound: a link that owes too much loses frames, not its life.
net::loop_options loop_options_of(const mesh_options& options) {
  net::loop_options loop;
  loop.idle_timeout = options.silence;
  loop.outbox_high_bytes = options.outbox_bound / 2;
  loop.outbox_low_bytes = options.outbox_bound / 8;
  loop.outbox_max_bytes = std::numeric_limits<std::size_t>::max();
  loop.max_connections = limits::max_peer_connections;
  return loop;
}

std::string ping_frame() {
  std::string out;
  append_peer_frame(out, peer_ping{});
  return out;
}

status check(const mesh_options& options) {
  const auto wrong = [](std::string what) { return failure{errc::invalid_argument, what}; };
  if (options.cluster.empty() || !options.self) return wrong("this node has no name in a cluster");
  if (options.tls == nullptr || !options.tls->is_peer()) {
    return wrong("links between nodes need a certificate that serves both sides");
  }
  for (const mesh_node& peer : options.peers) {
    const std::string number = std::to_string(peer.node.value);
    if (peer.node == options.self) return wrong("node " + number + " is its own peer");
    if (!peer.node || peer.port == 0) return wrong("peer " + number + " has no number or no port");
    std::size_t same = 0;
    for (const mesh_node& other : options.peers) same += other.node == peer.node ? 1 : 0;
    if (same > 1) return wrong("node " + number + " is configured twice");
  }
  return done{};
}

}  // namespace

mesh_state::mesh_state(mesh_options options, mesh_handler& handler)
    : options_(std::move(options)),
      handler_(handler),
      tls_(options_.tls),
      jitter_(std::random_device()()),
      ping_(ping_frame()),
      loop_(1, *this, loop_options_of(options_)) {
  for (const mesh_node& peer : options_.peers) peers_[peer.node].where = peer;
}

outcome<std::uint16_t> mesh_state::start() {
  if (status good = check(options_); !good) return std::move(good).error();
  if (options_.listen_port != 0) {
    status free =
        net::event_loop::check_port_is_free(options_.listen_address, options_.listen_port);
    if (!free) return std::move(free).error();
  }
  auto port = loop_.listen(options_.listen_address, options_.listen_port, tls_, listener_tag);
  if (!port) return std::move(port).error();
  {
    const std::lock_guard lock(queue_mutex_);
    running_ = true;
  }
  loop_.post([this] {
    for (auto& [number, peer] : peers_) {
      if (options_.self < number) dial_live(peer);
    }
    loop_.after(options_.ping_period, [this] { ping_all(); });
  });
  thread_ = std::thread([this] { loop_.run(); });
  return port;
}

void mesh_state::stop() {
  {
    const std::lock_guard lock(queue_mutex_);
    if (!std::exchange(running_, false)) return;
  }
  loop_.post([this] {
    ending_ = true;
    drain_queue();
    give_up_seeds();
  });
  loop_.stop();
  thread_.join();
  resolver_.stop();
}

bool mesh_state::post_send(link_id link, std::string frames) {
  {
    const std::lock_guard lock(queue_mutex_);
    if (!running_) return false;
    queued_frames& queued = queue_[link.value];
    if (queued.bytes.size() > options_.outbox_bound) {
      dropped_frames_.fetch_add(1, std::memory_order_relaxed);
      dropped_bytes_.fetch_add(frames.size(), std::memory_order_relaxed);
      return false;
    }
    ++queued.sends;
    if (queued.bytes.empty()) {
      queued.bytes = std::move(frames);
    } else {
      queued.bytes += frames;
    }
    if (std::exchange(drain_posted_, true)) return true;
  }
  loop_.post([this] { drain_queue(); });
  return true;
}

void mesh_state::post_seed_link(node_id peer, std::uint64_t context) {
  loop_.post([=, this] { dial_seed(peer, context); });
}

void mesh_state::post_close(link_id link) {
  loop_.post([=, this] {
    drain_queue();
    net::connection* const c = loop_.find({link.value});
    if (c != nullptr) c->close(net::close_reason::by_us, true);
  });
}

void mesh_state::post_tls(std::shared_ptr<const net::tls_context> tls) {
  loop_.post([this, tls = std::move(tls)] {
    tls_ = tls;
    loop_.replace_tls(listener_tag, tls);
  });
}

mesh_counters mesh_state::counters() const {
  const auto read = [](const std::atomic<std::uint64_t>& value) {
    return value.load(std::memory_order_relaxed);
  };
  const net::loop_counters loop = loop_.counters();
  mesh_counters all;
  all.links_up = read(links_up_);
  all.live_links_up = read(live_links_up_);
  all.dials = read(dials_);
  all.refused = read(refused_);
  all.dropped_frames = read(dropped_frames_);
  all.dropped_bytes = read(dropped_bytes_);
  all.lost_frames = read(lost_frames_);
  all.frames_in = loop.frames_in;
  all.bytes_in = loop.bytes_in;
  all.bytes_out = loop.bytes_out;
  all.writes = loop.writes;
  return all;
}

peer_mesh::peer_mesh(mesh_options options, mesh_handler& handler)
    : state_(std::make_unique<mesh_state>(std::move(options), handler)) {}

peer_mesh::~peer_mesh() = default;

outcome<std::uint16_t> peer_mesh::start() {
  return state_->start();
}
void peer_mesh::stop() {
  state_->stop();
}
bool peer_mesh::send(link_id link, std::string frames) {
  return state_->post_send(link, std::move(frames));
}
void peer_mesh::open_seed_link(node_id peer, std::uint64_t context) {
  state_->post_seed_link(peer, context);
}
void peer_mesh::close(link_id link) {
  state_->post_close(link);
}
void peer_mesh::replace_tls(std::shared_ptr<const net::tls_context> tls) {
  state_->post_tls(std::move(tls));
}
mesh_counters peer_mesh::counters() const {
  return state_->counters();
}

}  // namespace conclave::replication
