/// Reads to the end, or to the end of patience.
#include "net/lingering_sockets.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace conclave::net {

bool lingering_sockets::add(unique_fd fd, std::int64_t now_ms) {
  if (sockets_.size() >= max_sockets || ::shutdown(fd.get(), SHUT_WR) != 0) return false;
  const int key = fd.get();
  sockets_.insert_or_assign(key, entry{std::move(fd), now_ms + patience_ms, max_bytes});
  return true;
}

void lingering_sockets::on_readable(int fd, char* scratch, std::size_t size) {
  const auto found = sockets_.find(fd);
  if (found == sockets_.end()) return;
  const ssize_t count = ::recv(fd, scratch, size, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0 || static_cast<std::size_t>(count) >= found->second.bytes_left) {
    sockets_.erase(found);
    return;
  }
  found->second.bytes_left -= static_cast<std::size_t>(count);
}

void lingering_sockets::expire(std::int64_t now_ms) {
  std::erase_if(sockets_, [&](const auto& s) { return s.second.until_ms <= now_ms; });
}

}  // namespace conclave::net
