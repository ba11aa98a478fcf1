/// The clocks of a session: steady for waiting, wall for client_seq and times. Any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace conclave::client {

inline std::uint64_t steady_ms() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

inline std::uint64_t wall_us() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

}  // namespace conclave::client
