/// Looks at the disk once a second and says how full it is (disk_level.h). Keeps a ballast: a file
/// of nothing that is given back at the last level, so that what frees (recalls, tombstones,
/// compaction) has room to work in; it is made again when there is room for it. One of an earlier
/// run that has another size than is wanted now, or was cut short, makes way for the right one.
///
/// A thread of its own between start() and stop(); level() and figures() from any thread. Owned by
/// the composition root; outlives whoever asks. Fails never: a disk that cannot be looked at keeps
/// its level and says so in the log, once.
#pragma once

#include "schemas/outcome.h"
#include "storage/disk_level.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace conclave::storage {

inline constexpr std::string_view ballast_name = "ballast";

struct disk_watch_options {
  std::string folder;               ///< the data folder
  std::uint64_t ballast_bytes = 0;  ///< at most; never above a hundredth of the disk
  std::uint64_t data_limit = 0;     ///< what the folder may occupy; 0: the disk alone decides
  /// Tests bring their own figures. Not ok: they cannot be had.
  std::function<outcome<disk_figures>()> look;
};

class disk_watch {
 public:
  explicit disk_watch(disk_watch_options options);
  ~disk_watch();
  disk_watch(const disk_watch&) = delete;
  disk_watch& operator=(const disk_watch&) = delete;

  /// From here on the ballast is kept: the folder holds a database. `every_ms` between two looks.
  void start(std::uint32_t every_ms = 1'000);
  void stop();

  /// One look, and what follows from it. Before start() too: an early release lets a store open
  /// whose disk ran full. Not from several threads at a time.
  void look_now();

  disk_level level() const { return level_.load(std::memory_order_relaxed); }
  disk_figures figures() const;
  /// What the ballast holds now; 0: given back, or none is wanted.
  std::uint64_t ballast_bytes() const { return ballast_.load(std::memory_order_relaxed); }

 private:
  void run(std::uint32_t every_ms);
  void enter(disk_level now, std::uint32_t used_permille);
  void keep_ballast(const disk_figures& seen);
  bool has_room_for(std::uint64_t ballast, const disk_figures& seen) const;
  bool remove_ballast();
  std::string ballast_file() const;

  const disk_watch_options options_;
  std::atomic<disk_level> level_{disk_level::fine};
  std::atomic<std::uint64_t> ballast_{0};
  bool keeps_ballast_ = false;
  bool inherited_ = false;  ///< of an earlier run, perhaps with another setting; not judged yet
  bool blind_ = false;
  mutable std::mutex mutex_;
  disk_figures seen_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

/// The disk under `folder`, and what the folder occupies when `data_limit` is not 0.
outcome<disk_figures> look_at_disk(const std::string& folder, std::uint64_t data_limit);

}  // namespace conclave::storage
