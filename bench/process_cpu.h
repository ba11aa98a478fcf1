/// CPU time and memory of a process as the kernel counts them, in /proc/PID. Resolution 10 ms: read
/// before and after some seconds of work. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace conclave::bench {

struct process_usage {
  std::uint64_t user_us = 0;
  std::uint64_t system_us = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t cpu_us() const { return user_us + system_us; }
};

/// Nothing when there is no such process or it may not be seen.
std::optional<process_usage> usage_of(pid_t pid);

}  // namespace conclave::bench
