/// The two clocks of a bench: a steady one for durations, shared by sender and receiver because
/// both are in this process, and the wall clock for what the node stamps. Any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace conclave::bench {

inline std::uint64_t now_ns() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

inline std::uint64_t wall_us() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

}  // namespace conclave::bench
