/// See control_socket.h.
#include "node/control_socket.h"

#include "conf/config.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace conclave::node {

namespace {

constexpr std::size_t most_order_bytes = 64;
constexpr int patience_ms = 2'000;
constexpr const char* not_an_order = "error\nan order is one line of at most 63 bytes\n";
static_assert(most_order_bytes == 64);

std::string path_in(const std::string& data_dir) {
  return data_dir + '/' + std::string(conf::control_socket_name);
}

bool address_of(const std::string& path, sockaddr_un& address) {
  address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  return true;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

failure socket_failure(const std::string& what, const std::string& path) {
  return failure{errc::io_error, what + " " + path + ": " + std::strerror(errno)};
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) return;  // whoever asked is gone
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

control_socket::control_socket(std::string data_dir, answer orders)
    : path_(path_in(data_dir)), orders_(std::move(orders)) {}

control_socket::~control_socket() {
  if (thread_.joinable()) {
    const char stop = 0;
    [[maybe_unused]] const ssize_t written = ::write(wake_[1], &stop, 1);
    thread_.join();
  }
  for (const int fd : {listener_, wake_[0], wake_[1]})
    if (fd >= 0) ::close(fd);
  if (listener_ >= 0) ::unlink(path_.c_str());
}

status control_socket::start() {
  sockaddr_un address;
  if (!address_of(path_, address)) {
    return failure{errc::invalid_argument,
                   "the path of the data folder is too long for the socket " + path_ +
                       ": at most " + std::to_string(sizeof address.sun_path - 1) + " bytes"};
  }
  ::unlink(path_.c_str());  // of a node that was killed; the store's lock says that none runs
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0 || ::pipe2(wake_, O_CLOEXEC) != 0) return socket_failure("cannot make", path_);
  const mode_t before = ::umask(0177);
  const int bound = ::bind(listener_, generic(address), sizeof address);
  ::umask(before);
  if (bound != 0 || ::listen(listener_, 4) != 0) return socket_failure("cannot listen on", path_);
  thread_ = std::thread([this] { serve(); });
  return done{};
}

void control_socket::serve() {
  for (;;) {
    std::array<pollfd, 2> ready{{{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) return;
    if (ready[1].revents != 0) return;
    if ((ready[0].revents & POLLIN) == 0) continue;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    std::string order;
    std::array<char, most_order_bytes> part{};
    pollfd readable{fd, POLLIN, 0};
    while (order.find('\n') == std::string::npos && order.size() < most_order_bytes &&
           ::poll(&readable, 1, patience_ms) == 1) {
      const ssize_t n = ::recv(fd, part.data(), part.size(), 0);
      if (n <= 0) break;
      order.append(part.data(), static_cast<std::size_t>(n));
    }
    const std::size_t end = order.find('\n');
    write_all(fd, end == std::string::npos ? not_an_order : orders_(order.substr(0, end)));
    ::close(fd);
  }
}

outcome<std::string> ask_node(const std::string& data_dir, const std::string& order) {
  const std::string path = path_in(data_dir);
  sockaddr_un address;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return socket_failure("cannot open", path);
  if (!address_of(path, address) || ::connect(fd, generic(address), sizeof address) != 0) {
    ::close(fd);
    return failure{errc::not_found, "no node of a cluster runs on the data folder " + data_dir};
  }
  write_all(fd, order + "\n");
  std::string text;
  std::array<char, 4096> part{};
  ssize_t n = 0;
  while ((n = ::recv(fd, part.data(), part.size(), 0)) > 0)
    text.append(part.data(), static_cast<std::size_t>(n));
  ::close(fd);
  return text;
}

}  // namespace conclave::node
