/// One look after the other; see disk_watch.h.
#include "storage/disk_watch.h"

#include "conf/limits.h"
#include "conf/log.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace conclave::storage {

namespace {

constexpr std::uint64_t stat_block_bytes = 512;  // the unit of st_blocks

/// What a file occupies, which for a log written ahead of its content is more than its size.
std::uint64_t occupied(const std::string& file) {
  struct stat facts {};
  if (::lstat(file.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return 0;
  return static_cast<std::uint64_t>(facts.st_blocks) * stat_block_bytes;
}

/// Files come and go while this looks: those that are gone count nothing.
outcome<std::uint64_t> occupied_by(const std::string& folder) {
  std::uint64_t all = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().filename() != ballast_name) all += occupied(entry->path().string());
  if (error) return failure{errc::io_error, error.message()};
  return all;
}

/// Its size; 0: it was cut short by an end while it was made.
std::uint64_t size_of_whole(const std::string& file) {
  struct stat facts {};
  if (::lstat(file.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return 0;
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  const std::uint64_t held = static_cast<std::uint64_t>(facts.st_blocks) * stat_block_bytes;
  return held >= size ? size : 0;
}

/// Reserves the blocks; half a ballast is none.
bool make_ballast(const std::string& file, std::uint64_t bytes) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool made = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes)) == 0;
  ::close(fd);
  if (!made) ::unlink(file.c_str());
  return made;
}

}  // namespace

outcome<disk_figures> look_at_disk(const std::string& folder, std::uint64_t data_limit) {
  struct statvfs facts {};
  if (::statvfs(folder.c_str(), &facts) != 0) return failure{errc::io_error, std::strerror(errno)};
  disk_figures seen;
  const std::uint64_t reserved = facts.f_bfree - std::min(facts.f_bfree, facts.f_bavail);
  seen.disk_bytes = (facts.f_blocks - reserved) * facts.f_frsize;
  seen.free_bytes = facts.f_bavail * facts.f_frsize;
  seen.data_limit = data_limit;
  if (data_limit != 0) {
    const auto held = occupied_by(folder);
    if (!held.ok()) return held.error();
    seen.data_bytes = *held;
  }
  return seen;
}

disk_watch::disk_watch(disk_watch_options options)
    : options_([&] {
        if (!options.look)
          options.look = [folder = options.folder, limit = options.data_limit] {
            return look_at_disk(folder, limit);
          };
        return std::move(options);
      }()) {
  ballast_ = occupied(ballast_file());
  inherited_ = ballast_ != 0;
}

disk_watch::~disk_watch() {
  stop();
}

std::string disk_watch::ballast_file() const {
  return options_.folder + '/' + std::string(ballast_name);
}

disk_figures disk_watch::figures() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void disk_watch::start(std::uint32_t every_ms) {
  keeps_ballast_ = true;
  look_now();
  thread_ = std::thread([this, every_ms] { run(every_ms); });
}

void disk_watch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void disk_watch::run(std::uint32_t every_ms) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::milliseconds(every_ms), [&] { return stopping_; })) {
    lock.unlock();
    look_now();
    lock.lock();
  }
}

void disk_watch::look_now() {
  const auto seen = options_.look();
  if (!seen.ok()) {
    if (!std::exchange(blind_, true))
      log::error("storage", "cannot look at the disk", {{"why", seen.error().detail}});
    return;
  }
  blind_ = false;
  {
    const std::lock_guard lock(mutex_);
    seen_ = *seen;
  }
  const std::uint32_t used = seen->used_permille();
  const disk_level now = level_after(level(), used);
  if (now != level()) enter(now, used);
  keep_ballast(*seen);
}

void disk_watch::enter(disk_level now, std::uint32_t used_permille) {
  const bool worse = now > level();
  level_.store(now, std::memory_order_relaxed);
  const auto percent = static_cast<std::uint64_t>(used_permille / 10);
  if (worse)
    log::warn("storage", "the disk fills up", {{"level", name_of(now)}, {"percent", percent}});
  else
    log::info("storage", "the disk has room again",
              {{"level", name_of(now)}, {"percent", percent}});
}

bool disk_watch::remove_ballast() {
  if (::unlink(ballast_file().c_str()) != 0 && errno != ENOENT) return false;
  ballast_ = 0;
  return true;
}

bool disk_watch::has_room_for(std::uint64_t ballast, const disk_figures& seen) const {
  if (level() != disk_level::fine) return false;
  // With it the disk must still be well below the alarm, or the two would take turns.
  disk_figures with = seen;
  with.free_bytes += ballast_;  // what is there now makes way
  with.free_bytes -= std::min(ballast, with.free_bytes);
  return with.used_permille() < limits::disk_alarm_permille - limits::disk_hysteresis_permille;
}

void disk_watch::keep_ballast(const disk_figures& seen) {
  if (level() == disk_level::no_writes) {
    if (ballast_ == 0 || !remove_ballast()) return;  // the next look tries again
    log::warn("storage", "the ballast was given back");
    return;
  }
  if (!keeps_ballast_) return;
  const std::uint64_t share = seen.disk_bytes / limits::ballast_share_of_disk;
  const std::uint64_t wanted = std::min(options_.ballast_bytes, share);
  if (ballast_ != 0) {
    if (!inherited_) return;
    // Some file systems change their size, and so the share, all the time.
    const std::uint64_t slack = share < options_.ballast_bytes ? wanted / 16 : 0;
    const std::uint64_t whole = size_of_whole(ballast_file());
    if (whole != 0 && whole + slack >= wanted && whole <= wanted + slack) {
      inherited_ = false;
      return;
    }
    if (wanted != 0 && whole > wanted &&
        ::truncate(ballast_file().c_str(), static_cast<off_t>(wanted)) == 0) {
      inherited_ = false;
      ballast_ = wanted;
      log::info("storage", "the ballast is smaller now", {{"bytes", wanted}});
      return;
    }
    // While there is no room for the right one, the wrong one is better than none.
    if (wanted != 0 && !has_room_for(wanted, seen)) return;
    if (!remove_ballast()) return;
    log::info("storage", "a ballast that is not of the size that is wanted was removed",
              {{"wanted", wanted}});
  }
  inherited_ = false;
  if (wanted == 0 || !has_room_for(wanted, seen)) return;
  if (!make_ballast(ballast_file(), wanted)) return;
  ballast_ = wanted;
  log::info("storage", "a ballast is kept for the day when the disk is full", {{"bytes", wanted}});
}

}  // namespace conclave::storage
