/// The settings of RocksDB 7.8. Some avoid faults of that very version: no SyncWAL (it breaks WAL
/// tracking), two memtables at most (a retried flush may misorder more), no async reads, no range
/// deletes in state families or wherever inserts are hinted, no WAL recycling or compression.
#include "storage/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

namespace conclave::storage {

namespace {

/// Memtables of all families together: mutable, and those being flushed. The WAL bound keeps live
/// ones below 96 MiB; this stops writes when flushing cannot keep up.
constexpr std::uint64_t write_buffers_in_total = 4;

/// table u8 | tenant u32 | conversation or user u64: rows of one conversation arrive in order, so
/// the memtable finds the place of the next one without a search.
constexpr std::size_t state_hint_prefix_bytes = 13;

/// Timers lie by due time: each would be a prefix of its own, and a memtable keeps a hint for every
/// prefix that it has seen.
class hint_prefix final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "conclave.hint_prefix"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), state_hint_prefix_bytes};
  }
  bool InDomain(const rocksdb::Slice& key) const override {
    return key.size() >= state_hint_prefix_bytes &&
           key[0] != static_cast<char>(static_cast<std::uint8_t>(table::timer));
  }
};

rocksdb::BlockBasedTableOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                              std::size_t block_bytes, bool bloom) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;  // bounded memory, whatever the size of the data
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  table.block_size = block_bytes;
  table.optimize_filters_for_memory = true;
  // In parts of a block each: whole, the filter of a large table is a megabyte, which a shard of a
  // small cache has no room for, so that each point read fetches and checks it anew (280 µs in the
  // place of 5).
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = bloom;
  if (bloom) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  return table;
}

}  // namespace

rocksdb::DBOptions database_options(const store_options& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;

  // Durability. A torn tail is what a crash leaves and was never acknowledged; damage before the
  // tail must not be skipped silently. After a write error the kernel may have forgotten the dirty
  // pages: RocksDB must not try again (the shard writer ends the process).
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.max_bgerror_resume_count = 0;
  db.track_and_verify_wals_in_manifest = true;
  db.recycle_log_file_num = 0;
  db.paranoid_checks = true;
  db.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();

  // One writer: no concurrent memtable inserts, which insert hints need.
  db.allow_concurrent_memtable_write = false;
  db.enable_pipelined_write = false;
  db.unordered_write = false;
  db.max_total_wal_size = max_total_wal_bytes;
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(
      options.write_buffer_bytes * write_buffers_in_total);

  // Leave the cores to the engine; smooth write-back of tables; no unlink of big files on readers.
  db.max_background_jobs = 2;
  db.max_subcompactions = 1;
  db.bytes_per_sync = 1ull << 20;
  db.avoid_unnecessary_blocking_io = true;
  db.max_open_files = -1;

  db.keep_log_file_num = 4;
  db.max_log_file_size = 16ull << 20;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

family_options::family_options(const store_options& options)
    : cache_(rocksdb::NewLRUCache(options.block_cache_bytes)),
      write_buffer_bytes_(options.write_buffer_bytes) {}

rocksdb::ColumnFamilyOptions family_options::busy() const {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = write_buffer_bytes_;
  family.max_write_buffer_number = 2;
  // Compaction is the larger half of a row's cost: many files in level 0 and a large level 1 make
  // it rarer (7.7 instead of 9 to 11 µs per row over a minute).
  family.level0_file_num_compaction_trigger = 10;
  family.level0_slowdown_writes_trigger = 30;
  family.level0_stop_writes_trigger = 48;
  family.max_bytes_for_level_base = 1ull << 30;
  family.target_file_size_base = 64ull << 20;
  family.level_compaction_dynamic_level_bytes = true;
  family.compression_per_level = {rocksdb::kNoCompression,  rocksdb::kNoCompression,
                                  rocksdb::kLZ4Compression, rocksdb::kLZ4Compression,
                                  rocksdb::kLZ4Compression, rocksdb::kLZ4Compression,
                                  rocksdb::kLZ4Compression};
  return family;
}

rocksdb::ColumnFamilyOptions family_options::shard() const {
  rocksdb::ColumnFamilyOptions family = busy();
  family.memtable_insert_with_hint_prefix_extractor = std::make_shared<hint_prefix>();
  family.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(table_options(cache_, 16 * 1024, true)));
  return family;
}

rocksdb::ColumnFamilyOptions family_options::log() const {
  rocksdb::ColumnFamilyOptions family = busy();
  // No insert hints here: RocksDB 7.8 keeps one hint per prefix for a memtable's rows and for its
  // range deletes, which live in another skip list, so a trim would put the next row in a wrong
  // place. Entries are read in order and never looked up by absent key: no filter, large blocks.
  family.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(table_options(cache_, 64 * 1024, false)));
  return family;
}

rocksdb::ColumnFamilyOptions family_options::small() const {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = 1ull << 20;
  family.max_write_buffer_number = 2;
  family.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(table_options(cache_, 4 * 1024, true)));
  return family;
}

}  // namespace conclave::storage
