/// How much of its time a loop sleeps: whether there is a core to spare for helping it. Plain
/// numbers, nanoseconds of any steady clock; the loop's thread.
#pragma once

#include <cstdint>

namespace conclave::net {

class rest_meter {
 public:
  static constexpr std::int64_t window_ns = 50'000'000;

  /// Once per iteration: it slept so long, and woke now.
  void note(std::int64_t slept_ns, std::int64_t now_ns) {
    slept_ns_ += slept_ns;
    const std::int64_t passed = now_ns - since_ns_;
    if (passed < window_ns) return;
    rests_ = slept_ns_ * 2 >= passed;
    since_ns_ = now_ns;
    slept_ns_ = 0;
  }

  /// At least half of the last window was sleep.
  bool rests() const { return rests_; }

 private:
  std::int64_t since_ns_ = 0;
  std::int64_t slept_ns_ = 0;
  bool rests_ = false;
};

}  // namespace conclave::net
