/// What OpenSSL has to say about a failure, in words. Its error queue is per thread: every TLS call
/// is preceded by a clear, or an error of one connection fails the next.
#pragma once

#include <string>
#include <string_view>

struct ssl_st;

namespace conclave::net {

void clear_tls_errors();

/// The first queued error's reason, lower case; empties the queue. "unknown error" when empty.
std::string take_tls_error();

/// Why a handshake failed, as one sentence for the log and for the people at the other end. Empties
/// the queue. `alpn` is what this side speaks.
std::string handshake_failure(ssl_st* ssl, bool client, const std::string& server_name,
                              std::string_view alpn);

/// True when the queue's last error is an alert that the peer sent.
bool peer_sent_alert();

/// In TLS 1.3 a client is through before the server has judged its certificate: the sentence of an
/// alert that says how this judgement went, or nothing. Leaves the queue as it is.
std::string certificate_alert();

}  // namespace conclave::net
