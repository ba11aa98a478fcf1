/// Sends to many sockets by one system call (io_uring): entering and leaving the kernel is a tenth
/// of what a send costs, and sends are most of what a large fan-out costs.
///
/// Many containers and some administrators forbid io_uring. Then, and for good after any failure of
/// it, nothing is taken, and who asked sends by calls of its own: a ring is a saving, never a need.
///
/// Belongs to the thread that calls send() first; made then, so that a thread without a crowd has
/// none. The sockets do not block.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace conclave::net {

class send_ring {
 public:
  /// Sends that go in one call.
  static constexpr std::size_t at_once = 32;

  struct item {
    int fd = -1;
    std::string_view bytes;
    std::size_t taken = 0;  ///< of `bytes`, by the socket
    int error = 0;          ///< of a broken socket, which tells some of them only once
  };

  explicit send_ring(bool allowed);
  ~send_ring();
  send_ring(const send_ring&) = delete;
  send_ring& operator=(const send_ring&) = delete;

  /// Tries each of at most at_once items, on sockets that differ, and says how much was taken. The
  /// rest of each is for the caller to send.
  void send(std::span<item> items);

  /// Items of which all was taken. Any thread.
  std::uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }

 private:
  struct kernel_ring;

  bool open();
  void give_up(int error);

  bool allowed_;  // false after a failure, too
  std::unique_ptr<kernel_ring> ring_;
  std::atomic<std::uint64_t> sent_{0};
};

}  // namespace conclave::net
