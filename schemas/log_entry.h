/// The log entry: what one group commit did to one shard, and what replicas receive.
///
///   format u8 | kind u8 | shard u16 | epoch u64 | index u64 | time u64 | prev_hash 16 bytes |
///   redo length u32 | redo | crc32 u32 (zlib, over everything before it)
///
/// hash_i = first 16 bytes of SHA-256(hash_{i-1} ‖ the stored bytes of entry i); hash_0 is zero.
/// Pure data; any thread. The hash itself is computed in storage/ (crypto/ is not below schemas/).
#pragma once

#include "schemas/ids.h"
#include "schemas/outcome.h"
#include "schemas/records.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave {

enum class log_kind : std::uint8_t {
  operations = 1,   ///< redo of proposals
  noop = 2,         ///< opens an epoch
  config = 3,       ///< opens an epoch of a replicated shard: its voters, rule and lineage
  digest_mark = 4,  ///< no redo: every replica takes the digest of its state here (promise P8)
};

struct log_entry_view {
  log_kind kind = log_kind::operations;
  shard_id shard{};
  shard_epoch epoch{};
  log_index index{};
  time_ms time = 0;
  hash16 prev_hash{};
  std::string_view redo;
};

/// Appends the stored bytes of an entry to `out`.
void append_log_entry(std::string& out, const log_entry_view& entry);

/// errc::corrupt: wrong size, wrong crc, unknown format or kind.
outcome<log_entry_view> decode_log_entry(std::string_view bytes);

/// The physical puts and deletes of one shard, as bytes: what redo is made of.
///   put:   1 u8 | key length varint | value length varint | key | value
///   erase: 2 u8 | key length varint | key
class redo_writer {
 public:
  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);

  const std::string& bytes() const { return bytes_; }
  std::size_t operations() const { return operations_; }
  bool empty() const { return operations_ == 0; }

 private:
  std::string bytes_;
  std::size_t operations_ = 0;
};

struct redo_operation {
  bool is_put = true;
  std::string_view key;
  std::string_view value;
};

/// Walks redo bytes. next() returns false at the end; ok() tells afterwards whether the end was
/// clean.
class redo_reader {
 public:
  explicit redo_reader(std::string_view bytes) : rest_(bytes) {}
  bool next(redo_operation& operation);
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace conclave
