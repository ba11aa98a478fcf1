/// The inside of `store`, for the files of this folder only: the database and its families.
/// Owned by the store; handles live exactly as long as the database.
#pragma once

#include "schemas/log_entry.h"
#include "schemas/replica_records.h"
#include "storage/rocks_options.h"
#include "storage/store.h"
#include "storage/two_step_sync.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace conclave::storage {

struct store::impl {
  std::string path;
  bool syncs_each_write = false;
  std::shared_ptr<two_step_sync> files;  ///< these two outlive the database
  std::unique_ptr<rocksdb::Env> env;
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* unused = nullptr;  ///< RocksDB insists on a family named `default`
  rocksdb::ColumnFamilyHandle* log = nullptr;
  rocksdb::ColumnFamilyHandle* meta = nullptr;
  /// By shard id, under published_mutex: a seeded state takes the place of the one in use
  /// (replace_family).
  std::vector<family_ref> shards;
  std::optional<family_options> families;
  std::atomic<std::uint64_t> next_family{1};
  time_ms latest_time = 0;

  std::mutex writing;  ///< held by each who writes to the database
  mutable std::mutex published_mutex;
  std::shared_ptr<const rocksdb::Snapshot> published;  ///< under published_mutex

  impl() = default;
  ~impl();
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  /// A family that is dropped goes, with its files, when nobody holds it any more.
  family_ref hold(rocksdb::ColumnFamilyHandle* family) const;
  family_ref family(shard_id shard) const;

  /// Writes; `durably` with an fsync, and then the memtables are filled while the disk writes
  /// (storage/two_step_sync.h): who writes rows that readers look for sees to it that they find
  /// what is durable only, by publish().
  rocksdb::Status write(rocksdb::WriteBatch& batch, bool durably);

  /// From now on readers see what is there now, until it is called again; all of it is durable.
  void publish();
  /// Nobody calls publish() any more: readers see whatever is there.
  void publish_all();

  /// What readers see now; null: whatever is there. Keep it short. Whoever reads a family that may
  /// be replaced asks for the family first: the other way round he might not see its rows.
  std::shared_ptr<const rocksdb::Snapshot> seen() const;

  /// The shard writer's thread only; the old family is dropped, and lives as long as a view holds
  /// it.
  void replace_family(shard_id shard, rocksdb::ColumnFamilyHandle* family);

  /// The node record, durable.
  status save(const node_record& node);

  /// The chain mark, all zero when none was written yet.
  outcome<chain_mark_record> mark(shard_id shard) const;

  /// Nothing when the shard was never replicated.
  outcome<std::optional<replica_record>> replica(shard_id shard) const;
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
