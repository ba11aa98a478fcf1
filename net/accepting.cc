/// Listeners of a loop: accepting in small portions, and staying alive when descriptors run out.
#include "net/loop_state.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/epoll.h>
#include <utility>

namespace conclave::net {

namespace {

/// New connections per listener and iteration; level-triggered epoll brings us back for the rest.
constexpr int accepts_per_iteration = 64;

/// A queue of SOMAXCONN is emptied in so many; who floods it is not served for ever.
constexpr int last_portions = 64;

/// How long a loop without descriptors does not try again.
constexpr std::chrono::milliseconds accept_pause{100};

}  // namespace

outcome<std::uint16_t> loop_state::listen(const std::string& address, std::uint16_t port,
                                          std::shared_ptr<const tls_context> tls,
                                          std::uint32_t tag) {
  auto addresses = resolve(address, port);
  if (!addresses) return std::move(addresses).error();
  auto socket = listening_socket(addresses->front(), true);
  if (!socket) return std::move(socket).error();
  if (spare_.get() < 0) spare_ = unique_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));

  listener& added = listeners_.emplace_back();
  added.fd = std::move(socket).value();
  added.tag = tag;
  added.tls = std::move(tls);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = make_token(token_kind::listener, listeners_.size() - 1);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, added.fd.get(), &event) != 0) {
    const int error = errno;
    listeners_.pop_back();
    return failure{errc::io_error, "cannot watch " + address + ": " + error_text(error)};
  }
  return local_address(added.fd.get()).port();
}

void loop_state::replace_tls(std::uint32_t tag, const std::shared_ptr<const tls_context>& tls) {
  for (listener& l : listeners_) {
    if (l.tag == tag) l.tls = tls;
  }
}

/// The kernel would reset the connections that nobody has taken yet.
void loop_state::close_listeners() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    for (int portion = 0; portion < last_portions && accept_from(i); ++portion) {
    }
  }
  listeners_.clear();
}

/// True: there may be more.
bool loop_state::accept_from(std::size_t index) {
  for (int i = 0; i < accepts_per_iteration; ++i) {
    if (index >= listeners_.size()) return false;
    listener& from = listeners_[index];
    socket_address peer;
    peer.size = sizeof peer.storage;
    unique_fd fd(::accept4(from.fd.get(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.get() < 0) {
      const int error = errno;
      if (error == EAGAIN || error == EWOULDBLOCK) return false;
      if (error == EMFILE || error == ENFILE) shed_connection(from);
      if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        pause_accepting(from);
        return false;
      }
      continue;  // that one connection died while it waited
    }
    if (counters.connections.get() >= options_.max_connections) {
      counters.refused.add();
      continue;
    }
    set_no_delay(fd.get());
    counters.accepted.add();
    add_connection(from.tag, from.tls).start_accepted(std::move(fd), peer.text());
  }
  return true;
}

/// Nothing tells the peers that wait in the backlog that there is no room; closing one does.
void loop_state::shed_connection(const listener& from) {
  spare_.reset();
  const unique_fd shed(::accept4(from.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (shed.get() >= 0) counters.refused.add();
}

void loop_state::pause_accepting(listener& from) {
  epoll_event event{};
  event.data.u64 =
      make_token(token_kind::listener, static_cast<std::uint64_t>(&from - listeners_.data()));
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, from.fd.get(), &event);
  from.paused = true;
  after(accept_pause, [this] { resume_accepting(); });
}

void loop_state::resume_accepting() {
  if (spare_.get() < 0) spare_ = unique_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (!std::exchange(listeners_[i].paused, false)) continue;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = make_token(token_kind::listener, i);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listeners_[i].fd.get(), &event);
  }
}

}  // namespace conclave::net
