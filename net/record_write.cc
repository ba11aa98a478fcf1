/// OpenSSL's error queue is per thread, so whoever writes also asks it what went wrong.
#include "net/record_write.h"

#include "net/socket_bio.h"
#include "net/tls_error.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace conclave::net {

namespace {

constexpr std::size_t sealed_bytes_at_once = 64 * 1024;

void send_sealed(record_write& w, std::string_view sealed) {
  if (w.socket->send(sealed) || w.trouble != SSL_ERROR_NONE) return;
  w.saved_errno = errno;
  w.trouble = SSL_ERROR_SYSCALL;
}

/// Seals and sends the first of the records: how many.
std::size_t write_first(std::span<record_write> records, std::string& sealed) {
  std::array<std::size_t, sealed_at_once> ends{};
  const std::size_t most = std::min(records.size(), sealed_at_once);
  std::size_t count = 0;
  sealed.clear();
  {
    const sealing scope(sealed);
    while (count < most && sealed.size() < sealed_bytes_at_once) {
      write_record(records[count]);
      ends[count++] = sealed.size();
    }
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count; ++i) {
    // Also what a record that failed left behind: an alert says why.
    const std::string_view of_this = std::string_view(sealed).substr(begin, ends[i] - begin);
    if (!of_this.empty()) send_sealed(records[i], of_this);
    begin = ends[i];
  }
  return count;
}

}  // namespace

void write_record(record_write& w) {
  clear_tls_errors();
  errno = 0;
  if (SSL_write_ex(w.ssl, w.record.data(), w.record.size(), &w.written) == 1) return;
  w.saved_errno = errno;
  w.trouble = SSL_get_error(w.ssl, 0);
  if (w.trouble == SSL_ERROR_SSL) w.tls_error = take_tls_error();
}

void write_records(std::span<record_write> records, std::string& sealed) {
  if (records.size() < seal_ahead_from) {
    for (record_write& w : records) write_record(w);
    return;
  }
  while (!records.empty()) records = records.subspan(write_first(records, sealed));
}

}  // namespace conclave::net
