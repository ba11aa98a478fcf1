/// The walk along a shard's log at start-up: one pass, constant memory.
#include "storage/chain.h"

#include "crypto/digest.h"
#include "schemas/log_entry.h"

#include <algorithm>

namespace conclave::storage {

hash16 chain_hash(const hash16& previous, std::string_view stored_entry) {
  const crypto::sha256_bytes full = crypto::sha256(
      {reinterpret_cast<const char*>(previous.data()), previous.size()}, stored_entry);
  hash16 result;
  std::copy_n(full.begin(), result.size(), result.begin());
  return result;
}

std::string place(shard_id shard, log_index index) {
  return "shard " + std::to_string(shard.value) + ", entry " + std::to_string(index.value);
}

namespace {

failure corrupt(shard_id shard, log_index index, std::string_view what) {
  return failure{errc::corrupt, place(shard, index) + ": " + std::string(what)};
}

/// Everything about an entry that can be judged without its predecessor.
outcome<log_entry_view> decode_own(shard_id shard, log_index index, std::string_view stored) {
  auto entry = decode_log_entry(stored);
  if (!entry) return corrupt(shard, index, "the log entry is damaged");
  if (entry->shard != shard || entry->index != index) {
    return corrupt(shard, index, "the log entry belongs somewhere else");
  }
  return entry;
}

}  // namespace

outcome<hash16> verify_entry(shard_id shard, log_index index, const hash16& previous,
                             std::string_view stored) {
  const auto entry = decode_own(shard, index, stored);
  if (!entry) return entry.error();
  if (entry->prev_hash != previous) {
    return corrupt(shard, index, "the log entry does not continue the chain");
  }
  return chain_hash(previous, stored);
}

status verify_chain(const store& s, shard_id shard, const chain_mark_record& mark,
                    const applied_record& applied, state_may state) {
  log_index last = mark.index;
  hash16 hash = mark.hash;
  // What the log says of the entry at which the state stands.
  hash16 at_state = applied.index == mark.index ? mark.hash : hash16{};
  const bool begins_behind = mark.first_kept > mark.index && mark.index.value > 0;
  bool seen = begins_behind;
  failure breach{errc::ok, {}};
  const log_index from{begins_behind ? mark.first_kept.value
                                     : std::max<std::uint64_t>(mark.index.value, 1)};
  const status read = s.read_log(shard, from, [&](log_index index, std::string_view stored) {
    if (index == mark.index) {
      // Its predecessor may be trimmed: the entry names the hash it builds on.
      const auto entry = decode_own(shard, index, stored);
      if (!entry) {
        breach = entry.error();
      } else if (chain_hash(entry->prev_hash, stored) != mark.hash) {
        breach = corrupt(shard, index, "the log entry is not the one that was marked as verified");
      }
    } else {
      const auto next = verify_entry(shard, index, hash, stored);
      if (next) {
        hash = *next;
      } else {
        breach = next.error();
      }
    }
    last = index;
    seen = true;
    if (index == applied.index) at_state = hash;
    return breach.code == errc::ok;
  });
  if (breach.code != errc::ok) return breach;
  if (!read) return failure{errc::corrupt, read.error().detail};
  if (mark.index.value > 0 && !seen) {
    return corrupt(shard, mark.index,
                   "the log entry is missing although it was marked as verified");
  }
  const bool before_end = state == state_may::lag && applied.index < last;
  if (applied.index != last && !before_end) {
    return corrupt(
        shard, last,
        "the log ends here but the state stands at entry " + std::to_string(applied.index.value));
  }
  if (applied.index < mark.index) {
    return corrupt(shard, applied.index, "the state stands before what was marked as verified");
  }
  if (applied.hash != at_state) {
    return corrupt(shard, applied.index, "the state carries another hash than the log");
  }
  return done{};
}

}  // namespace conclave::storage
