/// See link_proxy.h.
#include "tests/support/link_proxy.h"

#include "tests/support/loopback.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace conclave::test {

namespace {

constexpr std::size_t most_waiting = 1 << 20;

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// Ends a connection so that the other side hears of it at once.
void close_hard(int fd) {
  const linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
}

}  // namespace

link_proxy::link_proxy() {
  if (::pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("cannot make a pipe");
  thread_ = std::thread([this] { run(); });
}

link_proxy::~link_proxy() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
  for (const auto& c : connections_)
    for (const int fd : {c->out.from, c->out.to}) ::close(fd);
  for (const auto& r : routes_) ::close(r->listener);
  for (const int fd : wake_) ::close(fd);
}

void link_proxy::wake() {
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = ::write(wake_[1], &byte, 1);
}

std::uint16_t link_proxy::add(unsigned from, unsigned to, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in at = loopback(0);
  socklen_t size = sizeof at;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(fd, 16) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
    ::close(fd);
    throw std::runtime_error("the proxy cannot listen");
  }
  {
    const std::lock_guard lock(mutex_);
    routes_.push_back(std::make_unique<route>(route{{from, to}, port, fd}));
  }
  wake();
  return ntohs(at.sin_port);
}

// -- faults
// ----------------------------------------------------------------------------------------

void link_proxy::cut_one_way(unsigned from, unsigned to) {
  const std::lock_guard lock(mutex_);
  cut_[{from, to}] = true;
}

void link_proxy::heal() {
  {
    const std::lock_guard lock(mutex_);
    cut_.clear();
    for (const auto& c : connections_)
      if (c->damaged) c->out.ended = true;
  }
  wake();
}

void link_proxy::reset(unsigned a, unsigned b) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& c : connections_)
      if (c->out.way == nodes{a, b} || c->out.way == nodes{b, a}) c->out.ended = true;
  }
  wake();
}

// -- the thread
// ------------------------------------------------------------------------------------

void link_proxy::accept(const route& r) {
  const int in = ::accept4(r.listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (in < 0) return;
  const int out = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in to = loopback(r.target);
  // On the loopback this ends at once, well or not; also with a process that is stopped.
  if (out < 0 || ::connect(out, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    if (out >= 0) ::close(out);
    return close_hard(in);
  }
  ::fcntl(out, F_SETFL, O_NONBLOCK);
  no_delay(in);
  no_delay(out);
  auto c = std::make_unique<connection>();
  c->out = {in, out, r.way, {}, 0, false};
  c->back = {out, in, {r.way.second, r.way.first}, {}, 0, false};
  connections_.push_back(std::move(c));
}

/// False: the connection is over.
bool link_proxy::read(half& h, connection& c) {
  std::array<char, 65536> part{};
  while (h.bytes < most_waiting) {
    const ssize_t n = ::recv(h.from, part.data(), part.size(), 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    if (is_cut(h.way)) {
      c.damaged = true;
      continue;
    }
    const auto due = std::chrono::steady_clock::now() + std::chrono::milliseconds(delay_ms_);
    h.waiting.emplace_back(due, std::string(part.data(), static_cast<std::size_t>(n)));
    h.bytes += static_cast<std::size_t>(n);
  }
  return true;
}

bool link_proxy::write(half& h) {
  const auto now = std::chrono::steady_clock::now();
  while (!h.waiting.empty() && h.waiting.front().first <= now) {
    std::string& text = h.waiting.front().second;
    const ssize_t n = ::send(h.to, text.data(), text.size(), MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    h.bytes -= static_cast<std::size_t>(n);
    if (static_cast<std::size_t>(n) < text.size()) {
      text.erase(0, static_cast<std::size_t>(n));
      return true;
    }
    h.waiting.pop_front();
  }
  return true;
}

void link_proxy::run() {
  std::vector<pollfd> ready;
  for (;;) {
    ready.clear();
    int wait_ms = -1;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      ready.push_back({wake_[0], POLLIN, 0});
      for (const auto& r : routes_) ready.push_back({r->listener, POLLIN, 0});
      const auto now = std::chrono::steady_clock::now();
      for (const auto& c : connections_) {
        for (const half* h : {&c->out, &c->back}) {
          if (h->bytes < most_waiting) ready.push_back({h->from, POLLIN, 0});
          if (h->waiting.empty()) continue;
          const auto left =
              std::chrono::duration_cast<std::chrono::milliseconds>(h->waiting.front().first - now);
          if (left.count() <= 0) {
            ready.push_back({h->to, POLLOUT, 0});
          } else if (wait_ms < 0 || left.count() < wait_ms) {
            wait_ms = static_cast<int>(left.count()) + 1;
          }
        }
      }
    }
    ::poll(ready.data(), ready.size(), wait_ms);
    std::array<char, 64> woken{};
    while (::read(wake_[0], woken.data(), woken.size()) > 0) {
    }
    const std::lock_guard lock(mutex_);
    for (const auto& r : routes_) accept(*r);
    // Few connections: all are looked at, whichever of them poll() meant.
    std::erase_if(connections_, [this](const std::unique_ptr<connection>& c) {
      bool over = c->out.ended;
      for (half* h : {&c->out, &c->back}) over = over || !read(*h, *c) || !write(*h);
      if (!over) return false;
      for (half* h : {&c->out, &c->back})
        if (delay_ms_ == 0 && !c->out.ended) write(*h);  // last words
      for (const int fd : {c->out.from, c->out.to}) {
        if (c->out.ended) {
          close_hard(fd);
        } else {
          ::close(fd);
        }
      }
      return true;
    });
  }
}

}  // namespace conclave::test
