/// The wait of the generator: epoll, and one timer that is as exact as the kernel's own (a timeout
/// of epoll_wait counts in milliseconds, which is no pace). Everything of this folder lives on the
/// one thread that calls run_until().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace conclave::bench::peers {

class event_loop {
 public:
  class source {
   public:
    source() = default;
    source(const source&) = delete;
    source& operator=(const source&) = delete;
    virtual ~source() = default;
    virtual void on_events(std::uint32_t events) = 0;
    /// Called once at the end of an iteration in which flush_later() was called.
    virtual void flush() = 0;
  };

  event_loop();
  ~event_loop();
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  void watch(int fd, std::uint32_t events, source& s);
  void change(int fd, std::uint32_t events, source& s);
  void forget(int fd);
  void flush_later(source& s) { unflushed_.push_back(&s); }
  /// Deletes it at the end of the iteration: its caller may still be one of its own functions.
  void bury(std::shared_ptr<void> dead) { dead_.push_back(std::move(dead)); }

  /// Ends an iteration's sleep at this moment (of bench/clock.h) at the latest; for one iteration.
  void wake_at(std::uint64_t ns) { wake_ns_ = ns < wake_ns_ ? ns : wake_ns_; }

  /// `each` runs once per iteration, after the events and before the flush. True: `done` said so;
  /// false: the deadline came first.
  bool run_until(std::uint64_t deadline_ns, const std::function<bool()>& done,
                 const std::function<void()>& each = {});

 private:
  void sleep_until(std::uint64_t ns);

  int epoll_ = -1;
  int timer_ = -1;
  std::uint64_t wake_ns_ = UINT64_MAX;
  std::vector<source*> unflushed_;
  std::vector<std::shared_ptr<void>> dead_;
};

}  // namespace conclave::bench::peers
