/// The calls of a BIO over recv() and send(); the library's goes through read() and write(), which
/// do more for a socket than it needs.
#include "net/socket_bio.h"

#include "schemas/check.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <sys/socket.h>

namespace conclave::net {

namespace {

/// Where this thread's records are gathered; null: they are sent.
thread_local std::string* gathered = nullptr;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

/// send() until all is taken or the socket is full: how much was taken, -1 when it is broken.
ssize_t send_some(int fd, std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n >= 0) {
      sent += static_cast<std::size_t>(n);
    } else if (would_block(errno)) {
      break;
    } else if (errno != EINTR) {
      return -1;
    }
  }
  return static_cast<ssize_t>(sent);
}

}  // namespace

struct socket_bio_calls {
  static socket_bio& of(BIO* bio) { return *static_cast<socket_bio*>(BIO_get_data(bio)); }

  static int write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const std::string_view bytes(data, static_cast<std::size_t>(size));
    if (gathered != nullptr) {
      gathered->append(bytes);
      return size;
    }
    socket_bio& self = of(bio);
    if (!self.keeps_rest_) {
      const ssize_t sent = send_some(self.fd_, bytes);
      if (sent != 0) return static_cast<int>(sent);
    } else if (self.rest_.size() + bytes.size() <= socket_bio::max_rest_bytes) {
      return self.send(bytes) ? size : -1;
    }  // else a peer provokes alerts and reads none of them
    BIO_set_retry_write(bio);
    return -1;
  }

  static int read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    socket_bio& self = of(bio);
    if (self.holds_reads_) {
      BIO_set_retry_read(bio);
      return -1;
    }
    ssize_t n = 0;
    do {
      n = ::recv(self.fd_, into, static_cast<std::size_t>(size), 0);
    } while (n < 0 && errno == EINTR);
    if (n == 0) self.ended_ = true;
    if (n < 0 && would_block(errno)) BIO_set_retry_read(bio);
    return static_cast<int>(n);
  }

  static long control(BIO* bio, int command, long, void*) {
    switch (command) {
      case BIO_CTRL_FLUSH:
        return 1;
      case BIO_CTRL_EOF:
        return of(bio).ended_ ? 1 : 0;
      default:
        return 0;
    }
  }

  static BIO_METHOD* make() {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    CONCLAVE_CHECK(method != nullptr && BIO_meth_set_write(method, &write) == 1 &&
                       BIO_meth_set_read(method, &read) == 1 &&
                       BIO_meth_set_ctrl(method, &control) == 1,
                   "OpenSSL takes a kind of BIO");
    return method;
  }

  /// Of all connections, never freed: one may still end when the program does.
  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = make();
    return made;
  }
};

bool socket_bio::attach(SSL* ssl, int fd) {
  BIO* const bio = BIO_new(socket_bio_calls::method());
  if (bio == nullptr) return false;
  fd_ = fd;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);  // which takes one reference for both directions
  return true;
}

bool socket_bio::send(std::string_view sealed) {
  if (!rest_.empty()) {
    rest_.append(sealed);
    const ssize_t sent = send_some(fd_, rest_);
    if (sent < 0) return false;
    rest_.erase(0, static_cast<std::size_t>(sent));
    if (rest_.empty()) rest_ = std::string();  // = {} would keep its memory
    return true;
  }
  const ssize_t sent = send_some(fd_, sealed);
  if (sent < 0) return false;
  rest_.assign(sealed.substr(static_cast<std::size_t>(sent)));
  return true;
}

sealing::sealing(std::string& into) {
  CONCLAVE_CHECK(gathered == nullptr, "a thread seals for one buffer at a time");
  gathered = &into;
}

sealing::~sealing() {
  gathered = nullptr;
}

}  // namespace conclave::net
