/// Meshes on the loopback, with handlers that remember everything and a way to wait for it.
#pragma once

#include "replication/peer_codec.h"
#include "replication/peer_identity.h"
#include "replication/peer_mesh.h"
#include "tests/support/loopback.h"
#include "tests/support/test_certificates.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace conclave::replication {

/// Long enough for a loaded machine with sanitizers.
inline constexpr std::chrono::seconds mesh_patience{60};

inline test::test_certificates& cluster_ca() {
  static test::test_certificates made;
  return made;
}

/// A context for the node of this URI; `ca` issues, `trusted` is believed.
inline std::shared_ptr<const net::tls_context> node_tls(
    const std::string& uri, test::test_certificates& ca = cluster_ca(),
    test::test_certificates& trusted = cluster_ca()) {
  static int number = 0;
  const auto files = ca.issue("node-" + std::to_string(++number), "URI:" + uri);
  auto made = net::tls_context::peer({files.certificate_file, files.key_file, trusted.ca_file()});
  CONCLAVE_CHECK(made.ok(), "the test certificate is usable");
  return std::move(made).value();
}

class recorder : public mesh_handler {
 public:
  struct seen_frame {
    mesh_link link;
    peer_frame type;
    std::string payload;
  };
  struct seen_change {
    mesh_link link;
    bool up;
    std::string why;
  };

  void on_link_up(const mesh_link& link) override {
    note([&] { changes.push_back({link, true, {}}); });
  }
  void on_frame(const mesh_link& link, const frame_view& frame) override {
    if (frame_hook) frame_hook(link, frame);
    note([&] { frames.push_back({link, type_of(frame), std::string(frame.payload)}); });
  }
  void on_link_down(const mesh_link& link, const std::string& why) override {
    note([&] { changes.push_back({link, false, why}); });
  }
  void on_drained(const mesh_link&) override {
    note([&] { ++drained; });
  }
  void on_refused(const std::string& why) override {
    note([&] { refusals.push_back(why); });
  }

  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, mesh_patience, condition);
  }
  /// For looking at what was seen while the mesh runs.
  template <class Look>
  auto look(Look look) {
    const std::lock_guard lock(mutex_);
    return look();
  }

  /// The n-th time that a link of this kind to this node came up, from 1; id zero: it did not.
  mesh_link wait_up(node_id peer, std::size_t n = 1, link_kind kind = link_kind::live) {
    return wait_change(true, peer, n, kind).link;
  }
  seen_change wait_down(node_id peer, std::size_t n = 1, link_kind kind = link_kind::live) {
    return wait_change(false, peer, n, kind);
  }
  bool wait_frames(std::size_t n) {
    return wait([&] { return frames.size() >= n; });
  }
  std::string wait_refusal(std::size_t n = 1) {
    if (!wait([&] { return refusals.size() >= n; })) return "no refusal";
    return look([&] { return refusals[n - 1]; });
  }

  std::vector<seen_frame> frames;
  std::vector<seen_change> changes;
  std::vector<std::string> refusals;
  std::size_t drained = 0;
  std::function<void(const mesh_link&, const frame_view&)> frame_hook;

 private:
  seen_change wait_change(bool up, node_id peer, std::size_t n, link_kind kind) {
    seen_change found;
    wait([&] {
      std::size_t count = 0;
      for (const seen_change& c : changes) {
        if (c.up != up || c.link.peer != peer || c.link.kind != kind || ++count < n) continue;
        found = c;
        return true;
      }
      return false;
    });
    return found;
  }
  template <class Change>
  void note(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
};

/// A node of cluster "berlin" with a port of its own.
struct test_node {
  explicit test_node(std::uint16_t number) : self(number), port(test::lasting_port()) {
    options.cluster = "berlin";
    options.self = self;
    options.listen_address = "127.0.0.1";
    options.listen_port = port;
    options.tls = node_tls(uri_of({"berlin", self}));
  }
  ~test_node() { stop(); }

  void knows(const test_node& other) {
    options.peers.push_back({other.self, "127.0.0.1", other.port});
  }
  void start() {
    mesh = std::make_unique<peer_mesh>(options, seen);
    const auto started = mesh->start();
    CONCLAVE_CHECK(started.ok(), "a mesh starts");
  }
  void stop() { mesh.reset(); }

  node_id self;
  std::uint16_t port;
  mesh_options options;
  recorder seen;
  std::unique_ptr<peer_mesh> mesh;
};

inline void introduce(std::initializer_list<test_node*> nodes) {
  for (test_node* a : nodes) {
    for (const test_node* b : nodes) {
      if (a != b) a->knows(*b);
    }
  }
}

/// A frame that carries a number, and as many bytes as wanted.
inline std::string numbered(std::uint32_t number, std::size_t bytes = 0) {
  std::string out;
  append_peer_frame(out, seed_from{shard_id(1), number, std::string(bytes, 'x'), false, ""});
  return out;
}
inline std::uint64_t number_of(const recorder::seen_frame& frame) {
  const auto decoded = decode_peer_frame<seed_from>(frame.payload);
  return decoded ? decoded->session : 0;
}

}  // namespace conclave::replication
