/// The names (epoch, hash) of the newest entries of a log: all that is not yet committed, and some
/// behind it to compare with. Entries themselves are on disk; 24 bytes per entry are here.
/// Owned by one replica, on its thread. Errors: asking outside of the window gives nullptr; cutting
/// or appending outside of it is a bug (CONCLAVE_CHECK). Limit: the owner calls forget_before.
#pragma once

#include "replication/position.h"

#include <cstddef>
#include <vector>

namespace conclave::replication {

class log_window {
 public:
  /// Starts behind `base`, which is itself part of the window. {}: the empty log.
  explicit log_window(const position& base = {})
      : first_(base.index), names_{{base.epoch, base.hash}} {}

  struct name {
    shard_epoch epoch{};
    hash16 hash{};

    friend bool operator==(const name&, const name&) = default;
  };

  log_index first() const { return first_; }
  log_index last_index() const { return log_index(first_.value + names_.size() - 1); }
  position last() const { return {names_.back().epoch, last_index(), names_.back().hash}; }

  /// nullptr: behind the window or beyond the end.
  const name* at(log_index i) const;

  void append(const position& p);      ///< p.index is last + 1
  void truncate_after(log_index i);    ///< i is in the window
  void forget_before(log_index keep);  ///< keeps `keep` and everything after it

 private:
  log_index first_{};
  std::vector<name> names_;
};

}  // namespace conclave::replication
