/// The inside of `store`, for the files of this folder only: the database and its families.
/// Owned by the store; handles live exactly as long as the database.
#pragma once

#include "schemas/log_entry.h"
#include "storage/store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <memory>
#include <string>
#include <vector>

namespace conclave::storage {

struct store::impl {
  std::string path;
  std::unique_ptr<rocksdb::Env> env;  ///< only when a file system was given; outlives the database
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* unused = nullptr;  ///< RocksDB insists on a family named `default`
  rocksdb::ColumnFamilyHandle* log = nullptr;
  rocksdb::ColumnFamilyHandle* meta = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> shards;  ///< by shard id
  time_ms latest_time = 0;

  impl() = default;
  ~impl();
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  rocksdb::ColumnFamilyHandle* family(shard_id shard) const;

  /// The chain mark, all zero when none was written yet.
  outcome<chain_mark_record> mark(shard_id shard) const;
};

inline rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
inline std::string_view view_of(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

/// RocksDB's verdict on a read as one of our codes; the status must not be OK.
failure read_failure(const rocksdb::Status& status);

/// The sentence of a write that failed; nothing may be retried after it.
failure write_failure(const std::string& path, const rocksdb::Status& status);

}  // namespace conclave::storage
