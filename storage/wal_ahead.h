/// The file system below RocksDB, as it is but for the write-ahead log's end.
///
/// Writing: where each write is synced before the next, the log's size is set ahead of its content,
/// some 70 MB at once, so that a sync seldom has to write the file's size too: every third of its
/// requests to the disk went there. Such a log ends in zeros until it is closed.
///
/// Reading: the newest log ends with its last whole record (storage/wal_end.h), whatever its size.
/// What a power cut tore is left out and told in the node's log; damage keeps the database closed.
/// Older logs are RocksDB's to read as they are: where each write is synced they are whole.
///
/// Thread-safe; holds nothing of its own. Owned by the store, outlives the database and its files.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <string>

namespace conclave::storage {

/// Whether the next write comes only when the last one is on the disk.
enum class write_syncing : bool { some, each };

class wal_ahead final : public rocksdb::FileSystemWrapper {
 public:
  wal_ahead(std::shared_ptr<rocksdb::FileSystem> below, write_syncing syncing)
      : FileSystemWrapper(std::move(below)), syncing_(syncing) {}

  const char* Name() const override { return "wal_ahead"; }

  rocksdb::FileOptions OptimizeForLogWrite(const rocksdb::FileOptions& options,
                                           const rocksdb::DBOptions& db) const override;
  rocksdb::IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                      rocksdb::IODebugContext* debug) override;

 private:
  const write_syncing syncing_;
};

}  // namespace conclave::storage
