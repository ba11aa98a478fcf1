/// Durable timers (promise P5c): looks at each shard's timer rows and tells the conversations what
/// is due, with the rows of the messages it is about. A row stays until the conversation has erased
/// it in the same log entry as its effect, so a crash at any moment fires it again: never early
/// (the conversation compares with shard time once more), never missed, at most a tick late.
///
/// The scan seeks from the earliest due that may still be there, so fired timers of the past (their
/// tombstones) are not walked again and again; a timer that is committed with an earlier due pulls
/// it back (on_timer). Thread: its own, started by start(); on_timer from any thread. Owned by the
/// engine. Memory: the keys in flight, at most max_per_tick per shard and
/// limits::max_timers_on_their_way per conversation. A read that fails is logged
/// and tried again at the next tick.
#pragma once

#include "actors/engine_ports.h"
#include "schemas/keys.h"
#include "storage/store.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace conclave::actors {

class timer_service {
 public:
  static constexpr std::chrono::milliseconds tick_every{200};
  static constexpr std::size_t max_per_tick = 10'000;
  /// Keys of conversations that have more due than may be on their way; a look of some 50 ms.
  static constexpr std::size_t max_passed_over = 100'000;
  static constexpr std::size_t max_per_batch = 500;
  static constexpr std::size_t max_batch_bytes = 1024 * 1024;

  /// Visits the timers of a range in the order of their due times, as state_view::scan does.
  using due_scan = std::function<status(const storage::state_view& view, const keys::range& range,
                                        const storage::state_view::visitor& visit)>;

  /// `scan`: how timers are read; a test's may fail as a disk does.
  timer_service(const storage::store& store, const engine_ports& ports,
                due_scan scan = scan_of_view);
  ~timer_service() { stop(); }

  void start();
  void stop();

  /// A timer due then was committed in the shard; 0: it is not known for when.
  void on_timer(shard_id shard, time_ms due);

  /// One look at every shard at shard time `now`. True: there was more than one tick takes.
  bool tick(time_ms now);

 private:
  struct shard_state {
    time_ms seek_from = 0;
    std::map<keys::timer_key, time_ms> in_flight;  ///< -> when it was given out, shard time
  };

  static status scan_of_view(const storage::state_view& view, const keys::range& range,
                             const storage::state_view::visitor& visit) {
    return view.scan(range, visit);
  }
  bool tick_shard(shard_id shard, time_ms now);
  void give_out(shard_id shard, const std::vector<keys::timer_key>& due);

  const storage::store& store_;
  const engine_ports& ports_;
  due_scan scan_;
  std::vector<shard_state> shards_;  ///< the service's thread, but seek_from under mutex_
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace conclave::actors
