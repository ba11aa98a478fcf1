/// The door of a node of a cluster that does not lead: listens where its engine would, and sends
/// everybody to the node that leads. A HELLO is answered with ERROR not_leading and the leader's
/// address; whatever else a stranger does has the answer, the bounds and the deadlines of the
/// gateway. Nobody logs in here.
///
/// The door owns one event loop and its thread, on which `leader` is called. start(), stop() and
/// the destructor belong to the owner's thread, one at a time; replace_tls() and counters() to any.
/// start() fails with one sentence when it cannot listen. A door opens once: for the next time make
/// another.
///
/// From door to engine and back on the same ports: both listen with SO_REUSEPORT, so the new one
/// *starts before the old one stops*, and somebody listens at every moment.
///   begins to lead:  `leader` gives this node's own client address; engine::start with
///                    engine_options::door_is_open; door.stop()
///   ceases to lead:  another door with door_options::engine_is_open, start(); engine::stop with a
///                    farewell of not_leading
/// While both listen the kernel spreads newcomers. Whoever meets the door is sent to the address it
/// came from, comes again, and gives up after three such meetings in a row for a moment
/// (schemas/README.md, clusters). What waits to be accepted when a side stops is still accepted by
/// it; only who is in the middle of the TCP handshake in that instant may be refused.
///
/// Limits: door_options::max_connections at once, those beyond it are closed; two
/// handshake_timeouts for each from TLS on; limits::max_frame_bytes_before_login per frame.
#pragma once

#include "actors/listeners.h"
#include "net/tls_context.h"
#include "schemas/outcome.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace conclave::actors {

struct door_options {
  listen_address client;
  listen_address admin;
  std::shared_ptr<const net::tls_context> tls;
  std::string node_name;  ///< for the log
  /// HOST:PORT of the client listener of the node that leads; empty: nobody, or unknown. Quick, and
  /// safe on any thread.
  std::function<std::string()> leader;
  std::size_t max_connections = 10'000;
  /// An engine of this process holds the ports: nobody looks whether a stranger does.
  bool engine_is_open = false;
};

struct door_counters {
  std::uint64_t sent_on = 0;      ///< told where the leader is
  std::uint64_t sent_away = 0;    ///< told that nobody knows
  std::uint64_t connections = 0;  ///< now
  std::uint64_t refused = 0;      ///< beyond max_connections
};

class door {
 public:
  explicit door(door_options options);
  ~door();
  door(const door&) = delete;
  door& operator=(const door&) = delete;

  outcome<bound_ports> start();

  /// New handshakes use `tls` from now on.
  void replace_tls(std::shared_ptr<const net::tls_context> tls);

  /// Listens no more; who is on the doorstep has `patience_ms` for his HELLO, then GOAWAY. Joins.
  void stop(std::uint32_t patience_ms = 1000);

  door_counters counters() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace conclave::actors
