/// A file system for tests under which a SIGKILL is a power cut: what was written but not synced
/// stays in memory and is gone with the process. On top of that it fails on demand.
///
/// What is modelled: file contents reach the disk at Sync or Fsync only; a file closed without a
/// sync loses what was not synced. Not modelled: names (creation, rename and removal are durable at
/// once). RocksDB's own LOG is written straight through. Thread-safe as RocksDB needs it: one
/// writer per file.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace conclave::test {

/// Switches; may be turned while the store runs. Counts speak of the WAL (*.log) only, so that a
/// test hits the commit it means. 0: never.
struct fault_switches {
  /// Sync of the WAL answers OK without writing anything out: fsync taken out. Other files are
  /// synced honestly, so that the folder opens again and the loss can be seen.
  std::atomic<bool> nosync{false};

  /// Half of what is appended reaches the disk before the sync: a kill leaves a torn record.
  std::atomic<bool> torn{false};

  /// Of what a sync of the WAL writes some sectors reach the disk before the others, by chance. For
  /// logs whose size is set ahead: in a growing one they would lie behind its end.
  std::atomic<bool> torn_sectors{false};

  std::atomic<std::uint64_t> fail_write_after{0};  ///< the n-th append and all later: EIO
  std::atomic<std::uint64_t> fail_sync_after{0};   ///< the n-th sync and all later: EIO, data lost
  std::atomic<std::uint64_t> enospc_after_bytes{0};  ///< all files together: no space left

  std::atomic<std::uint64_t> wal_appends{0};
  std::atomic<std::uint64_t> wal_syncs{0};
  std::atomic<std::uint64_t> bytes{0};
};

class faulty_file_system final : public rocksdb::FileSystemWrapper {
 public:
  faulty_file_system();

  const char* Name() const override { return "faulty_file_system"; }

  fault_switches& switches() { return *switches_; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext* debug) override;

 private:
  void wrap(const std::string& name, std::unique_ptr<rocksdb::FSWritableFile>* file);

  std::shared_ptr<fault_switches> switches_;  ///< files may outlive the file system's last user
};

/// Sets switches from words like "nosync,fail_sync_after=100". False: a word is unknown.
bool set_faults(const std::string& words, fault_switches& switches);

/// The file system with the faults named in the environment variable CONCLAVE_FAULT; without it,
/// one that only forgets what is unsynced. An unknown word ends the process with one sentence.
std::shared_ptr<rocksdb::FileSystem> faulty_file_system_from_env();

}  // namespace conclave::test
