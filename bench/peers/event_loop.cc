/// One iteration: sleep, events, the caller's turn, one flush per connection, burials. On the
/// thread of run_until().
#include "bench/peers/event_loop.h"

#include "bench/clock.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace conclave::bench::peers {

event_loop::event_loop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (epoll_ < 0 || timer_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event) != 0) {
    throw std::runtime_error("epoll or timerfd is not to be had");
  }
}

event_loop::~event_loop() {
  ::close(timer_);
  ::close(epoll_);
}

void event_loop::watch(int fd, std::uint32_t events, source& s) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &s;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) throw std::runtime_error("epoll_ctl");
}

void event_loop::change(int fd, std::uint32_t events, source& s) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &s;
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0) throw std::runtime_error("epoll_ctl");
}

void event_loop::forget(int fd) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void event_loop::sleep_until(std::uint64_t ns) {
  itimerspec when{};
  // A time that is past fires at once; zero would disarm.
  when.it_value.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
  when.it_value.tv_nsec = static_cast<long>(ns % 1'000'000'000);
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
}

bool event_loop::run_until(std::uint64_t deadline_ns, const std::function<bool()>& done,
                           const std::function<void()>& each) {
  std::array<epoll_event, 256> events;
  for (;;) {
    if (each) each();
    // Index, not iterator: a flush may fail, and what follows from that may flush another.
    for (std::size_t i = 0; i < unflushed_.size(); ++i) unflushed_[i]->flush();
    unflushed_.clear();
    dead_.clear();
    if (done()) return true;
    if (now_ns() >= deadline_ns) return false;
    sleep_until(std::min(deadline_ns, wake_ns_));
    wake_ns_ = UINT64_MAX;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) throw std::runtime_error("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == nullptr) {
        std::uint64_t times = 0;
        if (::read(timer_, &times, sizeof times) < 0) continue;
      } else {
        static_cast<source*>(event.data.ptr)->on_events(event.events);
      }
    }
  }
}

}  // namespace conclave::bench::peers
