/// Sealing: each shard's redo is hashed into its chain, stored in the log and applied to the state
/// in the same batch, so that no crash can come between the two.
#include "storage/commit_group.h"

#include "conf/limits.h"
#include "schemas/check.h"
#include "storage/store.h"
#include "storage/store_impl.h"

#include <algorithm>
#include <utility>

namespace conclave::storage {

namespace {

/// A checksum per key travels with the batch into the memtable: a bit that flips on the way is a
/// failed write, not a wrong row.
constexpr std::size_t protection_bytes_per_key = 8;

}  // namespace

commit_group::commit_group(rocksdb::ColumnFamilyHandle* log, rocksdb::ColumnFamilyHandle* meta,
                           std::vector<shard_lane> lanes)
    : log_(log),
      meta_(meta),
      lanes_(std::move(lanes)),
      batch_(2 * limits::max_commit_bytes, 0, protection_bytes_per_key, 0) {}

shard_lane& commit_group::touch(shard_id shard, log_kind kind, time_ms time) {
  CONCLAVE_CHECK(shard.value < lanes_.size(), "the shard exists");
  shard_lane& lane = lanes_[shard.value];
  if (!lane.touched) {
    lane.touched = true;
    lane.kind = kind;
    lane.group_time = lane.time;
    lane.redo.clear();
    touched_.push_back(shard.value);
  }
  lane.group_time = std::max(lane.group_time, time);
  return lane;
}

void commit_group::add(shard_id shard, time_ms time, std::string_view redo) {
  shard_lane& lane = touch(shard, log_kind::operations, time);
  lane.redo.append(redo);
  redo_bytes_ += redo.size();
}

void commit_group::open_epoch(shard_id shard, time_ms time) {
  shard_lane& lane = touch(shard, log_kind::noop, time);
  ++lane.epoch.value;
}

void commit_group::apply_redo(shard_lane& lane) {
  redo_reader reader(lane.redo);
  redo_operation operation;
  while (reader.next(operation)) {
    const rocksdb::Status added =
        operation.is_put ? batch_.Put(lane.family, slice(operation.key), slice(operation.value))
                         : batch_.Delete(lane.family, slice(operation.key));
    CONCLAVE_CHECK(added.ok(), "a batch takes what redo holds");
  }
  CONCLAVE_CHECK(reader.ok(), "redo is whole");
}

void commit_group::seal_lane(shard_lane& lane) {
  ++lane.last.value;
  lane.time = lane.group_time;
  entry_.clear();
  append_log_entry(entry_,
                   {lane.kind, lane.shard, lane.epoch, lane.last, lane.time, lane.hash, lane.redo});
  lane.hash = chain_hash(lane.hash, entry_);
  lane.bytes_since_mark += entry_.size();
  rocksdb::Status added =
      batch_.Put(log_, slice(keys::log_entry(lane.shard, lane.last)), slice(entry_));
  CONCLAVE_CHECK(added.ok(), "a batch takes a log entry");
  apply_redo(lane);
  added = batch_.Put(lane.family, slice(keys::applied()),
                     slice(encode(applied_record{lane.last, lane.epoch, lane.hash, lane.time})));
  CONCLAVE_CHECK(added.ok(), "a batch takes an applied row");
  lane.touched = false;

  trim(lane, entry_.size());
  if (lane.last.value - lane.marked.value >= limits::chain_mark_entries ||
      lane.bytes_since_mark >= limits::chain_mark_bytes) {
    mark(lane);
  }
}

void commit_group::mark(shard_lane& lane) {
  const rocksdb::Status added =
      batch_.Put(meta_, slice(keys::meta_chain_mark(lane.shard)),
                 slice(encode(chain_mark_record{lane.last, lane.hash, lane.first_kept})));
  CONCLAVE_CHECK(added.ok(), "a batch takes a chain mark");
  lane.marked = lane.last;
  lane.bytes_since_mark = 0;
}

void commit_group::trim(shard_lane& lane, std::uint64_t entry_bytes) {
  const auto first = lane.tail.appended(lane.last, entry_bytes);
  if (!first) return;
  const rocksdb::Status added =
      batch_.DeleteRange(log_, slice(keys::log_entry(lane.shard, lane.first_kept)),
                         slice(keys::log_entry(lane.shard, *first)));
  CONCLAVE_CHECK(added.ok(), "a batch takes a range delete");
  lane.first_kept = *first;
  mark(lane);
}

void commit_group::add_marks() {
  for (shard_lane& lane : lanes_) {
    if (lane.last != lane.marked) mark(lane);
  }
}

rocksdb::WriteBatch& commit_group::seal() {
  for (const std::size_t lane : touched_) seal_lane(lanes_[lane]);
  return batch_;
}

void commit_group::clear() {
  batch_.Clear();
  touched_.clear();
  redo_bytes_ = 0;
}

}  // namespace conclave::storage
