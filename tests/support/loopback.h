/// Ports and addresses of this machine, for tests that start servers. Any thread but
/// lasting_port(), which is for one. What cannot be had throws.
#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace conclave::test {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

/// `ip`: an IPv4 address in figures.
inline sockaddr_in place_of(const std::string& ip, std::uint16_t port) {
  sockaddr_in at = loopback(port);
  if (::inet_pton(AF_INET, ip.c_str(), &at.sin_addr) != 1)
    throw std::runtime_error("no address: " + ip);
  return at;
}

/// A TCP port that was free a moment ago.
inline std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at = loopback(0);
  socklen_t size = sizeof at;
  const bool known = ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  ::close(fd);
  if (!known) throw std::runtime_error("there is no free port");
  return ntohs(at.sin_port);
}

/// One that the kernel gives to nobody by itself: a node that is down finds it free again, and
/// nobody who dials it meanwhile reaches himself.
inline std::uint16_t lasting_port() {
  static std::mt19937 random{std::random_device{}()};
  constexpr int first = 12'000;
  constexpr int last = 32'000;  // the kernel's own begin behind it
  static std::set<std::uint16_t> given;
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const auto port =
        static_cast<std::uint16_t>(std::uniform_int_distribution<int>(first, last)(random));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in at = loopback(port);
    const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    ::close(fd);
    if (free && given.insert(port).second) return port;
  }
  throw std::runtime_error("there is no free port");
}

}  // namespace conclave::test
