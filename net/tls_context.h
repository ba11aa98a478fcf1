/// What both sides of TLS need: an immutable SSL_CTX made from files. Thread-safe after creation;
/// shared by reference count, so that a reload swaps it and running connections keep theirs.
///
/// TLS 1.3 by default (1.2 when asked for), ALPN `conclave/1`, stateless tickets, no renegotiation,
/// no compression, no early data. Errors are one sentence that names the file; a certificate that
/// has expired is one.
///
/// Between nodes: one context for both sides, TLS 1.3 only, ALPN `conclave-peer/1`, both show a
/// certificate of the cluster's CA, and no session is ever resumed, or a certificate that was taken
/// back would return by a ticket.
#pragma once

#include "schemas/outcome.h"

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace conclave::net {

inline constexpr std::string_view alpn_protocol = "conclave/1";
inline constexpr std::string_view alpn_peer_protocol = "conclave-peer/1";

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

struct tls_peer_options {
  std::string certificate_file;  ///< PEM chain; fit for both sides, made out to the node by URI SAN
  std::string key_file;          ///< PEM; refused when others may read it
  std::string ca_file;           ///< PEM; the only roots trusted
};

class tls_context {
 public:
  static outcome<std::shared_ptr<const tls_context>> server(const tls_server_options& options);
  static outcome<std::shared_ptr<const tls_context>> client(const tls_client_options& options);
  /// For connect() and listen() alike. No name is checked in the handshake, only that the other
  /// side's certificate is of the CA: who it is must be read from connection::peer_uris() in
  /// on_open, before anything is said.
  static outcome<std::shared_ptr<const tls_context>> peer(const tls_peer_options& options);
  ~tls_context();

  ssl_ctx_st* native() const { return context_; }

  /// The protocol that both sides must have agreed on.
  std::string_view alpn() const { return alpn_; }
  /// True: clients of this context check no name.
  bool is_peer() const { return alpn_ == alpn_peer_protocol; }

  /// Client side, before the handshake: offers the newest ticket, if resuming is on and one is
  /// there.
  void offer_ticket(ssl_st* ssl) const;

 private:
  tls_context(ssl_ctx_st* context, std::string_view alpn) : context_(context), alpn_(alpn) {}
  ssl_ctx_st* context_;
  std::string_view alpn_;  // one of the two constants
};

}  // namespace conclave::net
