/// Two connected sockets that do not block, of which the writing one is full soon.
#pragma once

#include "net/socket.h"
#include "schemas/check.h"

#include <array>
#include <string>
#include <sys/socket.h>

namespace conclave::net {

struct socket_pair {
  socket_pair() {
    std::array<int, 2> fds{};
    CONCLAVE_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0,
                   "a pair");
    near = unique_fd(fds[0]);
    far = unique_fd(fds[1]);
  }
  /// All that has arrived at the far end.
  std::string take() {
    std::string all;
    std::array<char, 4096> part{};
    ssize_t n = 0;
    while ((n = ::recv(far.get(), part.data(), part.size(), 0)) > 0)
      all.append(part.data(), static_cast<std::size_t>(n));
    return all;
  }
  unique_fd near;
  unique_fd far;
};

}  // namespace conclave::net
