/// The file system below RocksDB, as it is but for one thing: the sync of the write-ahead log can
/// be taken in two steps, so that its rows go into the memtables while the disk writes.
///
/// RocksDB syncs its log and then fills the memtables, one after the other. Between begin() and
/// finish() a sync of the log only starts the writing (sync_file_range), and RocksDB goes on as if
/// it were done; finish() waits until it is. Whoever calls them must
///   - tell nobody of the write, and let nobody read it, before finish() has returned OK;
///   - let nobody else write to the database in between: a log that is closed for a new one, or a
///     memtable that is flushed, must never hold what is not synced.
/// store::impl::write() sees to both. Only the log that this write went to is synced in two
/// steps: older ones, which the manifest then speaks of, at once.
///
/// Thread-safe; one begin() at a time. Owned by the store, outlives the database and its files.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace conclave::storage {

class two_step_sync final : public rocksdb::FileSystemWrapper {
 public:
  explicit two_step_sync(std::shared_ptr<rocksdb::FileSystem> below);

  const char* Name() const override { return "two_step_sync"; }

  /// From now on, for what this thread writes.
  void begin();
  /// Waits for what was begun. An error is final: what was written is not durable, and no log takes
  /// anything more, since RocksDB, which knows nothing of it, would go on.
  rocksdb::IOStatus finish();

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;

 private:
  class log_file;

  bool failed() const { return failed_.load(std::memory_order_acquire); }
  void fail() { failed_.store(true, std::memory_order_release); }
  void appended(log_file& file);
  /// Whether the sync that is asked for is only to be begun.
  bool begins(log_file& file);
  /// The file is closed: whether its sync was begun, which its own must finish then.
  bool forget(log_file& file);

  std::mutex mutex_;
  std::thread::id stepping_;      // who has called begin()
  log_file* appended_ = nullptr;  // the log that it wrote to last
  log_file* begun_ = nullptr;
  std::atomic<bool> failed_{false};
};

}  // namespace conclave::storage
