/// The links between this node and the others of its cluster: dials, accepts, knows by certificate
/// who is at the other end, keeps links alive and tells when they are gone. What is said on them is
/// for the handler.
///
/// One live link per pair of nodes, dialled by the lower number, for ever tried again; seed links
/// on demand, either way. A link is up when both sides have seen the other's certificate. The other
/// side must be of this cluster, listed, not this node, and, when dialled, who was dialled; else
/// the connection ends with one sentence in both logs.
///
/// Thread: one of its own, from start() to stop(), on which the handler is called. Public functions
/// are thread-safe but start(), stop() and the destructor, which belong to the owner and never to
/// the handler. Names of hosts are resolved on a helper thread; stop() waits for a lookup that is
/// under way.
///
/// Loss: frames of one link arrive in order or not at all, and what was sent before a link went
/// down may be lost. Bounds: mesh_options::outbox_bound twice per link (queued for the loop, then
/// in the outbox), limits::max_peer_connections, limits::max_peer_frame_bytes; each overrun is
/// counted.
#pragma once

#include "conf/limits.h"
#include "net/tls_context.h"
#include "replication/peer_frames.h"
#include "schemas/frame.h"
#include "schemas/outcome.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace conclave::replication {

class mesh_state;

/// Where another node listens for its peers.
struct mesh_node {
  node_id node{};
  std::string host;  ///< a name or an address
  std::uint16_t port = 0;
};

struct mesh_options {
  std::string cluster;
  node_id self{};
  std::string listen_address;
  std::uint16_t listen_port = 0;                ///< 0: a free one
  std::vector<mesh_node> peers;                 ///< without this node
  std::shared_ptr<const net::tls_context> tls;  ///< tls_context::peer, for both directions
  std::size_t outbox_bound = limits::peer_outbox_bytes;
  std::chrono::milliseconds ping_period = limits::peer_ping_period;
  std::chrono::milliseconds silence = limits::peer_silence;
};

/// Names a link for ever, within one mesh. Zero: none.
struct link_id {
  std::uint64_t value = 0;
  explicit operator bool() const { return value != 0; }
  friend auto operator<=>(link_id, link_id) = default;
};

struct mesh_link {
  link_id id;
  node_id peer{};
  link_kind kind = link_kind::live;
  bool dialled = false;       ///< by this side
  std::uint64_t context = 0;  ///< what open_seed_link was given; zero on the other side
  std::string address;        ///< of the other end, for logs
};

/// All on the mesh's thread; must not block. May call send, close and open_seed_link.
class mesh_handler {
 public:
  virtual ~mesh_handler() = default;

  virtual void on_link_up(const mesh_link& link) = 0;

  /// Any frame but the mesh's own, types of later versions included. The view lives for the call
  /// only. What was read before close() took effect still comes.
  virtual void on_frame(const mesh_link& link, const frame_view& frame) = 0;

  /// Once for every link that was up, whatever the cause, and for every open_seed_link that came to
  /// nothing (then link.id may be zero). `why` is one sentence.
  virtual void on_link_down(const mesh_link& link, const std::string& why) = 0;

  /// The outbox was above half of its bound and has fallen below an eighth.
  virtual void on_drained(const mesh_link&) {}

  /// A connection was turned away, by this side or by the other: the sentence that goes to the log.
  virtual void on_refused(const std::string&) {}
};

struct mesh_counters {
  std::uint64_t links_up = 0;       ///< now
  std::uint64_t live_links_up = 0;  ///< now
  std::uint64_t dials = 0;
  std::uint64_t refused = 0;         ///< connections turned away, by this side or by the other
  std::uint64_t dropped_frames = 0;  ///< send() calls whose frames were dropped at a full outbox
  std::uint64_t dropped_bytes = 0;
  std::uint64_t lost_frames = 0;  ///< send() calls to links that were gone
  std::uint64_t frames_in = 0;    ///< with the mesh's own
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t writes = 0;
};

class peer_mesh {
 public:
  /// The handler outlives the mesh.
  peer_mesh(mesh_options options, mesh_handler& handler);
  ~peer_mesh();  ///< stops
  peer_mesh(const peer_mesh&) = delete;
  peer_mesh& operator=(const peer_mesh&) = delete;

  /// Listens and begins to dial; the outcome is the port. Once. Errors: one sentence.
  outcome<std::uint16_t> start();

  /// Writes what is queued once, as far as each socket takes it, closes all links (on_link_down for
  /// each), joins the thread. Afterwards the handler is not called any more.
  void stop();

  /// Whole frames. False: dropped, since the link owes more than the bound or the mesh is not
  /// running; true is no promise. What is sent within one wake-up leaves in one flush.
  bool send(link_id link, std::string frames);

  /// on_link_up (kind seed) or on_link_down follows, with this context, never from inside this
  /// call.
  void open_seed_link(node_id peer, std::uint64_t context);

  /// What was sent before leaves first, as far as the peer takes it. on_link_down follows; a link
  /// that is gone is no error.
  void close(link_id link);

  /// For new connections; those that are up keep what they have.
  void replace_tls(std::shared_ptr<const net::tls_context> tls);

  mesh_counters counters() const;  ///< approximate

 private:
  std::unique_ptr<mesh_state> state_;
};

}  // namespace conclave::replication
