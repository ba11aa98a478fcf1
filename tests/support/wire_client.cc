/// See wire_client.h.
#include "tests/support/wire_client.h"

#include "tests/support/loopback.h"

#include <openssl/bn.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace conclave::test {

namespace {

constexpr unsigned char alpn[] =
    "\x0a"
    "conclave/1";

}  // namespace

errc wire_frame::code() const {
  if (is(frame_type::error)) {
    const auto error = as<error_answer>();
    return error ? error->code : errc::malformed;
  }
  if (is(frame_type::goaway)) {
    const auto away = as<goaway>();
    return away ? away->code : errc::malformed;
  }
  return errc::ok;
}

wire_client::wire_client(std::uint16_t port, bool plain, int receive_buffer)
    : wire_client(loopback(port), plain, receive_buffer) {}

wire_client::wire_client(const sockaddr_in& to, bool plain, int receive_buffer) {
  std::signal(SIGPIPE, SIG_IGN);
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer != 0)
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const timeval longest{std::chrono::duration_cast<std::chrono::seconds>(patience).count(), 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);  // also of connect()
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    closed_ = true;
    return;
  }
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  if (plain) {
    connected_ = true;
    return;
  }
  context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ssl_ = SSL_new(context_);
  SSL_set_alpn_protos(ssl_, alpn, sizeof alpn - 1);
  SSL_set_fd(ssl_, fd_);
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const int done = SSL_connect(ssl_);
    if (done == 1) break;
    const int why = SSL_get_error(ssl_, done);
    const bool waits = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
    if (!waits || !wait_for(why == SSL_ERROR_WANT_WRITE, until)) {
      closed_ = true;
      return;
    }
  }
  connected_ = true;
}

wire_client::~wire_client() {
  abandon();
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

void wire_client::abandon() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  closed_ = true;
}

std::string wire_client::peer_serial() const {
  if (ssl_ == nullptr) return {};
  X509* const certificate = SSL_get1_peer_certificate(ssl_);
  if (certificate == nullptr) return {};
  BIGNUM* const number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* const text = BN_bn2hex(number);
  std::string serial(text);
  OPENSSL_free(text);
  BN_free(number);
  X509_free(certificate);
  return serial;
}

bool wire_client::wait_for(bool writing, std::chrono::steady_clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
  if (left.count() <= 0) return false;
  pollfd at{fd_, static_cast<short>(writing ? POLLOUT : POLLIN), 0};
  return ::poll(&at, 1, static_cast<int>(left.count())) > 0;
}

bool wire_client::send_bytes(std::string_view bytes, std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!bytes.empty()) {
    if (closed_ || fd_ < 0) return false;
    bool writing = true;
    if (ssl_ == nullptr) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno != EAGAIN) return false;
    } else {
      std::size_t sent = 0;
      const int done = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &sent);
      if (done == 1) {
        bytes.remove_prefix(sent);
        continue;
      }
      const int why = SSL_get_error(ssl_, done);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return false;
      writing = why == SSL_ERROR_WANT_WRITE;
    }
    if (!wait_for(writing, until)) return false;
  }
  return true;
}

bool wire_client::fill(std::chrono::steady_clock::time_point until) {
  char part[16 * 1024];
  for (;;) {
    if (closed_ || fd_ < 0) return false;
    bool writing = false;
    if (ssl_ == nullptr) {
      const ssize_t got = ::recv(fd_, part, sizeof part, 0);
      if (got > 0) {
        buffer_.append(part, static_cast<std::size_t>(got));
        return true;
      }
      if (got == 0 || errno != EAGAIN) closed_ = true;
    } else {
      std::size_t got = 0;
      const int done = SSL_read_ex(ssl_, part, sizeof part, &got);
      if (done == 1) {
        buffer_.append(part, got);
        return true;
      }
      const int why = SSL_get_error(ssl_, done);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) closed_ = true;
      writing = why == SSL_ERROR_WANT_WRITE;
    }
    if (!closed_ && !wait_for(writing, until)) return false;
  }
}

std::optional<wire_frame> wire_client::next(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    if (buffer_.size() >= frame_header_size) {
      wire_frame frame;
      frame.header = read_frame_header(buffer_.data());
      const std::size_t size = frame.header.length + frame_length_size;
      if (buffer_.size() >= size) {
        frame.payload = buffer_.substr(frame_header_size, size - frame_header_size);
        buffer_.erase(0, size);
        return frame;
      }
    }
    if (!fill(until)) return std::nullopt;
  }
}

std::optional<wire_frame> wire_client::answer(std::uint64_t correlation,
                                              std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    auto frame = next(std::max(left, 0ms));
    if (!frame) {
      // For whoever goes on without looking: the test may be unable to say more.
      std::fprintf(stderr, "wire_client: no answer to %llu: %s\n",
                   static_cast<unsigned long long>(correlation),
                   closed_ ? "the other side ended the connection" : "nothing came in time");
      return std::nullopt;
    }
    if (frame->header.correlation == correlation) return frame;
    pushes_.push_back(std::move(*frame));
  }
}

bool wire_client::login(std::string_view token) {
  hello greeting;
  greeting.client = "wire_client";
  for (auto frame : {ask(greeting), ask(conclave::login{token})}) {
    if (frame && !frame->is(frame_type::error)) {
      if (const auto in = frame->as<logged_in>()) {
        who_ = *in;
        who_.user_name = who_.tenant_name = {};
        return true;
      }
      continue;
    }
    last_error_ = frame ? frame->code() : errc::io_error;
    if (!frame && !pushes_.empty()) last_error_ = pushes_.back().code();
    return false;
  }
  return false;
}

void wire_client::read_for(std::chrono::milliseconds quiet) {
  while (auto frame = next(quiet)) pushes_.push_back(std::move(*frame));
}

bool wire_client::read_until_closed(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!closed_ && std::chrono::steady_clock::now() < until)
    if (auto frame = next(deadline)) pushes_.push_back(std::move(*frame));
  return closed_;
}

}  // namespace conclave::test
