/// Places in a log, and what a replica has promised. Plain values; any thread; no errors.
#pragma once

#include "schemas/ids.h"
#include "schemas/records.h"

#include <cstdint>
#include <utility>

namespace conclave::replication {

/// The end of a log, or an entry of it: equal hash means equal history (the chain).
struct position {
  shard_epoch epoch{};
  log_index index{};
  hash16 hash{};

  friend bool operator==(const position&, const position&) = default;
};

/// Which of two logs is the newer one: a higher epoch beats a longer log.
inline bool newer(const position& a, const position& b) {
  return std::pair(a.epoch, a.index) > std::pair(b.epoch, b.index);
}

/// What an entry builds on. The hash names the epoch too.
struct link {
  log_index index{};
  hash16 hash{};

  friend bool operator==(const link&, const link&) = default;
};

/// "I accept nothing older." Neither part ever decreases (I5).
struct promise {
  shard_epoch epoch{};
  std::uint64_t config_version = 0;

  friend bool operator==(const promise&, const promise&) = default;
};

constexpr log_index before(log_index i) {
  return log_index(i.value - 1);
}
constexpr log_index after(log_index i) {
  return log_index(i.value + 1);
}

}  // namespace conclave::replication
