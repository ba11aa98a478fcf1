/// Reading /proc/PID/stat.
#include "bench/process_cpu.h"

#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace conclave::bench {

std::optional<process_usage> usage_of(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(in, text)) return std::nullopt;
  // The second field is the program's name in brackets and may hold anything, brackets too.
  const auto bracket = text.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(bracket + 1));
  std::string state;
  rest >> state;
  constexpr int first = 4;  // ppid
  constexpr int utime = 14;
  constexpr int stime = 15;
  constexpr int rss = 24;
  const auto hertz = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  process_usage usage;
  for (int field = first; field <= rss; ++field) {
    std::int64_t value = 0;
    if (!(rest >> value)) return std::nullopt;
    const auto positive = static_cast<std::uint64_t>(value < 0 ? 0 : value);
    if (field == utime) usage.user_us = positive * 1'000'000 / hertz;
    if (field == stime) usage.system_us = positive * 1'000'000 / hertz;
    if (field == rss) usage.resident_bytes = positive * page;
  }
  return usage;
}

}  // namespace conclave::bench
