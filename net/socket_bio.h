/// What lies between OpenSSL and a socket: a BIO of our own, for two things that the library's does
/// not do. Records may be sealed for many connections in a row before the first is sent, which
/// keeps OpenSSL's code in the cache and lets the other end wake once for many; and what the socket
/// does not take is kept here, so that who wrote a record is through with it once it is sealed.
///
/// Owned by its connection. Called by the one thread that has the connection's TLS state at that
/// moment: its loop's, or the flush_helper's during write_all().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

struct ssl_st;

namespace conclave::net {

class socket_bio {
 public:
  socket_bio() = default;
  socket_bio(const socket_bio&) = delete;
  socket_bio& operator=(const socket_bio&) = delete;

  /// Becomes the bottom of `ssl`, which must not outlive it. False: no memory.
  bool attach(ssl_st* ssl, int fd);

  int fd() const { return fd_; }

  /// The handshake is over. Before, OpenSSL itself waits until the socket takes more.
  void keep_rest() { keeps_rest_ = true; }

  /// While held, OpenSSL finds nothing more to read: it goes on by itself for as long as messages
  /// of TLS come.
  void hold_reads(bool held) { holds_reads_ = held; }

  /// Bytes that are sealed already, after the rest that there may be. False: the connection is
  /// broken, see errno.
  bool send(std::string_view sealed);
  bool send_rest() { return send({}); }

  /// Sealed, but not taken by the socket yet: what send() was given, or one record and before it
  /// what OpenSSL had to say itself (new keys, alerts).
  bool has_rest() const { return !rest_.empty(); }
  std::size_t rest_bytes() const { return rest_.size(); }

  /// Bound of what OpenSSL may add to a rest; beyond it OpenSSL is told to wait.
  static constexpr std::size_t max_rest_bytes = 64 * 1024;

 private:
  friend struct socket_bio_calls;  // what OpenSSL calls

  int fd_ = -1;
  bool keeps_rest_ = false;
  bool ended_ = false;  // the peer sends no more
  bool holds_reads_ = false;
  std::string rest_;
};

/// While it lives, what OpenSSL writes on this thread is gathered and not sent.
class sealing {
 public:
  explicit sealing(std::string& into);
  ~sealing();
  sealing(const sealing&) = delete;
  sealing& operator=(const sealing&) = delete;
};

}  // namespace conclave::net
