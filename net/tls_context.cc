/// SSL_CTX from files: the settings that every Conclave connection shares, and the two sides' own.
#include "net/tls_context.h"

#include "net/socket.h"
#include "net/tls_error.h"

#include <openssl/ssl.h>

#include <cerrno>
#include <ctime>
#include <memory>
#include <mutex>
#include <string_view>
#include <sys/stat.h>

namespace conclave::net {

namespace {

/// The ALPN lists on the wire: one name with its length in front.
constexpr std::string_view alpn_list =
    "\x0a"
    "conclave/1";
constexpr std::string_view alpn_peer_list =
    "\x0f"
    "conclave-peer/1";
static_assert(alpn_list.substr(1) == alpn_protocol && alpn_protocol.size() == 0x0a);
static_assert(alpn_peer_list.substr(1) == alpn_peer_protocol && alpn_peer_protocol.size() == 0x0f);

constexpr const char* suites_tls13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* suites_tls12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* key_exchange_groups = "X25519:P-256";

const unsigned char* octets(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

template <const std::string_view& list>
int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned int in_size, void*) {
  unsigned char* chosen = nullptr;
  const int verdict = SSL_select_next_proto(&chosen, out_size, octets(list),
                                            static_cast<unsigned int>(list.size()), in, in_size);
  if (verdict != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

/// select_alpn is not asked when the client names no protocol at all; this is.
int require_alpn(SSL* ssl, int* alert, void*) {
  const unsigned char* extension = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &extension,
                                &size) == 1) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  return SSL_CLIENT_HELLO_ERROR;
}

/// A node has nobody to ask: a key with a passphrase is an error, not a prompt.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

/// False only when OpenSSL was built without what Conclave needs.
bool apply_common(SSL_CTX* context, int min_version) {
  // Else a read would go on for as long as the peer sends messages of TLS itself.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_SINGLE_ECDH_USE |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context, &no_passphrase);
  return SSL_CTX_set_min_proto_version(context, min_version) == 1 &&
         SSL_CTX_set_ciphersuites(context, suites_tls13) == 1 &&
         SSL_CTX_set_cipher_list(context, suites_tls12) == 1 &&
         SSL_CTX_set1_groups_list(context, key_exchange_groups) == 1;
}

/// The newest ticket of a context. Belongs to its SSL_CTX, which outlives every connection that may
/// still bring one.
struct kept_ticket {
  std::mutex mutex;
  SSL_SESSION* newest = nullptr;
  ~kept_ticket() { SSL_SESSION_free(newest); }
};

void free_kept_ticket(void*, void* kept, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<kept_ticket*>(kept);
}

int kept_ticket_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_kept_ticket);
  return index;
}

kept_ticket* kept_ticket_of(const SSL_CTX* context) {
  return static_cast<kept_ticket*>(SSL_CTX_get_ex_data(context, kept_ticket_index()));
}

/// Takes the reference that comes with the session: returns 1.
int keep_ticket(SSL* ssl, SSL_SESSION* session) {
  kept_ticket* const kept = kept_ticket_of(SSL_get_SSL_CTX(ssl));
  const std::lock_guard<std::mutex> lock(kept->mutex);
  SSL_SESSION_free(kept->newest);
  kept->newest = session;
  return 1;
}

bool keep_tickets(SSL_CTX* context) {
  auto kept = std::make_unique<kept_ticket>();
  if (SSL_CTX_set_ex_data(context, kept_ticket_index(), kept.get()) != 1) return false;
  kept.release();
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &keep_ticket);
  return true;
}

failure tls_failure(const std::string& what) {
  return {errc::io_error, what + ": " + take_tls_error()};
}

status check_key_file(const std::string& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    return failure{errc::io_error, "cannot read the key file " + file + ": " + error_text(errno)};
  }
  if ((info.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return failure{
        errc::io_error,
        "the key file " + file + " is open to every user of this machine; chmod 600 mends it"};
  }
  return done{};
}

status use_own_certificate(SSL_CTX* context, const std::string& certificate_file,
                           const std::string& key_file) {
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    return tls_failure("cannot use the certificate file " + certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return tls_failure("cannot use the key file " + key_file + " with the certificate " +
                       certificate_file);
  }
  const ASN1_TIME* const end = X509_get0_notAfter(SSL_CTX_get0_certificate(context));
  if (X509_cmp_current_time(end) < 0) {
    tm when{};
    char day[32] = "some time ago";
    if (ASN1_TIME_to_tm(end, &when) == 1) std::strftime(day, sizeof day, "on %Y-%m-%d", &when);
    return failure{errc::io_error, "the certificate in " + certificate_file + " expired " + day +
                                       ", and nobody would trust it: put a new one there"};
  }
  return done{};
}

status trust_only(SSL_CTX* context, const std::string& ca_file) {
  if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return tls_failure("cannot use the CA file " + ca_file);
  }
  return done{};
}

bool offer_alpn(SSL_CTX* context, std::string_view list) {
  return SSL_CTX_set_alpn_protos(context, octets(list), static_cast<unsigned int>(list.size())) ==
         0;
}

/// Nothing to resume with: neither stateless tickets nor the stateful ones that stand in for them.
bool forget_sessions(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  return SSL_CTX_set_num_tickets(context, 0) == 1;
}

}  // namespace

tls_context::~tls_context() {
  SSL_CTX_free(context_);
}

void tls_context::offer_ticket(SSL* ssl) const {
  kept_ticket* const kept = kept_ticket_of(context_);
  if (kept == nullptr) return;
  const std::lock_guard<std::mutex> lock(kept->mutex);
  // A ticket that does not fit is no failure: the handshake is a full one then.
  if (kept->newest != nullptr) SSL_set_session(ssl, kept->newest);
}

outcome<std::shared_ptr<const tls_context>> tls_context::server(const tls_server_options& options) {
  if (status key = check_key_file(options.key_file); !key) return std::move(key).error();
  clear_tls_errors();
  const std::shared_ptr<tls_context> made(
      new tls_context(SSL_CTX_new(TLS_server_method()), alpn_protocol));
  SSL_CTX* context = made->native();
  const int min_version = options.allow_tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
  if (context == nullptr || !apply_common(context, min_version)) {
    return tls_failure("cannot set up TLS");
  }
  if (status own = use_own_certificate(context, options.certificate_file, options.key_file); !own) {
    return std::move(own).error();
  }
  // Else a connection keeps what it received last, a password perhaps, until the next record.
  SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_alpn_select_cb(context, &select_alpn<alpn_list>, nullptr);
  SSL_CTX_set_client_hello_cb(context, &require_alpn, nullptr);
  return std::shared_ptr<const tls_context>(made);
}

outcome<std::shared_ptr<const tls_context>> tls_context::client(const tls_client_options& options) {
  clear_tls_errors();
  const std::shared_ptr<tls_context> made(
      new tls_context(SSL_CTX_new(TLS_client_method()), alpn_protocol));
  SSL_CTX* context = made->native();
  if (context == nullptr || !apply_common(context, TLS1_3_VERSION) ||
      !offer_alpn(context, alpn_list)) {
    return tls_failure("cannot set up TLS");
  }
  if (status trusts = trust_only(context, options.ca_file); !trusts) {
    return std::move(trusts).error();
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (options.resume && !keep_tickets(context)) return tls_failure("cannot set up TLS");
  return std::shared_ptr<const tls_context>(made);
}

outcome<std::shared_ptr<const tls_context>> tls_context::peer(const tls_peer_options& options) {
  if (status key = check_key_file(options.key_file); !key) return std::move(key).error();
  clear_tls_errors();
  const std::shared_ptr<tls_context> made(
      new tls_context(SSL_CTX_new(TLS_method()), alpn_peer_protocol));
  SSL_CTX* context = made->native();
  if (context == nullptr || !apply_common(context, TLS1_3_VERSION) || !forget_sessions(context) ||
      !offer_alpn(context, alpn_peer_list)) {
    return tls_failure("cannot set up TLS");
  }
  if (status own = use_own_certificate(context, options.certificate_file, options.key_file); !own) {
    return std::move(own).error();
  }
  if (status trusts = trust_only(context, options.ca_file); !trusts) {
    return std::move(trusts).error();
  }
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_alpn_select_cb(context, &select_alpn<alpn_peer_list>, nullptr);
  SSL_CTX_set_client_hello_cb(context, &require_alpn, nullptr);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return std::shared_ptr<const tls_context>(made);
}

}  // namespace conclave::net
