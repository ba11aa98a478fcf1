/// How full the disk is, as a level that decides what is still taken in, so that the node refuses
/// early and by choice, and recovers by itself, instead of being stopped by a failed write.
///
/// Pure data and a rule without thread, given figures by disk_watch.h. A level is entered at its
/// watermark and left one percent below it (conf/limits.h), so that it does not flap.
#pragma once

#include <cstdint>
#include <string_view>

namespace conclave::storage {

/// Each level refuses what the ones before it refuse.
enum class disk_level : std::uint8_t {
  fine,
  alarm,      ///< told in log and metrics
  no_growth,  ///< no new bodies, people, conversations
  no_writes,  ///< nothing that writes but what frees, and what the node owes already
};

std::string_view name_of(disk_level level);

struct disk_figures {
  std::uint64_t disk_bytes = 0;  ///< of the file system, without what is root's alone
  std::uint64_t free_bytes = 0;
  std::uint64_t data_bytes = 0;  ///< that the data folder occupies, without the ballast
  std::uint64_t data_limit = 0;  ///< what the operator lets it occupy; 0: no such limit

  /// The fuller of disk and allowance, in thousandths; 0 while nothing is known.
  std::uint32_t used_permille() const;
};

/// The level that follows `before` when so much is used.
disk_level level_after(disk_level before, std::uint32_t used_permille);

}  // namespace conclave::storage
