/// Keeps a repeated warning from filling the disk: of one kind (area and message) one line a second
/// is let through, and the next one tells how many were left out. Pure logic that is given the
/// time; not thread-safe: conf/log.cc guards it. Memory is bounded by max_kinds, beyond which all
/// new kinds share one place.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::log {

class log_limiter {
 public:
  static constexpr std::uint64_t period_ms = 1000;
  static constexpr std::size_t max_kinds = 512;

  struct kind {
    std::string area;
    std::string message;
    std::uint64_t left_out = 0;
  };

  /// Nothing: leave this line out. Otherwise write it, with the count of those left out before it.
  std::optional<std::uint64_t> admit(std::string_view area, std::string_view message,
                                     std::uint64_t now_ms);

  /// The kinds whose second is over and whose last lines were left out: each is told once, so that
  /// the end of a storm is not lost. `all` takes those within their second too.
  std::vector<kind> overdue(std::uint64_t now_ms, bool all = false);

 private:
  struct entry {
    std::uint64_t written_ms = 0;
    std::uint64_t left_out = 0;
  };

  void drop_idle(std::uint64_t now_ms);

  std::map<std::pair<std::string, std::string>, entry> kinds_;
  std::size_t owing_ = 0;  ///< kinds with left_out > 0
};

}  // namespace conclave::log
