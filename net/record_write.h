/// TLS records on their way to sockets: what goes in, what became of it. Plain calls on the thread
/// that has the connections' TLS state at that moment; nothing else of a connection is touched, so
/// that a loop may lend some of its writes to its flush_helper.
#pragma once

#include <cstddef>
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
inline constexpr std::size_t sealed_at_once = 32;

/// All of them, each on a connection of its own. Some dozens are encrypted in a row and then sent
/// in a row: the code of each half stays in the cache, and who reads them all wakes once for many.
/// A few are not held up that way. `sealed` is working memory that is used again and again.
void write_records(std::span<record_write> records, std::string& sealed);

}  // namespace conclave::net
