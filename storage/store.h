/// The disk: one RocksDB per node. One column family per shard for state, one `log` family, one
/// `meta` family, one WAL, so that one fsync serves all shards. Only the shard writer writes state.
///
/// Thread-safe after open(). Owned by the composition root, outlives everything that reads or
/// writes. Fails with one sentence at open; afterwards read errors are errc::io_error or
/// errc::corrupt and write errors end the process (shard_writer.h).
#pragma once

#include "schemas/keys.h"
#include "schemas/outcome.h"
#include "schemas/records.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace rocksdb {
class DB;
class ColumnFamilyHandle;
class FileSystem;
class Snapshot;
}  // namespace rocksdb

namespace conclave::storage {

struct store_options {
  std::string path;               ///< the data folder; created when absent
  std::uint16_t shard_count = 8;  ///< used at creation; afterwards it must match
  std::uint64_t block_cache_bytes = 256ull << 20;
  std::uint64_t write_buffer_bytes = 64ull << 20;
  std::string cluster;  ///< name check; empty: whatever is there, or a fresh random one
  bool create = true;   ///< false: where no data is, nothing is made, and that is an error
  /// A node that stands alone: each write is synced before the next (storage/wal_ahead.h). False
  /// where state is also applied by unsynced writes, which a durable log holds.
  bool syncs_each_write = false;

  /// Tests put a faulty file system under the store; null is the machine's own.
  std::shared_ptr<rocksdb::FileSystem> file_system;
};

/// Whether a scan may push other readers' blocks out of the cache.
enum class scan_cache : std::uint8_t { fill, spare };

/// A shard's column family, for as long as somebody holds it.
using family_ref = std::shared_ptr<rocksdb::ColumnFamilyHandle>;

/// One consistent view of one shard's state: what is durable, and nothing else. Cheap; holds a
/// RocksDB snapshot, so keep it short. Used by one thread at a time.
class state_view {
 public:
  /// errc::not_found when absent.
  outcome<std::string> get(std::string_view key) const;

  /// Calls visit(key, value) in key order until it returns false. Views live for the call only.
  using visitor = std::function<bool(std::string_view key, std::string_view value)>;
  status scan(const keys::range& range, const visitor& visit,
              scan_cache cache = scan_cache::fill) const;

  /// The same from the last key downwards.
  status scan_backward(const keys::range& range, const visitor& visit) const;

  shard_id shard() const { return shard_; }

 private:
  friend class store;
  state_view(rocksdb::DB* db, family_ref family, std::shared_ptr<const rocksdb::Snapshot> snapshot,
             shard_id shard);

  rocksdb::DB* db_;
  family_ref family_;
  std::shared_ptr<const rocksdb::Snapshot> snapshot_;
  shard_id shard_;
};

class store {
 public:
  /// Opens or creates the data folder, checks that applied <= last log index per shard and verifies
  /// the hash chain from the last mark. errc::corrupt names shard and index.
  static outcome<std::unique_ptr<store>> open(const store_options& options);
  ~store();

  /// Makes node().boot_count durable: from now on this start counts. Once; the second time does
  /// nothing. Whoever has peers calls it when one of them is about to judge the folder, and not
  /// before: starts that nobody has seen would count a folder that went back in time up to a number
  /// that looks right. One thread.
  status count_start();

  const node_record& node() const { return node_; }
  std::uint16_t shard_count() const { return node_.shard_count; }

  state_view view(shard_id shard) const;

  /// Point read outside any view: the latest committed state.
  outcome<std::string> get(shard_id shard, std::string_view key) const;

  /// A fact of this node alone, by one of keys::meta_…; errc::not_found.
  outcome<std::string> local(std::string_view key) const;
  /// Survives the process; the machine at once where each write is synced, elsewhere once the next
  /// commit is. Any thread, seldom.
  status put_local(std::string_view key, std::string_view value);

  /// What the shard's state stands at; all zero for a fresh shard.
  outcome<applied_record> applied(shard_id shard) const;

  /// SHA-256 (hex) over every key and value of the shard's family in order (promise P8).
  outcome<std::string> digest(shard_id shard) const;

  /// Highest time in any shard's log at open: what shard_clock starts from.
  time_ms latest_time() const;

  /// Verifies a shard's whole kept log and that its state stands at the end; for tools and tests
  /// (open verifies from the last mark). Only while nothing writes.
  status verify_log(shard_id shard) const;

  /// Reads log entries [from, …) until `visit` returns false. errc::not_found: `from` is trimmed;
  /// errc::corrupt: an index is missing.
  using log_visitor = std::function<bool(log_index index, std::string_view stored)>;
  status read_log(shard_id shard, log_index from, const log_visitor& visit) const;

 private:
  friend class local_committer;
  friend class replica_disk;
  friend class staged_state;
  store();

  struct impl;
  struct opener;
  std::unique_ptr<impl> impl_;
  node_record node_;  ///< boot_count: of this start
  bool counted_ = false;
};

/// The chain: hash_i over hash_{i-1} and the stored bytes of entry i.
hash16 chain_hash(const hash16& previous, std::string_view stored_entry);

}  // namespace conclave::storage
