/// How long to wait before trying again: doubling from `first` to `most`, each time a random point
/// in the upper half, so that clients that failed together do not come back together. A plain
/// value; randomness is given by the caller.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace conclave::client {

class backoff {
 public:
  using duration = std::chrono::milliseconds;

  backoff() = default;
  backoff(duration first, duration most) : first_(first), most_(most) {}

  void reset() { attempts_ = 0; }
  /// Something went well, though nothing is of use yet: waits stay below eight times the first.
  void ease() { attempts_ = std::min<std::uint32_t>(attempts_, 2); }
  std::uint32_t attempts() const { return attempts_; }

  /// The next wait: never shorter than `at_least`, which the node may have asked for.
  duration next(std::uint64_t random, duration at_least = duration{0}) {
    const std::uint32_t doublings = std::min<std::uint32_t>(attempts_, 16);
    ++attempts_;
    const duration step = std::min(most_, first_ * (std::int64_t{1} << doublings));
    return jittered(std::max(step, at_least * 2), random, at_least);
  }

 private:
  static duration jittered(duration step, std::uint64_t random, duration at_least) {
    const auto half = static_cast<std::uint64_t>(std::max<std::int64_t>(1, step.count() / 2));
    return std::max(at_least, duration{static_cast<std::int64_t>(half + random % (half + 1))});
  }

  duration first_{100};
  duration most_{10'000};
  std::uint32_t attempts_ = 0;
};

}  // namespace conclave::client
