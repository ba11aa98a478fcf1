/// A shard's state as it arrives from a peer, in a column family of its own beside the one in use:
/// a seeding that is cut short leaves the shard as it was. Rows are written without fsync; the
/// batch that adopts the family is synced, and the WAL keeps the order.
///
/// Thread: one, the seeding's. Owned by the seeding, then given to replica_disk::adopt(); whoever
/// destroys it before that drops the family. The store outlives it.
/// Errors: errc::io_error. Limits: memory of one batch of rows.
#pragma once

#include "schemas/keys.h"
#include "storage/store.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace conclave::storage {

class staged_state {
 public:
  using row = std::pair<std::string_view, std::string_view>;

  static outcome<std::unique_ptr<staged_state>> create(store& data, shard_id shard);
  ~staged_state();

  /// In key order, without the applied row.
  status put(std::span<const row> rows);

  /// Of everything that was put, read back from the family: the same as digest_of_rows() there.
  outcome<std::string> digest() const;

 private:
  friend class replica_disk;
  staged_state(store& data, shard_id shard, std::uint64_t number);

  store& data_;
  shard_id shard_;
  std::uint64_t number_;
  rocksdb::ColumnFamilyHandle* family_ = nullptr;
};

/// The range of a shard's rows that travel in a snapshot: all but the applied row.
keys::range snapshot_rows();

}  // namespace conclave::storage
