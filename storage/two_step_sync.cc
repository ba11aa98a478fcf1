/// The lock is held for a comparison, never while the disk works.
#include "storage/two_step_sync.h"

#include "schemas/check.h"

#include <cstdint>
#include <string_view>
#include <utility>

namespace conclave::storage {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

IOStatus after_a_failure() {
  return IOStatus::IOError("an earlier sync of the write-ahead log has failed");
}

}  // namespace

class two_step_sync::log_file final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  log_file(std::unique_ptr<rocksdb::FSWritableFile> file, two_step_sync& files)
      : FSWritableFileOwnerWrapper(std::move(file)), files_(files) {}

  ~log_file() override {
    if (files_.forget(*this)) sync_now({}, nullptr).PermitUncheckedError();
  }

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (files_.failed()) return after_a_failure();
    files_.appended(*this);
    size_ += data.size();
    return target()->Append(data, options, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification,
                  IODebugContext* debug) override {
    if (files_.failed()) return after_a_failure();
    files_.appended(*this);
    size_ += data.size();
    return target()->Append(data, options, verification, debug);
  }

  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    if (!files_.begins(*this)) return sync_now(options, debug);
    return target()->RangeSync(synced_, size_ - synced_, options, debug);
  }

  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    if (files_.forget(*this)) {
      IOStatus synced = sync_now(options, debug);
      if (!synced.ok()) return synced;
    }
    return target()->Close(options, debug);
  }

  IOStatus sync_now(const IOOptions& options, IODebugContext* debug) {
    // The kernel tells a failure once: to ask again would be answered with OK.
    if (files_.failed()) return after_a_failure();
    const std::uint64_t size = size_;
    IOStatus synced = target()->Sync(options, debug);
    if (synced.ok())
      synced_ = size;
    else
      files_.fail();
    return synced;
  }

 private:
  two_step_sync& files_;
  std::uint64_t size_ = 0;  // RocksDB has one writer per file
  std::uint64_t synced_ = 0;
};

two_step_sync::two_step_sync(std::shared_ptr<rocksdb::FileSystem> below)
    : FileSystemWrapper(std::move(below)) {}

void two_step_sync::begin() {
  const std::lock_guard lock(mutex_);
  CONCLAVE_CHECK(stepping_ == std::thread::id{}, "one write at a time is synced in two steps");
  stepping_ = std::this_thread::get_id();
  appended_ = nullptr;
}

IOStatus two_step_sync::finish() {
  log_file* begun = nullptr;
  {
    const std::lock_guard lock(mutex_);
    stepping_ = {};
    begun = std::exchange(begun_, nullptr);
  }
  return begun == nullptr ? IOStatus::OK() : begun->sync_now({}, nullptr);
}

void two_step_sync::appended(log_file& file) {
  const std::lock_guard lock(mutex_);
  if (stepping_ == std::this_thread::get_id()) appended_ = &file;
}

bool two_step_sync::begins(log_file& file) {
  const std::lock_guard lock(mutex_);
  if (stepping_ != std::this_thread::get_id() || appended_ != &file) return false;
  begun_ = &file;
  return true;
}

bool two_step_sync::forget(log_file& file) {
  const std::lock_guard lock(mutex_);
  if (appended_ == &file) appended_ = nullptr;
  if (begun_ != &file) return false;
  begun_ = nullptr;
  return true;
}

IOStatus two_step_sync::NewWritableFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSWritableFile>* result,
                                        IODebugContext* debug) {
  IOStatus made = target()->NewWritableFile(name, options, result, debug);
  if (made.ok() && std::string_view(name).ends_with(".log"))
    *result = std::make_unique<log_file>(std::move(*result), *this);
  return made;
}

}  // namespace conclave::storage
