/// The two places where a node listens, and what it says to people when it ceases to serve there.
/// Shared by the engine, which serves, and the door, which turns away. Plain data; any thread.
#pragma once

#include "schemas/errc.h"

#include <cstdint>
#include <string>

namespace conclave::actors {

/// Tags of connections.
inline constexpr std::uint32_t client_listener = 1;
inline constexpr std::uint32_t admin_listener = 2;

struct listen_address {
  std::string address;
  std::uint16_t port = 0;
};

/// The ports that were bound (asked for 0: a free one).
struct bound_ports {
  std::uint16_t client = 0;
  std::uint16_t admin = 0;
};

/// What everybody who is connected is told before the end.
struct farewell {
  errc code = errc::shutting_down;  ///< or not_leading, by a node that goes on without leading
  /// HOST:PORT of the client listener of the node that leads now; empty: unknown. Operators are not
  /// told: it is not where they are served.
  std::string leader;
  std::uint32_t reconnect_after_ms = 1000;  ///< everybody spreads over this time
};

}  // namespace conclave::actors
