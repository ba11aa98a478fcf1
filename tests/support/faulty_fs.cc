/// See faulty_fs.h. Each writable file keeps its unsynced tail in a string; Sync appends it to the
/// real file and syncs that.
#include "tests/support/faulty_fs.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <random>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>

namespace conclave::test {

namespace {

using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

bool reached(const std::atomic<std::uint64_t>& limit, std::uint64_t count) {
  const std::uint64_t n = limit.load();
  return n != 0 && count >= n;
}

class holding_file final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  holding_file(std::unique_ptr<FSWritableFile> file, const std::string& name,
               std::shared_ptr<fault_switches> switches)
      : FSWritableFileOwnerWrapper(std::move(file)),
        is_wal_(std::string_view(name).ends_with(".log")),
        switches_(std::move(switches)),
        sectors_(is_wal_ && switches_->torn_sectors ? ::open(name.c_str(), O_WRONLY | O_CLOEXEC)
                                                    : -1),
        random_(static_cast<std::mt19937::result_type>(::getpid())) {}
  ~holding_file() override {
    if (sectors_ >= 0) ::close(sectors_);
  }

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    fault_switches& s = *switches_;
    if (is_wal_ && reached(s.fail_write_after, ++s.wal_appends)) {
      return IOStatus::IOError("a write failed on purpose: Input/output error");
    }
    const std::uint64_t total = s.bytes.fetch_add(data.size()) + data.size();
    if (reached(s.enospc_after_bytes, total)) {
      return IOStatus::NoSpace("no space left, on purpose");
    }
    if (!s.torn) {
      held_.append(data.data(), data.size());
      return IOStatus::OK();
    }
    held_.append(data.data(), data.size() / 2);
    const IOStatus half = write_out(options, debug);
    held_.append(data.data() + data.size() / 2, data.size() - data.size() / 2);
    return half;
  }

  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }

  // Direct I/O is off, so nothing may write around the held tail.
  IOStatus PositionedAppend(const Slice&, std::uint64_t, const IOOptions&,
                            IODebugContext*) override {
    return IOStatus::NotSupported("PositionedAppend");
  }
  IOStatus PositionedAppend(const Slice&, std::uint64_t, const IOOptions&,
                            const rocksdb::DataVerificationInfo&, IODebugContext*) override {
    return IOStatus::NotSupported("PositionedAppend");
  }

  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    const std::uint64_t written = target()->GetFileSize(options, debug);
    if (size >= written) {
      if (size - written < held_.size()) held_.resize(size - written);
      return IOStatus::OK();
    }
    held_.clear();
    return target()->Truncate(size, options, debug);
  }

  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    // With fsync taken out the kernel would still get a closed file to the disk some day; without,
    // an unsynced tail at this point is exactly what a power cut takes.
    if (is_wal_ && switches_->nosync) write_out(options, debug).PermitUncheckedError();
    held_.clear();
    return target()->Close(options, debug);
  }

  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return make_durable(options, debug, false);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return make_durable(options, debug, true);
  }

  std::uint64_t GetFileSize(const IOOptions& options, IODebugContext* debug) override {
    return target()->GetFileSize(options, debug) + held_.size();
  }

  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();  // A hint to the kernel: promises nothing.
  }

 private:
  /// What is held reaches the disk in part, at its own place; then the disk takes its time, for a
  /// kill to come.
  void scatter(const IOOptions& options, IODebugContext* debug) {
    constexpr std::uint64_t sector = 512;
    const std::uint64_t from = target()->GetFileSize(options, debug);
    for (std::uint64_t at = from; at < from + held_.size(); at += sector - at % sector) {
      if (random_() % 2 == 0) continue;
      const std::string_view part = std::string_view(held_).substr(at - from, sector - at % sector);
      if (::pwrite(sectors_, part.data(), part.size(), static_cast<off_t>(at)) !=
          static_cast<ssize_t>(part.size()))
        std::abort();
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }

  IOStatus write_out(const IOOptions& options, IODebugContext* debug) {
    if (held_.empty()) return IOStatus::OK();
    const IOStatus written = target()->Append(held_, options, debug);
    held_.clear();
    return written;
  }

  IOStatus make_durable(const IOOptions& options, IODebugContext* debug, bool metadata) {
    fault_switches& s = *switches_;
    if (is_wal_ && reached(s.fail_sync_after, ++s.wal_syncs)) {
      held_.clear();  // The kernel marks pages clean that it could not write: they are gone.
      return IOStatus::IOError("a sync failed on purpose: Input/output error");
    }
    if (is_wal_ && s.nosync) return IOStatus::OK();
    if (sectors_ >= 0) scatter(options, debug);
    IOStatus written = write_out(options, debug);
    if (!written.ok()) return written;
    return metadata ? target()->Fsync(options, debug) : target()->Sync(options, debug);
  }

  const bool is_wal_;
  const std::shared_ptr<fault_switches> switches_;
  std::string held_;   ///< written by RocksDB, not yet on disk
  const int sectors_;  ///< the same file, to write at any place; -1: nobody asked for it
  std::mt19937 random_;
};

}  // namespace

faulty_file_system::faulty_file_system()
    : FileSystemWrapper(rocksdb::FileSystem::Default()),
      switches_(std::make_shared<fault_switches>()) {}

void faulty_file_system::wrap(const std::string& name,
                              std::unique_ptr<rocksdb::FSWritableFile>* file) {
  *file = std::make_unique<holding_file>(std::move(*file), name, switches_);
}

rocksdb::IOStatus faulty_file_system::NewWritableFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus opened = target()->NewWritableFile(name, options, result, debug);
  if (opened.ok()) wrap(name, result);
  return opened;
}

rocksdb::IOStatus faulty_file_system::ReopenWritableFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus opened = target()->ReopenWritableFile(name, options, result, debug);
  if (opened.ok()) wrap(name, result);
  return opened;
}

rocksdb::IOStatus faulty_file_system::ReuseWritableFile(
    const std::string& name, const std::string& old_name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus opened = target()->ReuseWritableFile(name, old_name, options, result, debug);
  if (opened.ok()) wrap(name, result);
  return opened;
}

bool set_faults(const std::string& words, fault_switches& switches) {
  std::string_view rest = words;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string word(rest.substr(0, comma));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const bool has_value = equals != std::string::npos;
    const std::uint64_t value =
        has_value ? std::strtoull(word.c_str() + equals + 1, nullptr, 10) : 0;
    if (name == "nosync" && !has_value) {
      switches.nosync = true;
    } else if (name == "torn" && !has_value) {
      switches.torn = true;
    } else if (name == "torn_sectors" && !has_value) {
      switches.torn_sectors = true;
    } else if (name == "fail_write_after" && value > 0) {
      switches.fail_write_after = value;
    } else if (name == "fail_sync_after" && value > 0) {
      switches.fail_sync_after = value;
    } else if (name == "enospc_after_bytes" && value > 0) {
      switches.enospc_after_bytes = value;
    } else {
      return false;
    }
  }
  return true;
}

std::shared_ptr<rocksdb::FileSystem> faulty_file_system_from_env() {
  auto files = std::make_shared<faulty_file_system>();
  const char* const words = std::getenv("CONCLAVE_FAULT");
  if (words != nullptr && !set_faults(words, files->switches())) {
    std::fprintf(stderr, "CONCLAVE_FAULT=%s: unknown fault\n", words);
    std::exit(2);
  }
  return files;
}

}  // namespace conclave::test
