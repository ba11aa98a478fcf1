/// Tasks at exact moments, for who keeps a pace: a timerfd in the loop's epoll, armed for the
/// earliest of them. The timer wheel's steps of 100 ms cost nothing per task; this costs a system
/// call each, and only loops that use it have one.
///
/// The loop's thread. Owned by the loop. Late by what the kernel and a busy iteration add, never
/// early.
#pragma once

#include "net/socket.h"

#include <cstdint>
#include <functional>
#include <map>

namespace conclave::net {

class exact_timer {
 public:
  exact_timer();

  /// Edge-triggered; never needs to be read.
  int fd() const { return timer_.get(); }

  /// `due_ns` of the steady clock.
  void add(std::int64_t due_ns, std::function<void()> task);

  /// Runs what is due, the earliest first. Tasks may add others: those run next time.
  void run_due(std::int64_t now_ns);

 private:
  void arm();

  unique_fd timer_;
  std::multimap<std::int64_t, std::function<void()>> tasks_;
};

}  // namespace conclave::net
