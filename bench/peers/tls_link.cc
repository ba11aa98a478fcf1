/// Sockets and OpenSSL. On the thread of the event_loop.
#include "bench/peers/tls_link.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace conclave::bench::peers {

namespace {

std::string newest_error(const std::string& what) {
  std::array<char, 200> text{};
  const unsigned long code = ERR_get_error();
  if (code == 0) return what;
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return what + ": " + text.data();
}

int keep_ticket(SSL* ssl, SSL_SESSION* ticket) {
  static_cast<tls_client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->keep(ticket);
  return 1;  // it is ours now
}

}  // namespace

tls_client::tls_client(const std::string& ca_file, bool resume, bool delayed_acks)
    : context_(SSL_CTX_new(TLS_client_method())), delayed_acks_(delayed_acks) {
  SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_read_ahead(context_, 1);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  if (resume) {
    SSL_CTX_set_app_data(context_, this);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_, &keep_ticket);
  }
  if (SSL_CTX_load_verify_file(context_, ca_file.c_str()) != 1) {
    SSL_CTX_free(context_);
    throw std::runtime_error(newest_error("the authority in " + ca_file + " cannot be read"));
  }
}

tls_client::~tls_client() {
  SSL_SESSION_free(newest_);
  SSL_CTX_free(context_);
}

void tls_client::keep(ssl_session_st* ticket) {
  SSL_SESSION_free(newest_);
  newest_ = ticket;
}

ssl_st* tls_client::connect(int fd) const {
  SSL* ssl = SSL_new(context_);
  SSL_set_fd(ssl, fd);
  SSL_set_connect_state(ssl);
  SSL_set1_host(ssl, "localhost");
  SSL_set_tlsext_host_name(ssl, "localhost");
  if (newest_ != nullptr) SSL_set_session(ssl, newest_);
  return ssl;
}

tls_link::tls_link(event_loop& loop, const tls_client& tls, const endpoint& to, bool line_first,
                   user& u)
    : loop_(loop),
      tls_(tls),
      user_(u),
      line_first_(line_first),
      fd_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  if (fd_ < 0) throw std::runtime_error("no more sockets: raise `ulimit -n`");
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to.port);
  if (::inet_pton(AF_INET, to.address.c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error(to.address + " is no IPv4 address");
  }
  // A refusal shows in the first event as well.
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  }
  loop_.watch(fd_, EPOLLIN | EPOLLOUT, *this);
}

tls_link::~tls_link() {
  close();
}

std::string& tls_link::out() {
  if (!flush_due_ && phase_ == phase::open) {
    flush_due_ = true;
    loop_.flush_later(*this);
  }
  return out_;
}

void tls_link::close() {
  if (phase_ == phase::closed) return;
  if (phase_ == phase::open) SSL_shutdown(ssl_);
  ERR_clear_error();
  phase_ = phase::closed;
  loop_.forget(fd_);
  SSL_free(ssl_);
  ssl_ = nullptr;
  ::close(fd_);
}

bool tls_link::resumed() const {
  return ssl_ != nullptr && SSL_session_reused(ssl_) == 1;
}

void tls_link::fail(const std::string& why) {
  if (phase_ == phase::closed) return;
  close();
  user_.on_closed(why);
}

void tls_link::want(bool writable) {
  if (writable == writable_wanted_) return;
  writable_wanted_ = writable;
  loop_.change(fd_, writable ? EPOLLIN | EPOLLOUT : EPOLLIN, *this);
}

void tls_link::on_events(std::uint32_t events) {
  if (phase_ == phase::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail(std::strerror(error));
    if ((events & EPOLLOUT) == 0) return;
    phase_ = line_first_ ? phase::line : phase::handshake;
    want(false);
    if (phase_ == phase::handshake) return begin_handshake();
  }
  if (phase_ == phase::line) return read_line();
  if (phase_ == phase::handshake) return step_handshake();
  if (phase_ != phase::open) return;
  if ((events & EPOLLOUT) != 0) flush();
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0) read();
}

/// The server sends nothing behind this line before it has heard from us, so nothing of the
/// handshake can be lost here.
void tls_link::read_line() {
  std::array<char, 4096> buffer;
  const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return fail("closed before its first line");
  in_.append(buffer.data(), static_cast<std::size_t>(count));
  if (!in_.ends_with('\n')) return;
  in_.clear();
  begin_handshake();
}

void tls_link::begin_handshake() {
  phase_ = phase::handshake;
  ssl_ = tls_.connect(fd_);
  step_handshake();
}

void tls_link::step_handshake() {
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    phase_ = phase::open;
    want(false);
    user_.on_open();
    if (phase_ == phase::open) read();
    return;
  }
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return want(false);
    case SSL_ERROR_WANT_WRITE:
      return want(true);
    default:
      return fail(newest_error("no TLS"));
  }
}

void tls_link::read() {
  static std::array<char, 16 * 1024> buffer;
  if (tls_.delays_acks()) {
    const int at_once = 0;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof at_once);
  }
  do {
    const int count = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    if (count <= 0) {
      const int error = SSL_get_error(ssl_, count);
      if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
      return fail(newest_error("closed by the server"));
    }
    take({buffer.data(), static_cast<std::size_t>(count)});
    // What OpenSSL has read ahead wakes nobody; what is left in the socket does.
  } while (phase_ == phase::open && SSL_has_pending(ssl_) == 1);
}

void tls_link::take(std::string_view bytes) {
  if (in_.empty()) {
    const std::size_t used = user_.on_bytes(bytes);
    if (phase_ == phase::open) in_ = bytes.substr(used);
    return;
  }
  in_ += bytes;
  const std::size_t used = user_.on_bytes(in_);
  if (phase_ == phase::open) in_.erase(0, used);
}

void tls_link::flush() {
  flush_due_ = false;
  if (phase_ != phase::open) return;
  while (sent_ < out_.size()) {
    const int count = SSL_write(ssl_, out_.data() + sent_, static_cast<int>(out_.size() - sent_));
    if (count <= 0) {
      const int error = SSL_get_error(ssl_, count);
      if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return want(true);
      return fail(newest_error("cannot be written to"));
    }
    sent_ += static_cast<std::size_t>(count);
  }
  out_.clear();
  sent_ = 0;
  want(false);
}

}  // namespace conclave::bench::peers
