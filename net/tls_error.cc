/// Translates the error codes that people meet most into sentences; passes on the rest.
#include "net/tls_error.h"

#include "net/socket.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace conclave::net {

namespace {

constexpr int alert_reason_base = SSL_AD_REASON_OFFSET;

/// The last error is TLS's own view; those before it are of the parts that it used.
int tls_reason() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
}

std::string certificate_failure(ssl_st* ssl, bool client, const std::string& server_name) {
  const long verdict = SSL_get_verify_result(ssl);
  if (!client) {
    return std::string("the client's certificate is not trusted: ") +
           X509_verify_cert_error_string(verdict);
  }
  switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the server's certificate is not made out to '" + server_name + "'";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the server's certificate has expired";
    default:
      return std::string("the server's certificate is not trusted: ") +
             X509_verify_cert_error_string(verdict);
  }
}

}  // namespace

void clear_tls_errors() {
  ERR_clear_error();
}

std::string take_tls_error() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error == 0) return "unknown error";
  // OpenSSL has words for its own reasons only.
  if (ERR_SYSTEM_ERROR(error)) return error_text(ERR_GET_REASON(error));
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "error " + std::to_string(error);
}

bool peer_sent_alert() {
  return tls_reason() >= alert_reason_base;
}

std::string certificate_alert() {
  switch (tls_reason()) {
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:  // a CA of the same name, but with another key
      return "the other side does not trust this side's certificate";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "the other side demands a certificate";
    default:
      return {};
  }
}

std::string handshake_failure(ssl_st* ssl, bool client, const std::string& server_name,
                              std::string_view alpn) {
  std::string sentence = certificate_alert();
  if (!sentence.empty()) {
    ERR_clear_error();
    return sentence;
  }
  switch (tls_reason()) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      sentence = certificate_failure(ssl, client, server_name);
      break;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      sentence = "the client shows no certificate";
      break;
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
      sentence = "the other side does not speak " + std::string(alpn) + " (ALPN)";
      break;
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_R_CALLBACK_FAILED:
      sentence = "the client does not offer " + std::string(alpn) + " (ALPN)";
      break;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_UNKNOWN_PROTOCOL:
      sentence = "the other side does not speak TLS";
      break;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      sentence = client ? "the server offers no TLS version that is allowed here"
                        : "the client offers no TLS version that is allowed here";
      break;
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      sentence = "the other side allows no TLS version that is offered here";
      break;
    default:
      sentence = "TLS handshake failed: " + take_tls_error();
  }
  ERR_clear_error();
  return sentence;
}

}  // namespace conclave::net
