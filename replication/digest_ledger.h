/// What this node knows of digests of its shards (promise P8): its own at the newest marks, and how
/// those that other nodes tell compare. A mark is a log entry, so both speak of the same state.
///
/// Plain data of one thread. Limit: so many own digests per shard that a node whose digest comes
/// late still finds its counterpart.
#pragma once

#include "schemas/ids.h"

#include <deque>
#include <map>
#include <string>

namespace conclave::replication {

struct state_digest_at {
  log_index index{};
  std::string digest;  ///< hexadecimal; empty: none yet

  friend bool operator==(const state_digest_at&, const state_digest_at&) = default;
};

class digest_ledger {
 public:
  enum class comparison { unknown, equal, differs };

  void note(shard_id shard, state_digest_at own) {
    std::deque<state_digest_at>& known = own_[shard];
    known.push_back(std::move(own));
    if (known.size() > kept) known.pop_front();
  }

  /// The newest own one; empty: none.
  state_digest_at newest(shard_id shard) const {
    const auto known = own_.find(shard);
    return known == own_.end() || known->second.empty() ? state_digest_at{} : known->second.back();
  }

  comparison compare(shard_id shard, const state_digest_at& others) const {
    const auto known = own_.find(shard);
    if (known == own_.end() || others.digest.empty()) return comparison::unknown;
    for (const state_digest_at& own : known->second)
      if (own.index == others.index)
        return own.digest == others.digest ? comparison::equal : comparison::differs;
    return comparison::unknown;
  }

 private:
  static constexpr std::size_t kept = 8;
  std::map<shard_id, std::deque<state_digest_at>> own_;
};

}  // namespace conclave::replication
