/// The system calls behind socket.h.
#include "net/socket.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <cerrno>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace conclave::net {

// -- unique_fd
// -------------------------------------------------------------------------------------

unique_fd& unique_fd::operator=(unique_fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int unique_fd::release() {
  return std::exchange(fd_, -1);
}

void unique_fd::reset() {
  if (fd_ >= 0) ::close(release());
}

// -- addresses
// -------------------------------------------------------------------------------------

std::uint16_t socket_address::port() const {
  if (storage.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

std::string socket_address::text() const {
  char host[INET6_ADDRSTRLEN] = "?";
  if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
    return "[" + std::string(host) + "]:" + std::to_string(port());
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
  ::inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
  return std::string(host) + ":" + std::to_string(port());
}

bool is_ip_address(const std::string& host) {
  in6_addr any{};
  return ::inet_pton(AF_INET, host.c_str(), &any) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

outcome<std::vector<socket_address>> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (is_ip_address(host) ? AI_NUMERICHOST : 0);
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return failure{errc::io_error, "cannot resolve '" + host + "': " + ::gai_strerror(error)};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<socket_address> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    socket_address& address = addresses.emplace_back();
    std::copy_n(reinterpret_cast<const char*>(info->ai_addr), info->ai_addrlen,
                reinterpret_cast<char*>(&address.storage));
    address.size = info->ai_addrlen;
  }
  return addresses;
}

socket_address local_address(int fd) {
  socket_address address;
  address.size = sizeof address.storage;
  ::getsockname(fd, address.get(), &address.size);
  return address;
}

std::string error_text(int error) {
  std::string text = std::generic_category().message(error);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

// -- sockets
// ---------------------------------------------------------------------------------------

namespace {

unique_fd new_socket(const socket_address& address) {
  return unique_fd(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

void enable(int fd, int layer, int option) {
  const int on = 1;
  ::setsockopt(fd, layer, option, &on, sizeof on);
}

failure socket_failure(const char* verb, const socket_address& address, int error) {
  return {errc::io_error,
          std::string("cannot ") + verb + " " + address.text() + ": " + error_text(error)};
}

}  // namespace

void set_no_delay(int fd) {
  enable(fd, IPPROTO_TCP, TCP_NODELAY);
}

void delay_acknowledgement(int fd) {
  const int at_once = 0;
  ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof at_once);
}

void set_cork(int fd, bool corked) {
  const int value = corked ? 1 : 0;
  ::setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

outcome<unique_fd> listening_socket(const socket_address& at, bool share_port) {
  unique_fd fd = new_socket(at);
  if (fd.get() < 0) return socket_failure("listen on", at, errno);
  enable(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  if (share_port) enable(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  if (at.storage.ss_family == AF_INET6) enable(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(fd.get(), at.get(), at.size) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) {
    return socket_failure("listen on", at, errno);
  }
  return fd;
}

outcome<unique_fd> connecting_socket(const socket_address& to) {
  unique_fd fd = new_socket(to);
  if (fd.get() < 0) return socket_failure("connect to", to, errno);
  set_no_delay(fd.get());
  if (::connect(fd.get(), to.get(), to.size) != 0 && errno != EINPROGRESS) {
    return socket_failure("connect to", to, errno);
  }
  return fd;
}

}  // namespace conclave::net
