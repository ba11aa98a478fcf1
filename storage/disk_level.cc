/// The watermarks; see disk_level.h.
#include "storage/disk_level.h"

#include "conf/limits.h"

#include <algorithm>
#include <array>

namespace conclave::storage {

namespace {

constexpr std::array watermarks{limits::disk_alarm_permille, limits::disk_no_growth_permille,
                                limits::disk_no_writes_permille};

std::uint64_t share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0
                    : static_cast<std::uint64_t>(1000.0 * static_cast<double>(part) /
                                                 static_cast<double>(whole));
}

}  // namespace

std::string_view name_of(disk_level level) {
  switch (level) {
    case disk_level::fine:
      return "fine";
    case disk_level::alarm:
      return "alarm";
    case disk_level::no_growth:
      return "no_growth";
    case disk_level::no_writes:
      return "no_writes";
  }
  return "unknown";
}

std::uint32_t disk_figures::used_permille() const {
  const std::uint64_t free = std::min(free_bytes, disk_bytes);
  const std::uint64_t used =
      std::max(share(disk_bytes - free, disk_bytes), share(data_bytes, data_limit));
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(used, 1000));
}

disk_level level_after(disk_level before, std::uint32_t used_permille) {
  std::uint8_t level = 0;
  for (const std::uint32_t mark : watermarks) {
    const bool inside = level < static_cast<std::uint8_t>(before);
    if (used_permille < (inside ? mark - limits::disk_hysteresis_permille : mark)) break;
    ++level;
  }
  return static_cast<disk_level>(level);
}

}  // namespace conclave::storage
