/// Which TLS handshake a loop steps next, of those that have something to read. Loop thread only,
/// owned by its loop.
///
/// The one that has waited longest; but once that is longer than `patience`, every other time the
/// one that came last. The youngest alone would leave some waiting for ever as long as new ones
/// keep coming; the oldest alone would serve all too late once a storm lasts longer than the
/// deadline. So whoever finds n waiting is served after at most 2n + 2 steps, and in a storm half
/// of what a loop can do goes to those who are in time. Bound: one entry per connection; what is
/// gone is passed over by its stale id.
#pragma once

#include "net/connection.h"

#include <cstdint>
#include <deque>

namespace conclave::net {

class handshake_queue {
 public:
  /// A fifth of limits::handshake_timeout: later steps and the peer's own patience need the rest.
  static constexpr std::int64_t patience_ms = 1000;

  bool empty() const { return waiting_.empty(); }

  void push(connection_id id, std::int64_t now_ms) { waiting_.push_back({id, now_ms}); }

  /// Not of an empty queue.
  connection_id take(std::int64_t now_ms) {
    const bool late = now_ms - waiting_.front().since_ms > patience_ms;
    youngest_next_ = late && !youngest_next_;
    const connection_id id = youngest_next_ ? waiting_.back().id : waiting_.front().id;
    youngest_next_ ? waiting_.pop_back() : waiting_.pop_front();
    return id;
  }

 private:
  struct entry {
    connection_id id;
    std::int64_t since_ms;
  };
  std::deque<entry> waiting_;
  bool youngest_next_ = false;
};

}  // namespace conclave::net
