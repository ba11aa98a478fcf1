/// What a replicated shard asks of the disk. Writes of all shards gather in two batches: what must
/// be durable (log, promises, memories), written by sync() with one fsync, and state that a durable
/// log already holds, written by apply_now() without one.
///
/// Thread: the shard writer's, but for read() and load(), which any thread may call. Owned by the
/// replicas' committer; the store outlives it.
/// Errors: a failed write is told once, in a sentence; nothing may be retried. Reads:
/// errc::not_found, corrupt, io_error.
#pragma once

#include "schemas/replica_records.h"
#include "storage/staged_state.h"
#include "storage/store.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conclave::storage {

/// Where one shard stood when the folder was opened.
struct replica_rows {
  std::optional<replica_record> record;  ///< none: never replicated
  applied_record applied;
  log_index first_kept{1};
  std::vector<replica_peer_record> peers;
  std::vector<std::pair<log_index, std::string>> configs;  ///< by index; redo of config entries
};

class replica_disk {
 public:
  explicit replica_disk(store& data, bool sync = true);
  ~replica_disk();

  const store& data() const;

  static outcome<replica_rows> load(const store& data, shard_id shard);

  /// Stored entries from `first` on, at most `count` of at most `bytes` in all but at least one.
  /// errc::not_found: the log begins later.
  outcome<std::vector<std::string>> read(shard_id shard, log_index first, std::size_t count,
                                         std::size_t bytes) const;

  // -- must be durable
  // --------------------------------------------------------------------------------
  void append(shard_id shard, log_index index, std::string_view stored);
  /// Deletes the entries after `keep` up to `last`.
  void cut(shard_id shard, log_index keep, log_index last);
  /// Deletes the entries before `first`; `mark` says where verification begins from then on.
  void trim(shard_id shard, log_index first, const chain_mark_record& mark);
  void mark(shard_id shard, const chain_mark_record& mark);
  void put(shard_id shard, const replica_record& record);
  void put(shard_id shard, const replica_peer_record& record);
  void put_config(shard_id shard, log_index index, std::string_view redo);
  void erase_config(shard_id shard, log_index index);
  /// The staged state takes the place of the shard's, the log is emptied; `record.family` is set
  /// from it. In force once sync() has returned. The old family is dropped with the store.
  void adopt(shard_id shard, std::unique_ptr<staged_state> state, replica_record& record,
             const applied_record& applied);

  bool waits() const;  ///< there is something to sync
  status sync();

  // -- held by a durable log
  // --------------------------------------------------------------------------
  void apply(shard_id shard, std::string_view redo, const applied_record& applied);
  status apply_now();

  std::uint64_t fsyncs() const;
  std::uint64_t entries() const;  ///< appended
  std::uint64_t fsync_us() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace conclave::storage
