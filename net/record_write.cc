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

/// What the socket has not taken yet.
void send_rest(record_write& w, const send_ring::item& sealed) {
  if (sealed.taken == sealed.bytes.size()) return;
  if (w.socket->send(sealed.bytes.substr(sealed.taken)) || w.trouble != SSL_ERROR_NONE) return;
  w.saved_errno = sealed.error != 0 ? sealed.error : errno;
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
  std::array<record_write*, sealed_at_once> owners{};
  std::size_t items = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count; begin = ends[i++]) {
    // Also what a record that failed left behind: an alert says why.
    const std::string_view bytes = std::string_view(sealed_).substr(begin, ends[i] - begin);
    if (bytes.empty()) continue;
    owners[items] = &records[i];
    items_[items++] = {records[i].socket->fd(), bytes};
  }
  if (items > 1) ring_.send(std::span(items_).first(items));
  for (std::size_t i = 0; i < items; ++i) send_rest(*owners[i], items_[i]);
  return count;
}

}  // namespace conclave::net
