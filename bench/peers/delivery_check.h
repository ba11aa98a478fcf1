/// The judge of one receiver in one room: each number once, in order, none left out. Pure; one
/// thread.
#pragma once

#include <cstdint>
#include <set>

namespace conclave::bench::peers {

class delivery_check {
 public:
  /// False: it has been here before.
  bool take(std::uint64_t number) {
    if (number >= next_) {
      for (; next_ < number; ++next_) missing_.insert(next_);
      ++next_;
      return true;
    }
    if (missing_.erase(number) == 1) {
      ++misordered_;
      return true;
    }
    ++duplicates_;
    return false;
  }

  /// When so many have been said and nothing more will come.
  std::uint64_t lost(std::uint64_t said) const {
    return missing_.size() + (said > next_ ? said - next_ : 0);
  }
  std::uint64_t duplicates() const { return duplicates_; }
  std::uint64_t misordered() const { return misordered_; }

 private:
  std::uint64_t next_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t misordered_ = 0;
  std::set<std::uint64_t> missing_;
};

}  // namespace conclave::bench::peers
