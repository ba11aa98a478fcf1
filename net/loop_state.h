/// The inside of an event loop: slots of connections, the lists of what is to be done in this
/// iteration, epoll, timers, listeners. Connections know their loop by this class, users of the
/// folder by event_loop.
///
/// In the loop's turn, one thread at a time, but for post(), wake(), take_turn(), stop() and
/// counters. The turn is the loop's thread's from run() on; while that sleeps, another may take it
/// (net/turn_scope.h). Owned by its event_loop. The lists
/// hold ids, never pointers: a connection may end while it stands in one. A connection is destroyed
/// in one place only, finish_closing(), when no frame of its own is on the stack.
#pragma once

#include "net/connection.h"
#include "net/event_loop.h"
#include "net/exact_timer.h"
#include "net/flush_helper.h"
#include "net/handshake_queue.h"
#include "net/lingering_sockets.h"
#include "net/outbox.h"
#include "net/rest_meter.h"
#include "net/socket.h"
#include "net/task_queue.h"
#include "net/timer_wheel.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace conclave::net {

/// One counter with one writer; others may read it at any time.
class loop_counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class loop_state {
 public:
  loop_state(event_loop& owner, std::uint8_t number, loop_handler& handler,
             const loop_options& options);
  ~loop_state();
  loop_state(const loop_state&) = delete;
  loop_state& operator=(const loop_state&) = delete;

  // -- what connections use
  // ------------------------------------------------------------------------
  event_loop& owner() { return owner_; }
  loop_handler& handler() { return handler_; }
  const loop_options& options() const { return options_; }
  std::int64_t now_ms() const { return now_ms_; }

  /// To be flushed, read again, stepped or ended in this iteration or the next.
  void list_dirty(connection& c);
  void list_ready(connection& c);
  void list_handshake(connection& c);
  void list_closing(connection& c);

  /// Brings epoll in step with what the connection waits for.
  void watch(connection& c);
  /// Sees to it that check_deadline() is called in time.
  void set_alarm(connection& c);

  /// Shared by all connections, each for the length of a call.
  char* read_buffer() { return read_buffer_.data(); }
  char* staging() { return staging_.data(); }
  std::vector<frame_view>& batch() { return batch_; }
  outbox_pool& pool() { return pool_; }

  struct {
    loop_counter accepted, refused, resumed, handshakes_failed, malformed, frames_in, bytes_in,
        bytes_out, writes, iterations, lent_turns, connections;
  } counters;

  // -- what event_loop uses
  // --------------------------------------------------------------------------
  outcome<std::uint16_t> listen(const std::string& address, std::uint16_t port,
                                std::shared_ptr<const tls_context> tls, std::uint32_t tag);
  void replace_tls(std::uint32_t tag, const std::shared_ptr<const tls_context>& tls);
  void close_listeners();
  connection_id connect(const std::string& address, std::uint16_t port,
                        std::shared_ptr<const tls_context> tls, const std::string& server_name,
                        std::uint32_t tag);
  connection* find(connection_id id);
  void for_each(const std::function<void(connection&)>& visit);
  void post(std::function<void()> task) { tasks_.post(std::move(task)); }
  void post_brief(std::function<void()> task);
  void wake() { tasks_.wake(); }
  void take_turn();
  void after(std::chrono::milliseconds delay, std::function<void()> task);
  void at(std::chrono::steady_clock::time_point due, std::function<void()> task);
  void run();
  void stop();
  std::uint8_t number() const { return number_; }
  bool rests() const { return rest_.rests(); }
  bool has_output() const { return !dirty_.empty(); }
  std::uint64_t shared_writes() const { return helper_ == nullptr ? 0 : helper_->helped(); }
  std::uint64_t writes_together() const {
    return writer_.sent_together() + (helper_ == nullptr ? 0 : helper_->sent_together());
  }

 private:
  struct slot {
    connection* occupant = nullptr;
    std::uint32_t generation = 1;
  };
  struct listener {
    unique_fd fd;
    std::uint32_t tag = 0;
    std::shared_ptr<const tls_context> tls;
    bool paused = false;
  };
  struct alarm {
    connection_id id;
    std::int64_t due_ms;
  };

  // -- loop_state.cc: connections and their lists
  // --------------------------------------------------
  connection& add_connection(std::uint32_t tag, std::shared_ptr<const tls_context> tls);
  void end(connection& c);
  void linger(unique_fd fd);
  void expect_lingering_end();

  // -- loop_iteration.cc -------------------------------------------------------------------------
  int wait_ms();
  void lend_turn(int patience_ms);
  void take_back_turn();
  static std::int64_t steady_ns();
  void update_now();
  void iterate();
  void dispatch(std::uint64_t token, std::uint32_t events);
  void read_ready();
  void step_handshakes();
  void run_tasks();
  void run_taken_tasks();
  void fire_timers();
  void flush_dirty(record_writer& writer);
  bool shares(std::size_t records) const;
  void write_lone_records(record_writer& writer);
  void write_lent(record_writer& writer);
  void finish_closing();
  void shut_down();

  // -- accepting.cc
  // ----------------------------------------------------------------------------------
  bool accept_from(std::size_t index);
  void shed_connection(const listener& from);
  void pause_accepting(listener& from);
  void resume_accepting();

  event_loop& owner_;
  loop_handler& handler_;
  const loop_options options_;
  const std::uint8_t number_;

  std::mutex turn_;      // held by who has the turn, in which all that follows is used
  bool sleeps_ = false;  // the loop's thread, in epoll
  std::int64_t sleeps_until_ms_ = 0;
  std::int64_t lent_ns_ = 0;  // the turns of others in this sleep
  std::int64_t now_ms_ = 0;

  unique_fd epoll_;
  unique_fd spare_;  // given up to accept and close a connection when descriptors run out
  task_queue tasks_;
  std::vector<task_queue::task> running_tasks_;
  std::atomic<bool> stopping_{false};

  outbox_pool pool_;  // outlives the connections
  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<listener> listeners_;
  lingering_sockets lingering_;
  bool lingering_watched_ = false;

  std::vector<connection_id> dirty_;
  std::vector<connection_id> ready_;
  handshake_queue handshakes_;
  std::vector<connection_id> closing_;
  std::vector<connection_id> working_;  // the list that is being worked off

  std::unique_ptr<flush_helper> helper_;
  rest_meter rest_;
  std::vector<connection*> lenders_;  // of lent_, in its order
  std::vector<record_write> lent_;
  record_writer writer_;        // of the loop's thread
  record_writer guest_writer_;  // of who takes a turn for it; a ring belongs to one thread

  timer_wheel<alarm> alarms_;
  timer_wheel<std::function<void()>> delayed_;
  std::unique_ptr<exact_timer> exact_;  // since at() was called first

  std::vector<char> read_buffer_;
  std::vector<char> staging_;
  std::vector<frame_view> batch_;
};

/// What epoll hands back: the kind of thing in the top byte. Kind 0 is a connection, and the rest
/// are the generation and slot of its id.
enum class token_kind : std::uint8_t {
  connection = 0,
  listener = 1,
  wake = 2,
  lingering = 3,
  exact_timer = 4,
};

inline std::uint64_t make_token(token_kind kind, std::uint64_t value) {
  return static_cast<std::uint64_t>(kind) << 56 | value;
}

/// One TLS record: what a flush gathers at most per SSL_write.
inline constexpr std::size_t record_bytes = 16 * 1024;

}  // namespace conclave::net
