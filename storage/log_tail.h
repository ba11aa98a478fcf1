/// How much of a shard's log is kept: the newest bytes_kept, and never more than entries_kept
/// entries and a chunk, dropped from the old end in chunks. Whatever is dropped while it still lies
/// in a memtable is never written to a table at all, which is most of a busy log. Pure bookkeeping
/// of the shard writer's thread; a few dozen numbers per shard.
#pragma once

#include "conf/limits.h"
#include "schemas/ids.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

namespace conclave::storage {

struct log_tail_bounds {
  std::uint64_t bytes_kept = limits::log_keep_bytes;
  std::uint64_t entries_kept = limits::log_keep_entries;
  std::uint64_t chunk_bytes = limits::log_trim_bytes;
  std::uint64_t chunk_entries = limits::log_trim_entries;
};

class log_tail {
 public:
  explicit log_tail(log_tail_bounds bounds = {}) : bounds_(bounds) {}

  /// What a restart finds: entries up to `last` whose bytes nobody counted. They go when enough
  /// bytes have followed, and by their number, else a quiet shard's log would grow from restart to
  /// restart.
  void found(log_index first, log_index last) {
    for (std::uint64_t at = first.value; at <= last.value; at += bounds_.chunk_entries) {
      const std::uint64_t count = std::min(bounds_.chunk_entries, last.value - at + 1);
      chunks_.push_back({log_index{at + count - 1}, 0, count});
      entries_ += count;
    }
  }

  /// Counts an entry. Gives the index from which on the log is to be kept when older ones may go.
  std::optional<log_index> appended(log_index index, std::uint64_t bytes) {
    return appended(index, bytes, [] { return log_index{UINT64_MAX}; });
  }

  /// The same; entries from needed() on are kept longer, up to limits::log_kept_for_peers times as
  /// many.
  template <class Needed>
  std::optional<log_index> appended(log_index index, std::uint64_t bytes, Needed&& needed) {
    open_.last = index;
    open_.bytes += bytes;
    ++open_.entries;
    if (open_.bytes < bounds_.chunk_bytes && open_.entries < bounds_.chunk_entries) return {};
    bytes_ += open_.bytes;
    entries_ += open_.entries;
    chunks_.push_back(open_);
    open_ = {};
    std::optional<log_index> from;
    if (!can_spare(chunks_.front(), 1)) return from;
    const log_index needed_from = needed();
    while (!chunks_.empty() && can_spare(chunks_.front(), 1)) {
      const chunk& oldest = chunks_.front();
      if (oldest.last >= needed_from && !can_spare(oldest, limits::log_kept_for_peers)) break;
      from = log_index{chunks_.front().last.value + 1};
      bytes_ -= chunks_.front().bytes;
      entries_ -= chunks_.front().entries;
      chunks_.pop_front();
    }
    return from;
  }

 private:
  struct chunk {
    log_index last{};
    std::uint64_t bytes = 0;
    std::uint64_t entries = 0;
  };

  /// Without it, is there still `times` what is to be kept?
  bool can_spare(const chunk& oldest, std::uint64_t times) const {
    return bytes_ - oldest.bytes >= bounds_.bytes_kept * times ||
           entries_ - oldest.entries >= bounds_.entries_kept * times;
  }

  log_tail_bounds bounds_;
  std::deque<chunk> chunks_;  ///< oldest first
  chunk open_;
  std::uint64_t bytes_ = 0;  ///< of the chunks
  std::uint64_t entries_ = 0;
};

}  // namespace conclave::storage
