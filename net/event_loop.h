/// One thread, one epoll: accepts, handshakes, reads, hands batches of frames to its handler, runs
/// posted tasks, then flushes every dirty connection once. Level-triggered; timers on a wheel.
///
/// Iteration: wait -> read ready sockets (on_frames, one batch per wake-up) -> posted tasks ->
/// on_iteration_end -> flush. So everything that an iteration causes leaves in one write each.
///
/// run() owns the thread that calls it; post(), post_brief() and stop() are thread-safe; everything
/// else belongs to that thread (or to the time before run()). While it sleeps, another thread may
/// take its turn and run tasks and flush in its place (net/turn_scope.h): what is said below of the
/// loop's thread holds for that one then. There is one at a time, and it sees all that the one
/// before did.
#pragma once

#include "conf/limits.h"
#include "net/connection.h"
#include "net/tls_context.h"
#include "schemas/frame.h"
#include "schemas/outcome.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace conclave::net {

/// Who uses a loop's connections. All calls on the loop's thread.
class loop_handler {
 public:
  virtual ~loop_handler() = default;

  /// TLS is up (either side). Frames may be sent from here on.
  virtual void on_open(connection& c) = 0;

  /// All whole frames of this wake-up. Views live for the call only.
  virtual void on_frames(connection& c, std::span<const frame_view> frames) = 0;

  /// The outbox fell to limits::outbox_low_bytes after having been above outbox_high_bytes
  /// (connection::above_high).
  virtual void on_drained(connection& c) = 0;

  /// The connection is gone, whatever the cause; also for one that never opened. Exactly once.
  /// `detail` is one sentence for the log.
  virtual void on_close(connection& c, close_reason reason, const std::string& detail) = 0;

  /// After all reads and tasks of an iteration, before the flush.
  virtual void on_iteration_end() {}
};

struct loop_counters {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;            ///< beyond max_connections, or no descriptor left
  std::uint64_t resumed = 0;            ///< handshakes that a ticket made short
  std::uint64_t handshakes_failed = 0;  ///< and those that took too long
  std::uint64_t malformed = 0;          ///< connections closed for bad frames or TLS records
  std::uint64_t frames_in = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t writes = 0;           ///< SSL_write calls
  std::uint64_t shared_writes = 0;    ///< those of them that the second thread made
  std::uint64_t writes_together = 0;  ///< those that shared a system call with others
  std::uint64_t iterations = 0;
  std::uint64_t lent_turns = 0;   ///< taken by another thread while the loop slept
  std::uint64_t connections = 0;  ///< now
};

/// The bounds of one loop's connections; tests make them small.
struct loop_options {
  std::chrono::milliseconds handshake_timeout = limits::handshake_timeout;
  std::chrono::milliseconds idle_timeout = limits::idle_timeout;
  std::chrono::milliseconds write_stall = limits::write_stall;
  std::size_t outbox_high_bytes = limits::outbox_high_bytes;
  std::size_t outbox_low_bytes = limits::outbox_low_bytes;
  std::size_t outbox_max_bytes = limits::outbox_max_bytes;
  std::size_t max_connections = 1'000'000;  ///< accepted ones beyond it are closed at once
  /// Dirty connections of one iteration from which a second thread shares the writes, while the
  /// loop sleeps half of its time; 0: there is no such thread.
  std::size_t share_flush_from = 0;
  /// The records of a crowd are sent some dozens per system call, where the kernel allows it.
  bool io_uring = false;
};

class event_loop {
 public:
  /// `number` is this loop's part of connection ids. The handler outlives the loop.
  event_loop(std::uint8_t number, loop_handler& handler, const loop_options& options = {});
  ~event_loop();

  /// Fails when any socket listens there. listen() shares its port and would not notice another
  /// node.
  static status check_port_is_free(const std::string& address, std::uint16_t port);

  /// Listens with SO_REUSEPORT; accepted connections carry `tag`. Port 0 picks a free one; the
  /// outcome is the port. Before run() or on the loop's thread.
  outcome<std::uint16_t> listen(const std::string& address, std::uint16_t port,
                                std::shared_ptr<const tls_context> tls, std::uint32_t tag);

  /// New handshakes of listeners with this tag use `tls` from now on.
  void replace_tls(std::uint32_t tag, std::shared_ptr<const tls_context> tls);

  /// Stops accepting; open connections stay, and those that wait to be accepted are accepted first.
  void close_listeners();

  /// Starts a client connection; `server_name` (host name or IP address) is verified against the
  /// certificate, unless `tls` is a peer's: the handler judges those. on_open or on_close follows,
  /// never from inside this call. Loop thread only. An address that is a name is resolved, which
  /// blocks: for programs of people. 0 once stop() was called.
  connection_id connect(const std::string& address, std::uint16_t port,
                        std::shared_ptr<const tls_context> tls, const std::string& server_name,
                        std::uint32_t tag);

  /// nullptr when it is gone.
  connection* find(connection_id id);

  void for_each(const std::function<void(connection&)>& visit);

  /// Runs on the loop's thread, in posting order, in its next iteration.
  void post(std::function<void()> task);

  /// The same for what takes some tens of microseconds: in a turn_scope the thread that posts it
  /// may run it in the loop's place.
  void post_brief(std::function<void()> task);

  /// One shot, coarse (100 ms steps), on the loop's thread. Loop thread only. Not cancellable:
  /// use generations.
  void after(std::chrono::milliseconds delay, std::function<void()> task);

  /// One shot, at that moment and not 100 ms later, on the loop's thread. Loop thread only; for who
  /// keeps a pace: each costs a system call.
  void at(std::chrono::steady_clock::time_point due, std::function<void()> task);

  /// Until stop(); then runs what was posted before it, flushes once, closes everything and
  /// returns.
  void run();
  void stop();

  /// It slept at least half of its time lately. Loop thread only.
  bool rests() const;
  /// Something waits for the flush of this iteration. Loop thread only.
  bool has_output() const;

  std::uint8_t number() const;
  loop_counters counters() const;  ///< thread-safe, approximate

 private:
  std::unique_ptr<loop_state> state_;
};

}  // namespace conclave::net
