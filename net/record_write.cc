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

/// What the socket has not taken yet; also what a record that failed left behind: an alert says
/// why.
void send_rest(record_write& w, std::string_view sealed) {
  if (sealed.empty() || w.socket->send(sealed) || w.trouble != SSL_ERROR_NONE) return;
  w.saved_errno = errno;
  w.trouble = SSL_ERROR_SYSCALL;
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

void record_writer::write(std::span<record_write> records) {
  if (records.size() < seal_ahead_from) {
    for (record_write& w : records) write_record(w);
    return;
  }
  while (!records.empty()) records = records.subspan(write_first(records));
}

/// Seals and sends the first of the records: how many.
std::size_t record_writer::write_first(std::span<record_write> records) {
  std::array<std::size_t, sealed_at_once> ends{};
  const std::size_t most = std::min(records.size(), sealed_at_once);
  std::size_t count = 0;
  sealed_.clear();
  {
    const sealing scope(sealed_);
    while (count < most && sealed_.size() < sealed_bytes_at_once) {
      write_record(records[count]);
      ends[count++] = sealed_.size();
    }
  }
  const std::string_view all = sealed_;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count; begin = ends[i++])
    items_[i] = {records[i].socket->fd(), all.substr(begin, ends[i] - begin), 0};
  ring_.send(std::span(items_).first(count));
  for (std::size_t i = 0; i < count; ++i)
    send_rest(records[i], items_[i].bytes.substr(items_[i].taken));
  return count;
}

}  // namespace conclave::net
