/// A vector from `first_`; forgetting moves the rest down, so the owner does it now and then.
#include "replication/log_window.h"

#include "schemas/check.h"

namespace conclave::replication {

const log_window::name* log_window::at(log_index i) const {
  if (i < first_ || i > last_index()) return nullptr;
  return &names_[static_cast<std::size_t>(i.value - first_.value)];
}

void log_window::append(const position& p) {
  CONCLAVE_CHECK(p.index == after(last_index()), "a log grows by one entry at a time");
  names_.push_back({p.epoch, p.hash});
}

void log_window::truncate_after(log_index i) {
  CONCLAVE_CHECK(i >= first_ && i <= last_index(), "a log is cut inside its window");
  names_.resize(static_cast<std::size_t>(i.value - first_.value) + 1);
}

void log_window::forget_before(log_index keep) {
  if (keep <= first_) return;
  CONCLAVE_CHECK(keep <= last_index(), "the end of a log stays in its window");
  const auto gone = static_cast<std::ptrdiff_t>(keep.value - first_.value);
  names_.erase(names_.begin(), names_.begin() + gone);
  first_ = keep;
}

}  // namespace conclave::replication
