/// Plain TCP sockets: addresses, listening, connecting. Free functions without state; any thread.
/// Failures are one sentence that names the address.
#pragma once

#include "schemas/outcome.h"

#include <cstdint>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace conclave::net {

/// Closes its file descriptor.
class unique_fd {
 public:
  unique_fd() = default;
  explicit unique_fd(int fd) : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
  unique_fd& operator=(unique_fd&& other) noexcept;
  ~unique_fd() { reset(); }

  int get() const { return fd_; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  std::uint16_t port() const;
  /// "127.0.0.1:5123" or "[::1]:5123"
  std::string text() const;
};

bool is_ip_address(const std::string& host);

/// A numeric address answers at once. A name asks the resolver and blocks meanwhile: for programs
/// of people, never for a node.
outcome<std::vector<socket_address>> resolve(const std::string& host, std::uint16_t port);

/// A non-blocking socket that listens there. With `share_port`, other sockets of this process may
/// listen there too (SO_REUSEPORT) and the kernel spreads the connections.
outcome<unique_fd> listening_socket(const socket_address& at, bool share_port);

/// A non-blocking socket that has begun to connect.
outcome<unique_fd> connecting_socket(const socket_address& to);

/// Outgoing bytes are gathered already: the kernel need not wait for more.
void set_no_delay(int fd);

/// What is read next need not be acknowledged by a segment of its own: the acknowledgement rides on
/// the next bytes out or leaves with the kernel's timer (40 to 200 ms). Holds for one wait, so it
/// is said before each read.
void delay_acknowledgement(int fd);

/// While corked, what is written waits for what comes next; uncorking sends it, and so does
/// closing.
void set_cork(int fd, bool corked);

socket_address local_address(int fd);

/// "connection refused": errno in lower-case words.
std::string error_text(int error);

}  // namespace conclave::net
