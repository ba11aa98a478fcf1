/// How RocksDB is set up, in one place with the reason for each setting. Pure functions; called
/// once by store::open. Measure with bench/micro/commit_bench.cc over 60 s before changing a
/// number.
#pragma once

#include "storage/store.h"

#include <rocksdb/options.h>

#include <cstdint>

namespace conclave::storage {

/// WAL bytes after which RocksDB flushes the oldest families: bounds what a restart has to replay.
inline constexpr std::uint64_t max_total_wal_bytes = 96ull << 20;

/// Options for the whole database; the environment and the listener are the caller's business.
rocksdb::DBOptions database_options(const store_options& options);

/// Options per family, sharing one block cache and one bound on all memtables.
class family_options {
 public:
  explicit family_options(const store_options& options);

  rocksdb::ColumnFamilyOptions shard() const;  ///< state: one row per event
  rocksdb::ColumnFamilyOptions log() const;    ///< shard | index, appended, trimmed from below
  rocksdb::ColumnFamilyOptions small() const;  ///< meta and RocksDB's own default family

 private:
  rocksdb::ColumnFamilyOptions busy() const;

  std::shared_ptr<rocksdb::Cache> cache_;
  std::uint64_t write_buffer_bytes_;
};

}  // namespace conclave::storage
