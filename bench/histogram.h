/// Counts of latencies in buckets of 1.6 % width: 64 per power of two of nanoseconds. A plain value
/// of 17 KB; one per thread, merged at the end. Recording is a few instructions; nothing is lost at
/// the upper end (2^40 ns, 18 minutes, is the last bucket).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace conclave::bench {

class histogram {
 public:
  void record(std::uint64_t ns, std::uint64_t times = 1) {
    counts_[index_of(ns)] += times;
    total_ += times;
    max_ = std::max(max_, ns);
  }

  void merge(const histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    max_ = std::max(max_, other.max_);
  }

  std::uint64_t count() const { return total_; }
  std::uint64_t max() const { return max_; }

  /// The value below or at which this part of all lies, as the middle of its bucket; 0 when empty.
  /// Of few values the high quantiles are the highest one.
  double quantile(double part) const {
    if (total_ == 0) return 0;
    // Not above itself by the last bit: 0.9 of 10 values is the ninth.
    const double rank = std::ceil(part * static_cast<double>(total_) * (1 - 1e-12));
    const auto wanted = std::max<std::uint64_t>(static_cast<std::uint64_t>(rank), 1);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= wanted) return std::min(middle_of(i), static_cast<double>(max_));
    }
    return static_cast<double>(max_);
  }

 private:
  static constexpr unsigned sub_bits = 6;
  static constexpr std::uint64_t sub = std::uint64_t{1} << sub_bits;
  static constexpr unsigned octaves = 35;

  static std::size_t index_of(std::uint64_t ns) {
    if (ns < sub) return static_cast<std::size_t>(ns);
    const auto octave = static_cast<unsigned>(std::bit_width(ns)) - sub_bits - 1;
    if (octave >= octaves - 1) return octaves * sub - 1;
    return static_cast<std::size_t>((octave + 1) * sub + ((ns >> octave) - sub));
  }

  static double middle_of(std::size_t index) {
    if (index < sub) return static_cast<double>(index);
    const std::uint64_t octave = index / sub - 1;
    const std::uint64_t low = (index % sub + sub) << octave;
    return static_cast<double>(low) + static_cast<double>(std::uint64_t{1} << octave) / 2;
  }

  std::array<std::uint64_t, octaves * sub> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace conclave::bench
