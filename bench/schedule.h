/// The open loop: message k is due at start + k / rate, whatever happened to those before it.
/// Latency counts from that moment, so a stall of the node shows in every message that was due
/// meanwhile. Pure: the caller brings the clock.
#pragma once

#include <cstdint>
#include <optional>

namespace conclave::bench {

class schedule {
 public:
  schedule() = default;
  /// `per_second` above 0. `part` of `parts`: several threads share one rate and do not fire
  /// together.
  schedule(double per_second, std::uint64_t start_ns, std::uint64_t part = 0,
           std::uint64_t parts = 1)
      : step_ns_(1e9 * static_cast<double>(parts) / per_second),
        start_ns_(start_ns +
                  static_cast<std::uint64_t>(static_cast<double>(part) * 1e9 / per_second)) {}

  /// When the next one is due.
  std::uint64_t next_due() const {
    // Multiplied, not summed up: the error does not grow with the length of a run.
    return start_ns_ + static_cast<std::uint64_t>(static_cast<double>(taken_) * step_ns_);
  }

  /// The intended time of the next one, once it is due.
  std::optional<std::uint64_t> take(std::uint64_t now_ns) {
    const std::uint64_t due = next_due();
    if (due > now_ns) return std::nullopt;
    ++taken_;
    return due;
  }

  std::uint64_t taken() const { return taken_; }

 private:
  double step_ns_ = 1e9;
  std::uint64_t start_ns_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace conclave::bench
