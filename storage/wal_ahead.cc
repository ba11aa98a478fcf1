/// See wal_ahead.h. Logs are named by ascending numbers: `000038.log`.
#include "storage/wal_ahead.h"

#include "conf/log.h"
#include "storage/wal_end.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

namespace conclave::storage {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

bool is_log(std::string_view name) {
  return name.ends_with(".log");
}

std::uint64_t number_of(const std::filesystem::path& log) {
  return std::strtoull(log.filename().c_str(), nullptr, 10);
}

/// A file up to a place before its end.
class shortened_file final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  shortened_file(std::unique_ptr<rocksdb::FSSequentialFile> file, std::uint64_t bytes)
      : FSSequentialFileOwnerWrapper(std::move(file)), left_(bytes) {}

  IOStatus Read(std::size_t bytes, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, left_));
    IOStatus read = target()->Read(wanted, options, result, scratch, debug);
    if (read.ok()) left_ -= result->size();
    return read;
  }

  IOStatus Skip(std::uint64_t bytes) override {
    const std::uint64_t skipped = std::min(bytes, left_);
    left_ -= skipped;
    return target()->Skip(skipped);
  }

 private:
  std::uint64_t left_;
};

IOStatus is_newest(rocksdb::FileSystem& files, const std::string& name, bool& newest) {
  const std::filesystem::path log(name);
  std::vector<std::string> all;
  IOStatus listed = files.GetChildren(log.parent_path().string(), {}, &all, nullptr);
  newest = std::none_of(all.begin(), all.end(), [&](const std::string& other) {
    return is_log(other) && number_of(other) > number_of(log);
  });
  return listed;
}

/// Where the log ends; a failure of the disk or damage as RocksDB is to tell it.
IOStatus end_of(rocksdb::FileSystem& files, const std::string& name, wal_end& end) {
  std::uint64_t size = 0;
  IOStatus done = files.GetFileSize(name, {}, &size, nullptr);
  if (!done.ok()) return done;
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  done = files.NewRandomAccessFile(name, FileOptions(), &file, nullptr);
  if (!done.ok()) return done;
  const auto read = [&](std::uint64_t at, std::size_t bytes) -> outcome<std::string> {
    std::string scratch(bytes, '\0');
    Slice found;
    done = file->Read(at, bytes, {}, &found, scratch.data(), nullptr);
    if (!done.ok()) return failure{errc::io_error, done.ToString()};
    return std::string(found.data(), found.size());
  };
  const auto found = find_wal_end(read, size);
  if (!done.ok()) return done;
  if (!found) return IOStatus::Corruption(name, found.error().detail);
  end = *found;
  return done;
}

}  // namespace

FileOptions wal_ahead::OptimizeForLogWrite(const FileOptions& options,
                                           const rocksdb::DBOptions& db) const {
  FileOptions log = target()->OptimizeForLogWrite(options, db);
  log.fallocate_with_keep_size = syncing_ != write_syncing::each;
  return log;
}

IOStatus wal_ahead::NewSequentialFile(const std::string& name, const FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                      IODebugContext* debug) {
  IOStatus opened = target()->NewSequentialFile(name, options, result, debug);
  if (!opened.ok() || !is_log(name)) return opened;
  bool newest = false;
  IOStatus looked = is_newest(*target(), name, newest);
  if (!looked.ok() || !newest) return looked;
  wal_end end;
  looked = end_of(*target(), name, end);
  if (!looked.ok()) return looked;
  if (end.torn != 0)
    log::warn("storage", "the last write was cut short and is left out, nobody was told of it",
              {{"log", name}, {"bytes", end.torn}});
  *result = std::make_unique<shortened_file>(std::move(*result), end.content);
  return looked;
}

}  // namespace conclave::storage
