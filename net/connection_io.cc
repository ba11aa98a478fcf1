/// Bytes of an open connection: decrypted and framed on the way in, gathered into TLS records on
/// the way out. The hot path of the folder.
#include "net/connection.h"
#include "net/loop_state.h"
#include "net/tls_error.h"
#include "schemas/codec.h"
#include "schemas/session_messages.h"

#include <openssl/ssl.h>

#include <cerrno>
#include <utility>

namespace conclave::net {

namespace {

/// What one connection may write before the others get their turn.
constexpr std::size_t flush_budget_bytes = 16 * record_bytes;

}  // namespace

// -- in
// --------------------------------------------------------------------------------------------

/// Gathers what one wake-up brings, up to the budget, and hands it on as one batch. OpenSSL reads
/// ahead: when nothing is pending inside, epoll tells of whatever the socket still holds, so that
/// the usual wake-up costs one system call.
void connection::read() {
  char* const buffer = loop_.read_buffer();
  std::size_t filled = 0;
  int trouble = SSL_ERROR_NONE;
  int saved_errno = 0;
  std::string tls_error;
  const bool wanted_write = read_wants_write_;
  const std::uint32_t tls_messages = tls_messages_;
  // Who only listens would pay a third of each delivery for a segment that says nothing else.
  if (!accepted_) delay_acknowledgement(fd_.get());
  while (true) {
    std::size_t count = 0;
    clear_tls_errors();
    errno = 0;
    if (SSL_read_ex(ssl_, buffer + filled, limits::read_budget_bytes - filled, &count) != 1) {
      saved_errno = errno;
      trouble = SSL_get_error(ssl_, 0);
      if (trouble == SSL_ERROR_SSL) {
        const bool alert = peer_sent_alert();
        if (alert) trouble = SSL_ERROR_ZERO_RETURN;
        std::string judgement = certificate_alert();
        tls_error = take_tls_error();
        if (alert) tls_error = std::move(judgement);
      }
      break;
    }
    filled += count;
    if (SSL_has_pending(ssl_) == 0) break;
    if (filled == limits::read_budget_bytes) {
      loop_.list_ready(*this);
      break;
    }
  }
  if (filled > 0) {
    last_read_ms_ = loop_.now_ms();
    loop_.counters.bytes_in.add(filled);
    deliver({buffer, filled});
  }
  // After new keys a newer OpenSSL keeps what it has read ahead where SSL_has_pending does not see
  // it.
  if (tls_messages_ != tls_messages) loop_.list_ready(*this);
  if (tls_messages_ > limits::tls_messages_per_minute) end_flood_of_tls();
  if (!stuck_) {
    if (socket_.has_rest()) stall();                // OpenSSL had something to say
    if (out_.bytes() > 0) loop_.list_dirty(*this);  // it may have waited for what came now
  }
  read_wants_write_ = trouble == SSL_ERROR_WANT_WRITE;
  if (read_wants_write_ != wanted_write) loop_.watch(*this);
  if (trouble != SSL_ERROR_NONE && trouble != SSL_ERROR_WANT_READ && !read_wants_write_) {
    io_stopped(trouble, saved_errno, std::move(tls_error));
  }
}

void connection::end_flood_of_tls() {
  constexpr std::int64_t minute_ms = 60'000;
  if (loop_.now_ms() - tls_messages_since_ms_ >= minute_ms) {
    tls_messages_since_ms_ = loop_.now_ms();
    tls_messages_ = 0;
    socket_.hold_reads(false);
    loop_.list_ready(*this);
    return;
  }
  if (!closing_) close_with(close_reason::malformed, "too many messages of TLS itself", false);
}

void connection::deliver(std::string_view bytes) {
  std::vector<frame_view>& batch = loop_.batch();
  batch.clear();
  const errc verdict = reader_.feed(bytes, batch);
  if (!batch.empty()) {
    loop_.counters.frames_in.add(batch.size());
    loop_.handler().on_frames(*this, batch);
  }
  reader_.release();
  if (verdict != errc::ok && !closing_) reject(verdict);
}

void connection::reject(errc why) {
  const error_info& info = describe(why);
  if (accepted_) {
    append_frame(out_.tail(), 0, error_answer{info.code, info.kind, info.name, info.text, 0});
  }
  close_with(close_reason::malformed, "bad frame: " + std::string(info.name), accepted_);
}

// -- out
// -------------------------------------------------------------------------------------------

bool connection::may_write() const {
  return phase_ == phase::open && !stuck_ && !tls_broken_ && (!closing_ || flush_first_);
}

/// Records of 16 KB until the outbox is empty, the socket is full or the budget is used.
void connection::flush() {
  out_.count_tail();
  if (!may_write()) return;
  if (socket_.has_rest() && !flush_rest()) return;
  std::size_t written = 0;
  while (out_.bytes() > 0) {
    if (written >= flush_budget_bytes) {
      loop_.list_dirty(*this);
      break;
    }
    record_write w{ssl_, &socket_, out_.front(loop_.staging(), record_bytes)};
    write_record(w);
    if (!settle(w)) break;
    written += w.written;
  }
  flushed();
}

/// What an earlier flush left sealed. True: the socket has it all, and more may follow.
bool connection::flush_rest() {
  if (!socket_.send_rest()) {
    io_stopped(SSL_ERROR_SYSCALL, errno, {});
    return false;
  }
  if (socket_.has_rest()) stall();
  return !stuck_;
}

/// All that is queued, if it is one record that needs no gathering: such records are written
/// together.
record_write connection::lone_record() {
  out_.count_tail();
  if (!may_write() || socket_.has_rest()) return {};
  return {ssl_, &socket_, out_.in_one_piece(record_bytes)};
}

/// True: it was written, and more may follow.
bool connection::settle(record_write& w) {
  loop_.counters.writes.add();
  if (w.trouble == SSL_ERROR_WANT_READ) {
    wait_for_the_other_half();
    return false;
  }
  if (w.trouble != SSL_ERROR_NONE && w.trouble != SSL_ERROR_WANT_WRITE) {
    io_stopped(w.trouble, w.saved_errno, std::move(w.tls_error));
    return false;
  }
  if (write_wants_read_) other_half_came();
  out_.consume(w.written);
  loop_.counters.bytes_out.add(w.written);
  if (w.trouble == SSL_ERROR_WANT_WRITE || socket_.has_rest()) stall();
  return !stuck_;
}

/// The socket takes no more for now.
void connection::stall() {
  stuck_ = true;
  last_progress_ms_ = loop_.now_ms();
  loop_.set_alarm(*this);
  loop_.watch(*this);
}

/// Half of a peer's request for new keys has come, and OpenSSL writes nothing before it knows the
/// whole. Also who is not read is listened to for it, and within write_stall.
void connection::wait_for_the_other_half() {
  if (write_wants_read_) return;
  write_wants_read_ = true;
  last_progress_ms_ = loop_.now_ms();
  loop_.set_alarm(*this);
  loop_.watch(*this);
}

/// A write has read it, and perhaps what came behind it, of which epoll then knows nothing.
void connection::other_half_came() {
  write_wants_read_ = false;
  loop_.watch(*this);
  if (!paused_ && !closing_ && SSL_has_pending(ssl_) != 0) loop_.list_ready(*this);
}

void connection::flushed() {
  cork(false);
  loop_.watch(*this);
  if (closing_ && !has_last_words()) loop_.list_closing(*this);
  drained();
}

void connection::drained() {
  if (!above_high_ || closing_ || outbox_bytes() > loop_.options().outbox_low_bytes) return;
  above_high_ = false;
  loop_.handler().on_drained(*this);
}

// -- the end
// ---------------------------------------------------------------------------------------

/// The TLS stream can carry nothing more, in either direction.
void connection::io_stopped(int ssl_error, int saved_errno, std::string tls_error) {
  tls_broken_ = ssl_error != SSL_ERROR_ZERO_RETURN;
  switch (ssl_error) {
    case SSL_ERROR_ZERO_RETURN:
      if (tls_error.empty()) tls_error = "the peer closed the connection";
      close_with(close_reason::by_peer, std::move(tls_error), false);
      break;
    case SSL_ERROR_SSL:
      close_with(close_reason::malformed, "broken TLS record: " + tls_error, false);
      break;
    default:
      if (saved_errno == 0 || saved_errno == ECONNRESET || saved_errno == EPIPE) {
        close_with(close_reason::by_peer, "the peer broke off the connection", false);
      } else {
        close_with(close_reason::io_error, error_text(saved_errno), false);
      }
  }
}

/// close_notify, if the stream is in a state to carry it; the answer is not waited for.
void connection::say_goodbye() {
  if (ssl_ == nullptr || phase_ != phase::open || tls_broken_ || socket_.has_rest()) return;
  clear_tls_errors();
  SSL_shutdown(ssl_);
}

}  // namespace conclave::net
