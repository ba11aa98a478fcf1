/// Any number of sessions on one thread: connects, says HELLO and LOGIN, keeps connections alive
/// with PING, encodes requests in place and hands out events and answers as borrowed views. The
/// hard-working face of the client library: no reconnect, no resend, no cursors, no copies; those
/// are in client/session.h.
///
/// Thread: run() owns the thread that calls it. post() and stop() are thread-safe; everything else
/// belongs to that thread or to the time before run(). The handler must outlive the reactor.
///
/// Receiving a frame allocates nothing. A session costs one slot of about 100 bytes beside its
/// connection; slots are reused, and a session_ref knows when its slot has moved on.
#pragma once

#include "client/endpoint.h"
#include "net/event_loop.h"
#include "schemas/account_messages.h"
#include "schemas/codec.h"
#include "schemas/event.h"
#include "schemas/frame.h"
#include "schemas/inbox_messages.h"
#include "schemas/presence_messages.h"
#include "schemas/session_messages.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace conclave::client {

/// Names one session of a reactor. `context` is the caller's own number, given to open().
struct session_ref {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::uint64_t context = 0;
  explicit operator bool() const { return generation != 0; }
};

/// Why a session ended.
struct end_of_session {
  net::close_reason reason{};
  errc code = errc::ok;  ///< what the node said about it (ERROR or GOAWAY); ok: nothing
  std::string detail;    ///< one sentence
  std::uint32_t reconnect_after_ms = 0;
  std::string leader;  ///< HOST:PORT of the node to go to, as the node said; empty: it did not
  bool was_ready = false;
  bool login_sent = false;  ///< the proof went out: the node may have taken it
};

/// All calls on the reactor's thread; views live for the call only. Requests may be made and
/// sessions closed from inside any of them.
class reactor_handler {
 public:
  virtual ~reactor_handler() = default;

  /// Logged in: requests may be made from here on.
  virtual void on_ready(session_ref s, const logged_in& who, const welcome& node) = 0;

  /// A pushed event, as it came: order and gaps are the receiver's business (conversation_cursor).
  virtual void on_event(session_ref s, conversation_id conversation, const event_view& event,
                        std::string_view event_bytes) = 0;

  /// There are events up to `head` that were not pushed.
  virtual void on_head(session_ref s, conversation_id conversation, event_seq head) = 0;

  /// An entry of the user's inbox, as it came: order and gaps are the receiver's (inbox_cursor).
  virtual void on_inbox_entry(session_ref, const inbox_entry&) {}
  virtual void on_inbox_head(session_ref, std::uint64_t /*head*/) {}

  /// Soft state of what the connection watches.
  virtual void on_typing(session_ref, const typing_push&) {}
  virtual void on_read_by(session_ref, const read_by_push&) {}
  virtual void on_presence(session_ref, const presence_push&) {}

  /// The one answer to the request with this correlation; frame_type::error included.
  virtual void on_answer(session_ref s, std::uint64_t correlation, const frame_view& answer) = 0;

  /// The node will close the connection soon; on_closed follows.
  virtual void on_goaway(session_ref, const goaway&) {}

  /// Exactly once for each opened session, also for one that never got ready.
  virtual void on_closed(session_ref s, const end_of_session& end) = 0;

  /// After everything that one wake-up brought, before the flush.
  virtual void on_iteration_end() {}
};

struct reactor_options {
  std::string client_name = "conclave-client/" CONCLAVE_VERSION;
  /// From connect to LOGGED_IN.
  std::chrono::milliseconds login_deadline{10'000};
  /// A PING this often, whatever else is sent: receiving alone does not keep a connection alive.
  /// The node's idle timeout may shorten it to a third of that.
  std::chrono::milliseconds ping_after{30'000};
  /// A PING without any sign of life for this long ends the session.
  std::chrono::milliseconds pong_within{15'000};
};

class reactor final : private net::loop_handler {
 public:
  /// Correlations from here up are the reactor's own.
  static constexpr std::uint64_t correlation_limit = std::uint64_t{1} << 63;

  explicit reactor(reactor_handler& handler, reactor_options options = {});
  ~reactor() override;

  /// Starts a session; on_ready or on_closed follows, never before this returns. `server` must be
  /// resolved. The proof is kept until it is sent.
  session_ref open(const endpoint& server, std::shared_ptr<const net::tls_context> tls,
                   std::string token, std::uint64_t context);
  /// The same with a password, which makes a new device: its token is in `who` of on_ready. The
  /// message's fields must be within their bounds.
  session_ref open(const endpoint& server, std::shared_ptr<const net::tls_context> tls,
                   const login_password& proof, std::uint64_t context);

  /// Encodes a request into the connection's outbox. The correlation is the caller's: nonzero,
  /// below correlation_limit, unique among the session's open requests. False: not ready or ended.
  template <class Message>
  bool request(session_ref s, std::uint64_t correlation, const Message& message) {
    net::connection* c = ready_connection(s);
    if (c == nullptr) return false;
    append_frame(c->tail(), correlation, message);
    c->queued();
    return true;
  }

  /// Sends whole frames that the caller has encoded before. False: not ready or ended.
  bool transmit(session_ref s, std::string_view frames);

  /// Is the node still there? A PING now; without any sign of life within this long the session
  /// ends. Nothing when such a question is open, or was asked less than `within` ago.
  void probe(session_ref s, std::chrono::milliseconds within);

  /// Bytes that wait to be written; 0 when the session is gone.
  std::size_t outbox_bytes(session_ref s);

  /// Too many of them wait for more; on_iteration_end follows when there is room again.
  bool above_high(session_ref s);

  /// Ends a session after what is queued has been written; on_closed follows.
  void close(session_ref s);

  std::size_t sessions() const { return open_sessions_; }

  void post(std::function<void()> task) { loop_.post(std::move(task)); }
  /// One shot, in steps of 100 ms; on the reactor's thread.
  void after(std::chrono::milliseconds delay, std::function<void()> task) {
    loop_.after(delay, std::move(task));
  }
  /// One shot, at that moment; on the reactor's thread.
  void at(std::chrono::steady_clock::time_point due, std::function<void()> task) {
    loop_.at(due, std::move(task));
  }
  void run() { loop_.run(); }
  void stop() { loop_.stop(); }

  net::loop_counters counters() const { return loop_.counters(); }

 private:
  enum class phase : std::uint8_t { free, connecting, greeting, logging_in, ready };

  struct slot {
    phase where = phase::free;
    bool opening = false;  // inside open(): on_closed has to wait
    bool ping_open = false;
    bool login_sent = false;
    std::uint32_t generation = 0;
    std::uint64_t context = 0;
    net::connection* connection = nullptr;  // from on_open to on_close
    net::connection_id id;
    std::uint64_t opened_ms = 0;
    std::uint64_t pinged_ms = 0;
    std::uint64_t pong_by_ms = 0;  // while ping_open
    std::uint32_t ping_after_ms = 0;
    std::string proof;  // the whole LOGIN or LOGIN_PASSWORD frame, until it is sent
    welcome node;       // its views are empty outside of a call
    errc said = errc::ok;
    std::string said_detail;
    std::string leader;
    std::uint32_t reconnect_after_ms = 0;
  };

  void send_ping(slot& at, net::connection& c, std::chrono::milliseconds within);
  void on_open(net::connection& c) override;
  void on_frames(net::connection& c, std::span<const frame_view> frames) override;
  void on_drained(net::connection&) override { handler_.on_iteration_end(); }
  void on_close(net::connection& c, net::close_reason reason, const std::string& detail) override;
  void on_iteration_end() override { handler_.on_iteration_end(); }

  session_ref open_with(const endpoint& server, std::shared_ptr<const net::tls_context> tls,
                        std::string proof, std::uint64_t context);
  session_ref ref_of(std::uint32_t index) const;
  slot* find(session_ref s);
  net::connection* ready_connection(session_ref s);
  void take_frame(session_ref s, net::connection& c, const frame_view& frame);
  void take_event(session_ref s, net::connection& c, const frame_view& frame);
  void take_own(slot& at, session_ref s, net::connection& c, const frame_view& frame);
  void take_push(slot& at, session_ref s, net::connection& c, const frame_view& frame);
  template <class Message, class Hand>
  void hand_on(slot& at, net::connection& c, const frame_view& frame, Hand&& hand);
  void remember_error(slot& at, const frame_view& frame);
  void broken(slot& at, net::connection& c, std::string_view what);
  void finish(std::uint32_t index, net::close_reason reason, const std::string& detail);
  void tick();

  reactor_handler& handler_;
  reactor_options options_;
  std::vector<std::unique_ptr<slot>> slots_;  // stable addresses while handlers open more
  std::vector<std::uint32_t> free_;
  std::size_t open_sessions_ = 0;
  net::event_loop loop_;  // last: its end reports closes into the members above
};

}  // namespace conclave::client
