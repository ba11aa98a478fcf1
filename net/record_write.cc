/// OpenSSL's error queue is per thread, so whoever writes also asks it what went wrong.
#include "net/record_write.h"

#include "net/tls_error.h"

#include <openssl/ssl.h>

#include <cerrno>

namespace conclave::net {

void write_record(record_write& w) {
  clear_tls_errors();
  errno = 0;
  if (SSL_write_ex(w.ssl, w.record.data(), w.record.size(), &w.written) == 1) return;
  w.saved_errno = errno;
  w.trouble = SSL_get_error(w.ssl, 0);
  if (w.trouble == SSL_ERROR_SSL) w.tls_error = take_tls_error();
}

}  // namespace conclave::net
