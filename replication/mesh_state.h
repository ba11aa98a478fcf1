/// The inside of a peer_mesh: what happens on its thread. Connections carry a mesh_connection; a
/// link's id is its connection's, so that a stale one finds nothing.
///
/// On the loop's thread but for start(), stop(), post_*() and counters. Owned by its peer_mesh.
#pragma once

#include "net/event_loop.h"
#include "replication/mesh_resolver.h"
#include "replication/peer_mesh.h"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace conclave::replication {

/// What a connection is to the mesh.
struct mesh_connection final : net::connection_user {
  enum class phase : std::uint8_t {
    dialling,  ///< TCP and TLS
    judged,    ///< its certificate is good: waits for LINK or LINKED
    up,
    over,  ///< refused, or told down: nothing more is heard or told
  };
  mesh_link link;
  phase at = phase::dialling;
  bool came_up = false;
  std::string farewell;  ///< why either side said that it would close
};

class mesh_state final : public net::loop_handler {
 public:
  mesh_state(mesh_options options, mesh_handler& handler);
  ~mesh_state() override { stop(); }

  // -- what peer_mesh uses: peer_mesh.cc
  // ---------------------------------------------------------
  outcome<std::uint16_t> start();
  void stop();
  bool post_send(link_id link, std::string frames);
  void post_seed_link(node_id peer, std::uint64_t context);
  void post_close(link_id link);
  void post_tls(std::shared_ptr<const net::tls_context> tls);
  mesh_counters counters() const;

  // -- loop_handler: mesh_state.cc
  // ---------------------------------------------------------------
  void on_open(net::connection& c) override;
  void on_frames(net::connection& c, std::span<const frame_view> frames) override;
  void on_drained(net::connection& c) override;
  void on_close(net::connection& c, net::close_reason reason, const std::string& detail) override;

 private:
  using clock = std::chrono::steady_clock;
  using addresses = std::vector<net::socket_address>;

  /// Another node, and how dialling it goes.
  struct peer_record {
    mesh_node where;
    net::connection_id live;  ///< its live link, when up
    clock::time_point up_since;
    std::chrono::milliseconds pause = limits::peer_redial_first;
    std::size_t attempts = 0;
  };

  /// Frames for one link that the loop has not seen yet.
  struct queued_frames {
    std::string bytes;
    std::uint64_t sends = 0;
  };

  // -- mesh_state.cc: links
  // ----------------------------------------------------------------------
  status judge(net::connection& c, mesh_connection& m);
  void hear(net::connection& c, mesh_connection& m, const frame_view& frame);
  void hear_first(net::connection& c, mesh_connection& m, const frame_view& frame);
  void hear_unlink(net::connection& c, mesh_connection& m, const frame_view& frame);
  void refuse(net::connection& c, mesh_connection& m, const std::string& what);
  void tell_refused(const net::connection& c, const std::string& sentence);
  void come_up(net::connection& c, mesh_connection& m);
  void go_down(mesh_connection& m, const std::string& why);
  void drain_queue();
  void ping_all();

  // -- mesh_dialling.cc
  // --------------------------------------------------------------------------
  void dial_live(peer_record& peer);
  void dial_later(peer_record& peer);
  void dial_seed(node_id to, std::uint64_t context);
  void dial(const mesh_link& link, const mesh_node& where, std::size_t attempt);
  void dial_found(const mesh_link& link, const mesh_node& where, std::size_t attempt,
                  const outcome<addresses>& found);
  void dial_address(mesh_link link, const std::string& address, std::uint16_t port);
  void not_linked(const mesh_link& link, const std::string& why, bool told);
  void give_up_seeds();
  bool worth_a_line(const std::string& kind);

  const mesh_options options_;
  mesh_handler& handler_;
  std::shared_ptr<const net::tls_context> tls_;
  std::map<node_id, peer_record> peers_;
  std::vector<mesh_link> looked_up_;               // seed links whose host is being looked up
  std::map<std::string, clock::time_point> told_;  // complaints, bounded by max_told
  std::minstd_rand jitter_;
  const std::string ping_;
  bool ending_ = false;

  std::mutex queue_mutex_;
  std::unordered_map<std::uint64_t, queued_frames> queue_;  // by link
  bool drain_posted_ = false;
  bool running_ = false;

  std::atomic<std::uint64_t> links_up_{0}, live_links_up_{0}, dials_{0}, refused_{0},
      dropped_frames_{0}, dropped_bytes_{0}, lost_frames_{0};

  net::event_loop loop_;
  mesh_resolver resolver_;  // its answers are posted to the loop
  std::thread thread_;
};

/// "10.0.0.3:7445"
std::string text_of(const mesh_node& where);

}  // namespace conclave::replication
