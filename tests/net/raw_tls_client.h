/// A blocking client that may misbehave: plain bytes, other ALPN names, old TLS versions, silence.
#pragma once

#include "net/socket.h"
#include "schemas/check.h"
#include "tests/net/hand_sealed.h"

#include <openssl/ssl.h>

#include <chrono>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>

namespace conclave::net {

class raw_tls_client {
 public:
  explicit raw_tls_client(std::uint16_t port) {
    auto address = resolve("127.0.0.1", port);
    fd_ = unique_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{60, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const int result = ::connect(fd_.get(), address->front().get(), address->front().size);
    CONCLAVE_CHECK(result == 0, "the server under test accepts");
  }
  ~raw_tls_client() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  raw_tls_client(const raw_tls_client&) = delete;
  raw_tls_client& operator=(const raw_tls_client&) = delete;

  int fd() const { return fd_.get(); }

  void send_plain(std::string_view bytes) {
    ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  /// Everything until the server closes.
  std::string read_plain() {
    std::string all;
    char part[4096];
    ssize_t n = 0;
    while ((n = ::recv(fd_.get(), part, sizeof part, 0)) > 0) {
      all.append(part, static_cast<std::size_t>(n));
    }
    return all;
  }

  /// `alpn`: names with their length in front; empty: none offered. True: the handshake succeeded.
  /// `by_hand`: for records that are then sealed there and sent as plain bytes, in place of
  /// write().
  bool handshake(const std::string& alpn, int max_version = TLS1_3_VERSION,
                 hand_sealed* by_hand = nullptr) {
    context_ = SSL_CTX_new(TLS_client_method());
    if (by_hand != nullptr) by_hand->listen_to(context_);
    SSL_CTX_set_max_proto_version(context_, max_version);
    ssl_ = SSL_new(context_);
    if (!alpn.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned int>(alpn.size()));
    }
    SSL_set_fd(ssl_, fd_.get());
    return SSL_connect(ssl_) == 1;
  }

  bool write(std::string_view bytes) {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) ==
           static_cast<int>(bytes.size());
  }
  /// Both sides' keys: the server has to answer with a record of its own.
  bool ask_for_new_keys() {
    return SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(ssl_) == 1;
  }
  /// The own keys only: nothing has to be answered.
  bool take_new_keys() {
    return SSL_key_update(ssl_, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(ssl_) == 1;
  }
  /// What one record of the server brings.
  std::string read_some() {
    char part[16 * 1024];
    const int n = SSL_read(ssl_, part, sizeof part);
    return {part, n > 0 ? static_cast<std::size_t>(n) : 0};
  }
  /// Everything until the server closes.
  std::string read_all() {
    std::string all;
    char part[4096];
    int n = 0;
    while ((n = SSL_read(ssl_, part, sizeof part)) > 0)
      all.append(part, static_cast<std::size_t>(n));
    return all;
  }
  /// Ends as a crash does: the server's next write fails.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd_.reset();
  }
  const char* version() const { return SSL_get_version(ssl_); }

 private:
  unique_fd fd_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
};

inline const std::string good_alpn =
    "\x0a"
    "conclave/1";

}  // namespace conclave::net
