/// One group commit: the redo of many proposals becomes one log entry per shard, the state they
/// make, and the applied rows, all in one WriteBatch. Used by the shard writer's thread only;
/// buffers are kept from group to group, so that a steady writer allocates nothing per row.
///
/// A write that fails leaves the object unusable: the shard writer ends the process.
#pragma once

#include "schemas/log_entry.h"
#include "schemas/records.h"
#include "storage/log_tail.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::storage {

/// A shard as its writer sees it: where its log ends, and what the group adds.
struct shard_lane {
  shard_id shard{};
  rocksdb::ColumnFamilyHandle* family = nullptr;
  shard_epoch epoch{};
  log_index last{};
  hash16 hash{};
  time_ms time = 0;

  log_index first_kept{1};
  log_tail tail;
  log_index marked{};
  std::uint64_t bytes_since_mark = 0;

  // -- the group under construction
  // ----------------------------------------------------------------
  bool touched = false;
  log_kind kind = log_kind::operations;
  time_ms group_time = 0;
  std::string redo;
};

class commit_group {
 public:
  commit_group(rocksdb::ColumnFamilyHandle* log, rocksdb::ColumnFamilyHandle* meta,
               std::vector<shard_lane> lanes);

  const std::vector<shard_lane>& lanes() const { return lanes_; }

  /// Adds redo to the shard's entry of this group.
  void add(shard_id shard, time_ms time, std::string_view redo);

  /// Opens the next epoch of the shard with a NOOP entry.
  void open_epoch(shard_id shard, time_ms time);

  /// Adds a chain mark for every shard that has moved since its last one.
  void add_marks();

  bool empty() const { return touched_.empty() && batch_.Count() == 0; }
  std::size_t redo_bytes() const { return redo_bytes_; }
  std::size_t entries() const { return touched_.size(); }

  /// Closes the group: every touched shard gets its log entry. What is to be written, until
  /// clear().
  rocksdb::WriteBatch& seal();

  /// The sealed group is written: starts the next one.
  void clear();

 private:
  shard_lane& touch(shard_id shard, log_kind kind, time_ms time);
  void seal_lane(shard_lane& lane);
  void apply_redo(shard_lane& lane);
  void mark(shard_lane& lane);
  void trim(shard_lane& lane, std::uint64_t entry_bytes);

  rocksdb::ColumnFamilyHandle* log_;
  rocksdb::ColumnFamilyHandle* meta_;
  std::vector<shard_lane> lanes_;     ///< by shard id
  std::vector<std::size_t> touched_;  ///< lanes with something in this group
  std::size_t redo_bytes_ = 0;
  std::string entry_;  ///< stored bytes of the entry being sealed
  rocksdb::WriteBatch batch_;
};

}  // namespace conclave::storage
