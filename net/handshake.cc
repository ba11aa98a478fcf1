/// From a socket to an open connection, on either side: TCP connect, TLS handshake, ALPN, and the
/// sentence that says what went wrong.
#include "net/connection.h"
#include "net/loop_state.h"
#include "net/tls_error.h"

#include <openssl/ssl.h>

#include <cerrno>
#include <utility>

namespace conclave::net {

namespace {

bool agreed_on(std::string_view protocol, const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == protocol;
}

/// Whom the certificate must be made out to. An IP address is matched as one, and not sent as SNI.
bool expect_server(SSL* ssl, const std::string& name) {
  if (name.empty()) return false;
  if (is_ip_address(name)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  }
  return SSL_set1_host(ssl, name.c_str()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(name.c_str())) == 1;
}

}  // namespace

// -- TCP
// -------------------------------------------------------------------------------------------

void connection::start_accepted(unique_fd fd, std::string peer) {
  accepted_ = true;
  reader_.set_max_length(limits::max_frame_bytes_before_login);
  fd_ = std::move(fd);
  peer_ = std::move(peer);
  loop_.watch(*this);
  loop_.set_alarm(*this);
}

void connection::start_connecting(const std::string& address, std::uint16_t port,
                                  const std::string& server_name) {
  phase_ = phase::connecting;
  peer_ = address + ":" + std::to_string(port);
  client_ = std::make_unique<client_side>();
  client_->server_name = server_name;
  auto addresses = resolve(address, port);
  if (!addresses) {
    close_with(close_reason::connect_failed, addresses.error().detail, false);
    return;
  }
  client_->addresses = std::move(addresses).value();
  loop_.set_alarm(*this);
  try_next_address("no address for " + peer_);
}

void connection::try_next_address(std::string detail) {
  std::vector<socket_address>& addresses = client_->addresses;
  while (!addresses.empty()) {
    const socket_address to = addresses.front();
    addresses.erase(addresses.begin());
    peer_ = to.text();
    auto socket = connecting_socket(to);
    if (!socket) {
      detail = socket.error().detail;
      continue;
    }
    fd_ = std::move(socket).value();
    watched_ = false;
    loop_.watch(*this);
    return;
  }
  close_with(close_reason::connect_failed, std::move(detail), false);
}

void connection::finish_connecting() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    try_next_address("cannot connect to " + peer_ + ": " + error_text(error));
    return;
  }
  phase_ = phase::handshaking;
  loop_.watch(*this);
  loop_.list_handshake(*this);
}

// -- TLS
// -------------------------------------------------------------------------------------------

/// The SSL object is made when the first bytes are there: a peer that only connects costs a socket.
bool connection::prepare_tls() {
  ssl_ = SSL_new(tls_->native());
  if (ssl_ == nullptr || !socket_.attach(ssl_, fd_.get())) return false;
  SSL_set_msg_callback(ssl_, &count_tls_message);
  SSL_set_msg_callback_arg(ssl_, this);
  if (accepted_) {
    SSL_set_accept_state(ssl_);
    return true;
  }
  SSL_set_connect_state(ssl_);
  if (tls_->is_peer()) return true;
  tls_->offer_ticket(ssl_);
  return expect_server(ssl_, client_->server_name);
}

/// For OpenSSL: called for all that is said in TLS, by both sides.
void connection::count_tls_message(int sent, int, int type, const void*, std::size_t, ssl_st*,
                                   void* self) {
  if (sent != 0 || type != SSL3_RT_HANDSHAKE) return;
  auto& c = *static_cast<connection*>(self);
  const bool many = ++c.tls_messages_ > limits::tls_messages_per_minute;
  if (many && c.phase_ == phase::open) c.socket_.hold_reads(true);
}

/// What ends the handshake, a Finished or a ticket, leaves together with the first frames if they
/// are said in the same iteration: one segment for the kernel, one wake-up for the peer.
void connection::step_handshake() {
  clear_tls_errors();
  if (ssl_ != nullptr) {
    cork(true);
  } else if (!prepare_tls()) {
    close_with(close_reason::handshake_failed, "cannot set up TLS: " + take_tls_error(), false);
    return;
  }
  errno = 0;
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    become_open();
  } else {
    const int saved_errno = errno;
    handshake_stopped(SSL_get_error(ssl_, result), saved_errno);
  }
  if (!dirty_listed_) cork(false);
}

void connection::cork(bool corked) {
  if (std::exchange(corked_, corked) != corked) set_cork(fd_.get(), corked);
}

void connection::handshake_stopped(int ssl_error, int saved_errno) {
  if (ssl_error == SSL_ERROR_WANT_READ || ssl_error == SSL_ERROR_WANT_WRITE) {
    handshake_wants_write_ = ssl_error == SSL_ERROR_WANT_WRITE;
    loop_.watch(*this);
    return;
  }
  tls_broken_ = true;
  std::string detail;
  if (ssl_error == SSL_ERROR_SSL) {
    detail = handshake_failure(ssl_, !accepted_, client_ ? client_->server_name : std::string(),
                               tls_->alpn());
  } else if (ssl_error == SSL_ERROR_SYSCALL && saved_errno != 0) {
    detail = "the connection broke during the TLS handshake: " + error_text(saved_errno);
  } else {
    detail = "the other side closed the connection during the TLS handshake";
  }
  close_with(close_reason::handshake_failed, std::move(detail), false);
}

void connection::become_open() {
  if (!agreed_on(tls_->alpn(), ssl_)) {
    close_with(close_reason::handshake_failed,
               "the other side does not speak " + std::string(tls_->alpn()) + " (ALPN)", false);
    return;
  }
  if (SSL_session_reused(ssl_) == 1) loop_.counters.resumed.add();
  phase_ = phase::open;
  socket_.keep_rest();
  client_.reset();
  tls_.reset();
  last_read_ms_ = loop_.now_ms();
  if (accepted_) {
    idle_timeout_ms_ = static_cast<std::uint32_t>(loop_.options().idle_timeout.count());
  }
  tls_messages_ = 0;
  tls_messages_since_ms_ = last_read_ms_;
  loop_.set_alarm(*this);
  loop_.watch(*this);
  if (out_.bytes() > 0) loop_.list_dirty(*this);
  loop_.handler().on_open(*this);
  if (!closing_ && !paused_ && SSL_has_pending(ssl_) != 0) read();
}

}  // namespace conclave::net
