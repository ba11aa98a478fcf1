/// What both sides of TLS need: an immutable SSL_CTX made from files. Thread-safe after creation;
/// shared by reference count, so that a reload swaps it and running connections keep theirs.
///
/// TLS 1.3 by default (1.2 when asked for), ALPN `conclave/1`, stateless tickets, no renegotiation,
/// no compression, no early data. Errors are one sentence that names the file.
#pragma once

#include "schemas/outcome.h"

#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace conclave::net {

struct tls_server_options {
  std::string certificate_file;  ///< PEM chain
  std::string key_file;          ///< PEM; refused when others may read it
  bool allow_tls12 = false;
};

struct tls_client_options {
  std::string ca_file;  ///< PEM; the only roots trusted
  /// Handshakes offer the newest ticket that any connection of this context was given, which saves
  /// both sides the certificate. For a context that talks to one server only.
  bool resume = false;
};

class tls_context {
 public:
  static outcome<std::shared_ptr<const tls_context>> server(const tls_server_options& options);
  static outcome<std::shared_ptr<const tls_context>> client(const tls_client_options& options);
  ~tls_context();

  ssl_ctx_st* native() const { return context_; }

  /// Client side, before the handshake: offers the newest ticket, if resuming is on and one is
  /// there.
  void offer_ticket(ssl_st* ssl) const;

 private:
  explicit tls_context(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

inline constexpr const char* alpn_protocol = "conclave/1";

}  // namespace conclave::net
