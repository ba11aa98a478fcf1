/// CPU time in nanoseconds: of a broker as the scheduler counts it, thread by thread (the fields of
/// /proc/PID/stat come in steps of 10 ms), and of this process. A thread that ended in between
/// takes its time with it; none of the brokers ends threads under load. Any thread.
#pragma once

#include "bench/clock.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/types.h>
#include <time.h>

namespace conclave::bench::peers {

/// 0: no such process.
inline std::uint64_t cpu_ns_of(pid_t pid) {
  std::uint64_t sum = 0;
  std::error_code ignored;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (std::filesystem::directory_iterator it(tasks, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    std::ifstream in(it->path() / "schedstat");
    std::uint64_t on_cpu = 0;
    if (in >> on_cpu) sum += on_cpu;
  }
  return sum;
}

inline std::uint64_t own_cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(t.tv_nsec);
}

/// Both, and when: two of them bracket a measurement.
struct cpu_mark {
  std::uint64_t at_ns = 0;
  std::uint64_t server_ns = 0;
  std::uint64_t own_ns = 0;
};

/// `server`: 0 is nobody.
inline cpu_mark mark_of(pid_t server) {
  return {now_ns(), server > 0 ? cpu_ns_of(server) : 0, own_cpu_ns()};
}

}  // namespace conclave::bench::peers
