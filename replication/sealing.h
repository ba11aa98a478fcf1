/// Entries to stored bytes and back (schemas/log_entry.h): the product's `sealing`, and how an
/// adapter opens what it reads or receives. The configuration of a config entry travels as redo:
///   version u64 | lineage u64 | replicas u16 | sites u16 | count u16 |
///   count × (node u16 | incarnation u64 | site u16) | 1 u8, only when it is planned
/// Pure functions; any thread. Errors: errc::corrupt. Limit: max_voters.
#pragma once

#include "replication/entry.h"
#include "schemas/outcome.h"

#include <string>
#include <string_view>

namespace conclave::replication {

/// The product's sealing: encodes the entry once, into `stored`, and names it.
void seal_stored(shard_id shard, entry& e);

/// The stored bytes of an entry of this shard.
std::string stored_bytes(shard_id shard, const entry& e);

/// First 16 bytes of SHA-256 over prev_hash and the stored bytes.
hash16 name_of(const hash16& prev, std::string_view stored);

/// An entry with its name, from its stored bytes, which it does not keep: who wants the entry whole
/// sets `stored`. Its place in the chain is for the core to judge.
outcome<entry> open_entry(shard_id shard, std::string_view stored);

std::string encode(const shard_config& config);
outcome<shard_config> decode_shard_config(std::string_view bytes);

}  // namespace conclave::replication
