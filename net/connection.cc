/// The life of a connection: what its user asks of it, its deadlines, its end.
#include "net/connection.h"

#include "net/loop_state.h"
#include "schemas/codec.h"
#include "schemas/session_messages.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <sys/epoll.h>
#include <utility>

namespace conclave::net {

std::string_view name_of(close_reason reason) {
  switch (reason) {
    case close_reason::by_peer:
      return "by_peer";
    case close_reason::by_us:
      return "by_us";
    case close_reason::handshake_failed:
      return "handshake_failed";
    case close_reason::handshake_timeout:
      return "handshake_timeout";
    case close_reason::idle_timeout:
      return "idle_timeout";
    case close_reason::write_stall:
      return "write_stall";
    case close_reason::outbox_overflow:
      return "outbox_overflow";
    case close_reason::malformed:
      return "malformed";
    case close_reason::io_error:
      return "io_error";
    case close_reason::connect_failed:
      return "connect_failed";
  }
  return "unknown";
}

connection::connection(loop_state& loop, connection_id id, std::uint32_t tag,
                       std::shared_ptr<const tls_context> tls)
    : loop_(loop),
      out_(loop.pool()),
      reader_(limits::max_answer_bytes),
      last_read_ms_(loop.now_ms()),
      last_progress_ms_(loop.now_ms()),
      id_(id),
      tag_(tag),
      tls_(std::move(tls)) {}

connection::~connection() {
  SSL_free(ssl_);
}

event_loop& connection::loop() {
  return loop_.owner();
}

// -- sending
// ---------------------------------------------------------------------------------------

void connection::send(const loop_buffer_ref& buffer, std::size_t offset, std::size_t size) {
  if (closing_) return;
  out_.push(buffer, offset, size);
  after_queueing();
}

void connection::send(std::string_view frames) {
  if (closing_) return;
  out_.push(frames);
  after_queueing();
}

void connection::queued() {
  if (closing_) return;
  out_.count_tail();
  after_queueing();
}

/// Sealing adds to what waits: then it is the next send() that notices, or nobody would be told.
bool connection::above_high() const {
  return above_high_ && outbox_bytes() > loop_.options().outbox_high_bytes;
}

void connection::after_queueing() {
  const std::size_t bytes = outbox_bytes();
  if (bytes > loop_.options().outbox_high_bytes) {
    above_high_ = true;
    if (bytes > loop_.options().outbox_max_bytes) {
      close_with(close_reason::outbox_overflow,
                 "the peer left " + std::to_string(bytes) + " bytes untaken", false);
      return;
    }
  }
  if (!stuck_) loop_.list_dirty(*this);
}

// -- reading, paused or not
// --------------------------------------------------------------------------

void connection::pause_reading() {
  if (paused_) return;
  paused_ = true;
  loop_.watch(*this);
}

void connection::resume_reading() {
  if (!paused_) return;
  paused_ = false;
  if (closing_ || phase_ != phase::open) return;
  last_read_ms_ = loop_.now_ms();
  loop_.watch(*this);
  loop_.set_alarm(*this);
  if (SSL_has_pending(ssl_) != 0) loop_.list_ready(*this);
}

void connection::on_event(std::uint32_t events) {
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if (phase_ == phase::connecting) {
    if (!closing_) finish_connecting();
    return;
  }
  if (phase_ == phase::handshaking) {
    loop_.list_handshake(*this);
    return;
  }
  const bool readable = (events & EPOLLIN) != 0;
  const bool writable = (events & EPOLLOUT) != 0;
  if (stuck_ && writable) {
    stuck_ = false;
    loop_.list_dirty(*this);
  }
  if (write_wants_read_ && readable) loop_.list_dirty(*this);
  if (closing_ || paused_) {
    if (!broken) return;
    tls_broken_ = true;
    close_with(close_reason::by_peer, "the peer closed the connection", false);
    return;
  }
  if (readable || broken || (writable && read_wants_write_)) read();
}

std::uint32_t connection::wanted_events() const {
  if (phase_ == phase::connecting) return EPOLLOUT;
  if (phase_ == phase::handshaking) return handshake_wants_write_ ? EPOLLOUT : EPOLLIN;
  std::uint32_t wanted = 0;
  if (!closing_ && !paused_) wanted |= read_wants_write_ ? EPOLLIN | EPOLLOUT : EPOLLIN;
  if (write_wants_read_ && !stuck_) wanted |= EPOLLIN;
  if (stuck_) wanted |= EPOLLOUT;
  return wanted;
}

// -- deadlines
// -------------------------------------------------------------------------------------

void connection::set_idle_timeout(std::uint32_t ms) {
  idle_timeout_ms_ = ms;
  loop_.set_alarm(*this);
}

std::int64_t connection::deadline_ms() const {
  const loop_options& options = loop_.options();
  if (phase_ != phase::open) return last_progress_ms_ + options.handshake_timeout.count();
  if (closing_) return last_read_ms_ + options.write_stall.count();
  std::int64_t due = timer_wheel<int>::never;
  if (idle_timeout_ms_ != 0 && !paused_) due = last_read_ms_ + idle_timeout_ms_;
  if (write_waits()) due = std::min(due, last_progress_ms_ + options.write_stall.count());
  return due;
}

void connection::check_deadline() {
  alarm_ms_ = 0;
  if (deadline_ms() > loop_.now_ms()) {
    loop_.set_alarm(*this);
    return;
  }
  const loop_options& options = loop_.options();
  const auto within = [](std::int64_t ms) { return " within " + std::to_string(ms) + " ms"; };
  if (closing_) {
    close_with(reason_, {}, false);
  } else if (phase_ == phase::connecting) {
    close_with(close_reason::connect_failed,
               "no answer from " + peer_ + within(options.handshake_timeout.count()), false);
  } else if (phase_ == phase::handshaking) {
    close_with(close_reason::handshake_timeout,
               "no TLS handshake" + within(options.handshake_timeout.count()), false);
  } else if (write_waits() && last_progress_ms_ + options.write_stall.count() <= loop_.now_ms()) {
    close_with(close_reason::write_stall,
               (stuck_ ? "the peer took no bytes" : "the peer left it at half a request for keys") +
                   within(options.write_stall.count()),
               false);
  } else {
    const error_info& info = describe(errc::idle_timeout);
    if (accepted_) append_frame(out_.tail(), 0, goaway{info.code, info.text, 0});
    close_with(close_reason::idle_timeout, "nothing came" + within(idle_timeout_ms_), accepted_);
  }
}

// -- the end
// ---------------------------------------------------------------------------------------

void connection::close(close_reason reason, bool flush) {
  close_with(reason, "closed by this side", flush);
}

void connection::close_with(close_reason reason, std::string detail, bool flush) {
  if (closing_) {
    if (!flush && flush_first_) {
      flush_first_ = false;
      loop_.list_closing(*this);
    }
    return;
  }
  closing_ = true;
  reason_ = reason;
  detail_ = std::move(detail);
  flush_first_ = flush && phase_ == phase::open && !tls_broken_;
  last_read_ms_ = loop_.now_ms();
  out_.count_tail();
  if (flush_first_) {
    if (!stuck_) loop_.list_dirty(*this);
    loop_.watch(*this);
    loop_.set_alarm(*this);
  }
  loop_.list_closing(*this);
}

bool connection::has_last_words() const {
  return flush_first_ && !tls_broken_ && outbox_bytes() > 0;
}

}  // namespace conclave::net
