/// How many file descriptors the process may hold and how many of them connections may take. Called
/// by main() before any thread starts; reads and sets the process's own resource limit.
#pragma once

#include "conf/config.h"

#include <cstdint>

namespace conclave::conf {

/// Kept for table files, the log, listeners and loops: 96 MiB of log and tables of 64 MiB keep a
/// store of some ten GiB below this.
inline constexpr std::uint64_t reserved_descriptors = 512;

/// Below this a node is not worth starting: a busy office has more clients than that.
inline constexpr std::uint64_t fewest_connections = 512;

/// The hard limit: what raise_descriptor_limit() can reach.
std::uint64_t descriptor_ceiling();

/// Sets the soft limit to the hard one and returns what is in force afterwards.
std::uint64_t raise_descriptor_limit();

/// Connections a node admits: limits.max_connections, or all descriptors that are not reserved.
std::uint32_t connection_ceiling(const config& c, std::uint64_t descriptors);

}  // namespace conclave::conf
