/// TLS records on their way to sockets: what goes in, what became of it. Plain calls on the thread
/// that has the connections' TLS state at that moment; nothing else of a connection is touched, so
/// that a loop may lend some of its writes to its flush_helper.
#pragma once

#include "net/send_ring.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;

namespace conclave::net {

class socket_bio;

struct record_write {
  ssl_st* ssl = nullptr;
  socket_bio* socket = nullptr;
  std::string_view record;

  /// Of the record: encrypted, and sent or kept by the socket_bio as its rest.
  std::size_t written = 0;
  int trouble = 0;  ///< SSL_ERROR_NONE, or why not all was written
  int saved_errno = 0;
  std::string tls_error = {};  ///< of SSL_ERROR_SSL
};

/// Encrypts and sends: one system call, or two when the socket is full. Does not block.
void write_record(record_write& w);

/// Fewer are sent one by one: the first would wait for the others to be sealed and gain nothing.
inline constexpr std::size_t seal_ahead_from = 8;
inline constexpr std::size_t sealed_at_once = send_ring::at_once;

/// Writes the records of a crowd. Some dozens are encrypted in a row and then sent in a row, by one
/// system call where that is to be had: the code of each half stays in the cache, and who reads
/// them all wakes once for many. A few are not held up that way.
///
/// One thread; holds working memory that is used again and again.
class record_writer {
 public:
  explicit record_writer(bool io_uring) : ring_(io_uring) {}

  /// All of them, each on a connection of its own.
  void write(std::span<record_write> records);

  /// Records that shared a system call. Any thread.
  std::uint64_t sent_together() const { return ring_.sent(); }

 private:
  std::size_t write_first(std::span<record_write> records);

  std::string sealed_;
  std::array<send_ring::item, sealed_at_once> items_;
  send_ring ring_;
};

}  // namespace conclave::net
