/// The sending half of a seeding session: a view of the shard, cut into blocks. Plain object of the
/// seeding's thread; holds a RocksDB snapshot for as long as it lives.
/// Errors: errc::corrupt, io_error from the store.
#pragma once

#include "replication/peer_frames.h"
#include "storage/state_digest.h"
#include "storage/store.h"

#include <optional>
#include <string>

namespace conclave::replication {

class seed_source {
 public:
  /// errc::not_found: the shard has no state to give.
  static outcome<std::unique_ptr<seed_source>> open(storage::store& data, shard_id shard,
                                                    std::uint64_t session);

  const seed_begin& head() const { return head_; }

  /// The target holds everything up to `key` (empty: nothing): go on behind it, as block 1.
  void go_on_after(std::string key);

  /// Appends the next SEED_BLOCK frame; false: there are no more rows.
  outcome<bool> next_block(std::string& out);

  /// After the last block.
  seed_done end();

  std::uint64_t rows() const { return rows_; }

 private:
  explicit seed_source(storage::state_view view) : view_(std::move(view)) {}

  storage::state_view view_;
  seed_begin head_;
  std::string after_;    ///< last key sent on this link
  std::string counted_;  ///< last key in the digest: what is sent again is not counted again
  std::uint32_t number_ = 0;
  std::uint64_t rows_ = 0;
  storage::state_digest digest_;
  std::string result_;  ///< of the digest, once there are no more rows
};

}  // namespace conclave::replication
