/// Waiting on conditions with a deadline: what tests do in place of sleeping.
#pragma once

#include <chrono>
#include <thread>

namespace conclave::test {

using namespace std::chrono_literals;

/// What a healthy machine needs is a thousandth of this; a busy one may need much of it.
inline constexpr std::chrono::milliseconds patience{30'000};

/// Looks every few milliseconds; false: the deadline passed first.
template <class Condition>
bool wait_until(Condition condition, std::chrono::milliseconds deadline = patience) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace conclave::test
