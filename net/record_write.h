/// One TLS record on its way to a socket: what goes in, what became of it. A plain call on the
/// thread that has the connection's TLS state at that moment; nothing else of a connection is
/// touched, so that a loop may lend some of its writes to its flush_helper.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

struct ssl_st;

namespace conclave::net {

struct record_write {
  ssl_st* ssl = nullptr;
  std::string_view record;

  std::size_t written = 0;
  int trouble = 0;  ///< SSL_ERROR_NONE, or why not all was written
  int saved_errno = 0;
  std::string tls_error = {};  ///< of SSL_ERROR_SSL
};

/// Encrypts and writes: one system call, which does not block.
void write_record(record_write& w);

}  // namespace conclave::net
