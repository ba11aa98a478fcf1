/// Sockets that have said their last word. Closing a socket with unread input resets the
/// connection, and the reset destroys the last frame on its way to the peer; so the write side is
/// shut, input is thrown away, and the socket goes when the peer closes too, or after a second.
///
/// On the loop's thread, owned by the loop. Bounds: `max_sockets` (further ones are closed at
/// once), one second and `max_bytes` of input each.
#pragma once

#include "net/socket.h"

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace conclave::net {

class lingering_sockets {
 public:
  static constexpr std::size_t max_sockets = 1024;
  static constexpr std::size_t max_bytes = 1024 * 1024;
  static constexpr std::int64_t patience_ms = 1000;

  /// True: it lingers, and is to be watched for input. False: it is closed.
  bool add(unique_fd fd, std::int64_t now_ms);

  /// Throws input away; `scratch` has room for `size` bytes.
  void on_readable(int fd, char* scratch, std::size_t size);

  void expire(std::int64_t now_ms);
  bool empty() const { return sockets_.empty(); }

 private:
  struct entry {
    unique_fd fd;
    std::int64_t until_ms;
    std::size_t bytes_left;
  };
  std::unordered_map<int, entry> sockets_;
};

}  // namespace conclave::net
