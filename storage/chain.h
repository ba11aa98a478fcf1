/// Verifying a shard's hash chain: the entries from a known point to the end, and that the state
/// stands exactly at the last of them. Reads only; any thread. A breach is errc::corrupt with shard
/// and index.
#pragma once

#include "schemas/records.h"
#include "storage/store.h"

namespace conclave::storage {

/// The name of a shard's place in its log, for sentences: "shard 3, entry 17".
std::string place(shard_id shard, log_index index);

/// What one entry must be, given its predecessor. Yields the entry's own hash.
outcome<hash16> verify_entry(shard_id shard, log_index index, const hash16& previous,
                             std::string_view stored);

/// Whether a shard's state may stand before the end of its log: that of a replica may, because its
/// last entries may not be committed.
enum class state_may : std::uint8_t { not_lag, lag };

/// Walks the log from `mark` to its end and compares it with `applied`. The entry at the mark
/// itself is verified too, against the mark's hash, unless the log begins behind it (after a
/// seeding).
status verify_chain(const store& s, shard_id shard, const chain_mark_record& mark,
                    const applied_record& applied, state_may state = state_may::not_lag);

}  // namespace conclave::storage
