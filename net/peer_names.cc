/// Whom the other side's certificate is made out to. Apart from the rest: only nodes ask.
#include "net/connection.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

namespace conclave::net {

std::vector<std::string> connection::peer_uris() const {
  std::vector<std::string> uris;
  if (phase_ != phase::open || ssl_ == nullptr) return uris;
  const X509* const certificate = SSL_get0_peer_certificate(ssl_);
  if (certificate == nullptr) return uris;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  if (names == nullptr) return uris;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    // By length: a NUL inside must not make one name look like another.
    const ASN1_IA5STRING* const text = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                      static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return uris;
}

}  // namespace conclave::net
