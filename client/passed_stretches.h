/// Stretches of seqs that a device has stepped over because they were not for its user: what it has
/// to ask for when he may see them after all. Ascending, apart from each other, at most `most`: the
/// node closes the oldest of a member's stretches at 16 too. Plain data; no thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace conclave::client {

class passed_stretches {
 public:
  static constexpr std::size_t most = 32;
  using stretch = std::pair<std::uint64_t, std::uint64_t>;  ///< first and last

  /// Above all that is there already; anything else, and an empty one, is left out.
  void add(std::uint64_t first, std::uint64_t last) {
    const std::uint64_t end = all_.empty() ? 0 : all_.back().second;
    if (first == 0 || first > last || first <= end) return;
    if (end != 0 && first == end + 1)
      all_.back().second = last;
    else
      all_.emplace_back(first, last);
    if (all_.size() > most) all_.erase(all_.begin());
  }
  void add(const passed_stretches& later) {
    for (const auto& [first, last] : later.all_) add(first, last);
  }

  /// Forgets everything up to and including `seq`.
  void drop_up_to(std::uint64_t seq) {
    std::erase_if(all_, [&](const stretch& s) { return s.second <= seq; });
    if (!all_.empty()) all_.front().first = std::max(all_.front().first, seq + 1);
  }

  bool contains(std::uint64_t seq) const {
    return std::any_of(all_.begin(), all_.end(),
                       [&](const stretch& s) { return s.first <= seq && seq <= s.second; });
  }
  bool empty() const { return all_.empty(); }
  std::uint64_t first() const { return all_.empty() ? 0 : all_.front().first; }
  std::uint64_t last() const { return all_.empty() ? 0 : all_.back().second; }
  const std::vector<stretch>& all() const { return all_; }

  friend bool operator==(const passed_stretches&, const passed_stretches&) = default;

 private:
  std::vector<stretch> all_;
};

}  // namespace conclave::client
