/// Wakes the load threads of an open loop: the reactor's own timers tick in 100 ms, which is no
/// pace. A thread of its own that sleeps to the next due time and calls `wake`, which must be
/// thread-safe and cheap; at most one call per 100 µs, so that a high rate is woken in handfuls.
#pragma once

#include "bench/clock.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <sys/prctl.h>
#include <thread>

namespace conclave::bench {

class pacer {
 public:
  pacer(double per_second, std::uint64_t start_ns, std::function<void()> wake)
      : thread_([this, per_second, start_ns, wake = std::move(wake)] {
          // The kernel may let a sleeper lie 50 us longer, which would count as latency.
          ::prctl(PR_SET_TIMERSLACK, 1UL);
          const double wanted = 1e9 / per_second;
          const double step = wanted < 100'000 ? 100'000 : wanted;
          for (std::uint64_t k = 0; !over_; ++k) {
            const auto due = start_ns + static_cast<std::uint64_t>(static_cast<double>(k) * step);
            const std::uint64_t now = now_ns();
            if (due > now) std::this_thread::sleep_for(std::chrono::nanoseconds(due - now));
            // After a stall of this thread one call takes all that is due.
            if (now > due + static_cast<std::uint64_t>(step)) {
              k = static_cast<std::uint64_t>(static_cast<double>(now - start_ns) / step);
            }
            wake();
          }
        }) {}
  ~pacer() {
    over_ = true;
    thread_.join();
  }
  pacer(const pacer&) = delete;
  pacer& operator=(const pacer&) = delete;

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;  // last: it uses what stands above
};

}  // namespace conclave::bench
