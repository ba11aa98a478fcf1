/// One TLS connection: handshake, frames in, outbox out. Client and server side are the same class.
///
/// Lives on its loop's thread: every member function is called there, by the loop's handler or by a
/// task posted to the loop. Owned by the event loop; a connection_id outlives it safely
/// (generation). Idle cost beside OpenSSL: under 1 KiB; the outbox is null when empty, there is no
/// read buffer of its own unless a frame is incomplete.
///
/// Bad input (promise P7): a frame above the bound, a wrong version or a broken TLS record is
/// answered with one ERROR frame where possible and closes this connection only.
#pragma once

#include "net/frame_reader.h"
#include "net/loop_buffer.h"
#include "net/outbox.h"
#include "net/record_write.h"
#include "net/socket.h"
#include "net/socket_bio.h"
#include "net/tls_context.h"
#include "schemas/errc.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;

namespace conclave::net {

class event_loop;
class loop_state;

/// Names a connection for ever: (loop, slot, generation) packed in 64 bits. 0 is none.
struct connection_id {
  std::uint64_t value = 0;
  explicit operator bool() const { return value != 0; }
  friend auto operator<=>(connection_id, connection_id) = default;
};

enum class close_reason : std::uint8_t {
  by_peer,
  by_us,
  handshake_failed,
  handshake_timeout,
  idle_timeout,
  write_stall,
  outbox_overflow,
  malformed,
  io_error,
  connect_failed,
};
std::string_view name_of(close_reason reason);

/// What the handler hangs on a connection; destroyed after on_close.
class connection_user {
 public:
  virtual ~connection_user() = default;
};

class connection {
 public:
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  connection_id id() const { return id_; }
  event_loop& loop();
  /// "127.0.0.1:5123"
  const std::string& peer() const { return peer_; }
  /// The listener's tag (server side) or the tag given to connect() (client side).
  std::uint32_t tag() const { return tag_; }

  /// The URIs that the peer's verified certificate is made out to, once open. Empty when it showed
  /// none, which only the peers of nodes do.
  std::vector<std::string> peer_uris() const;

  /// Queues a range of a shared buffer: whole frames. Flushed once at the end of the iteration.
  void send(const loop_buffer_ref& buffer, std::size_t offset, std::size_t size);
  /// Queues a copy of whole frames, gathered in the connection's own tail buffer.
  void send(std::string_view frames);
  /// The tail buffer itself, for encoding in place: append whole frames, then call queued().
  std::string& tail() { return out_.tail(); }
  void queued();

  /// What the socket has not taken yet, encrypted or not.
  std::size_t outbox_bytes() const { return out_.bytes() + socket_.rest_bytes(); }

  /// More than outbox_high_bytes of that wait. Whoever holds something back because of it may rely
  /// on on_drained.
  bool above_high() const;

  /// Stops and resumes reading the socket (back-pressure). While paused the idle clock stands
  /// still.
  void pause_reading();
  void resume_reading();
  bool reading_paused() const { return paused_; }

  /// Restarts the idle clock with another bound; zero: never. It runs from the last bytes that
  /// came. At first limits::idle_timeout for accepted connections, never for those made by
  /// connect().
  void set_idle_timeout(std::uint32_t ms);
  /// Largest frame accepted from now on (counts `length`). At first
  /// limits::max_frame_bytes_before_login for accepted connections, limits::max_answer_bytes for
  /// those made by connect().
  void set_max_frame(std::uint32_t bytes) { reader_.set_max_length(bytes); }

  /// Closes at the end of this iteration; with flush, what is queued is written first (at most
  /// write_stall). on_close follows exactly once. Later frames of this connection are not
  /// delivered.
  void close(close_reason reason, bool flush);
  bool closing() const { return closing_; }

  std::unique_ptr<connection_user> user;

 private:
  friend class event_loop;
  friend class loop_state;

  enum class phase : std::uint8_t { connecting, handshaking, open };

  /// What a client side needs until TLS is up.
  struct client_side {
    std::string server_name;
    std::vector<socket_address> addresses;  // still to be tried, the next one first
  };

  connection(loop_state& loop, connection_id id, std::uint32_t tag,
             std::shared_ptr<const tls_context> tls);
  ~connection();

  // -- connection.cc: life ------------------------------------------------------------------------
  void close_with(close_reason reason, std::string detail, bool flush);
  bool has_last_words() const;
  void after_queueing();
  void on_event(std::uint32_t events);
  std::uint32_t wanted_events() const;
  std::int64_t deadline_ms() const;
  void check_deadline();

  // -- handshake.cc: until the connection is open
  // ---------------------------------------------------
  void start_accepted(unique_fd fd, std::string peer);
  void start_connecting(const std::string& address, std::uint16_t port,
                        const std::string& server_name);
  void try_next_address(std::string detail);
  void finish_connecting();
  void step_handshake();
  bool prepare_tls();
  void handshake_stopped(int ssl_error, int saved_errno);
  void become_open();
  void cork(bool corked);
  static void count_tls_message(int sent, int version, int type, const void* bytes,
                                std::size_t size, ssl_st* ssl, void* self);

  // -- connection_io.cc: open
  // ------------------------------------------------------------------------
  void read();
  void deliver(std::string_view bytes);
  void reject(errc why);
  void end_flood_of_tls();
  bool may_write() const;
  /// For the peer, within loop_options::write_stall.
  bool write_waits() const { return stuck_ || write_wants_read_; }
  void flush();
  bool flush_rest();
  record_write lone_record();
  bool settle(record_write& w);
  void stall();
  void wait_for_the_other_half();
  void other_half_came();
  void flushed();
  void drained();
  void io_stopped(int ssl_error, int saved_errno, std::string tls_error);
  void say_goodbye();

  loop_state& loop_;
  ssl_st* ssl_ = nullptr;
  unique_fd fd_;
  socket_bio socket_;  // below ssl_
  outbox out_;
  frame_reader reader_;
  std::int64_t last_read_ms_ = 0;      // or the start of closing: nothing is read from then on
  std::int64_t last_progress_ms_ = 0;  // of writing, or the start of the phase
  std::int64_t alarm_ms_ = 0;          // the wheel's next look at this connection; 0: none
  connection_id id_;
  std::uint32_t tag_;
  std::uint32_t armed_events_ = 0;
  std::uint32_t idle_timeout_ms_ = 0;
  std::uint32_t tls_messages_ = 0;  // the peer's, since the handshake or in this minute
  std::int64_t tls_messages_since_ms_ = 0;
  phase phase_ = phase::handshaking;
  close_reason reason_ = close_reason::by_us;

  bool accepted_ = false;  // the server side
  bool watched_ = false;   // epoll knows the socket
  bool closing_ = false;
  bool flush_first_ = false;
  bool closing_listed_ = false;  // the flags *_listed_: stands in that list of the loop
  bool dirty_listed_ = false;
  bool ready_listed_ = false;
  bool handshake_listed_ = false;
  bool paused_ = false;
  bool stuck_ = false;  // the socket took no more: wait until it is writable
  bool handshake_wants_write_ = false;
  bool read_wants_write_ = false;
  bool write_wants_read_ = false;  // half of a peer's request for new keys has come
  bool above_high_ = false;
  bool tls_broken_ = false;
  bool corked_ = false;  // the end of the handshake waits for the frames of this iteration

  std::unique_ptr<client_side> client_;
  std::shared_ptr<const tls_context> tls_;
  std::string peer_;
  std::string detail_;
};

}  // namespace conclave::net
