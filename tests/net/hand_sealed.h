/// Records of TLS 1.3 sealed by hand, for a client that sends what OpenSSL never would: half a
/// message. Takes its keys from the secret that the library tells a key log.
#pragma once

#include "schemas/check.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::net {

/// The client's direction of one connection, AES-128 with SHA-256, from its first record on.
class hand_sealed {
 public:
  /// To be called before the handshake: the secret is kept when it is made.
  void listen_to(SSL_CTX* context) {
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_set_keylog_callback(context, [](const SSL* ssl, const char* line) {
      const std::string_view text(line);
      constexpr std::string_view wanted = "CLIENT_TRAFFIC_SECRET_0 ";
      if (!text.starts_with(wanted)) return;
      auto* self = static_cast<hand_sealed*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
      self->secret_ = from_hex(text.substr(text.rfind(' ') + 1));
    });
  }

  /// `type`: 22 handshake, 23 application data.
  std::string record(std::uint8_t type, std::string_view bytes, std::size_t padding = 0) {
    const std::string key = expand("key", 16);
    std::string nonce = expand("iv", 12);
    for (std::size_t i = 0; i < 8; ++i)
      nonce[4 + i] = static_cast<char>(nonce[4 + i] ^ static_cast<char>(sent_ >> (56 - 8 * i)));
    ++sent_;
    std::string inner(bytes);
    inner.push_back(static_cast<char>(type));
    inner.append(padding, '\0');
    const std::size_t size = inner.size() + tag_bytes;
    std::string sealed("\x17\x03\x03", 3);
    sealed.push_back(static_cast<char>(size >> 8));
    sealed.push_back(static_cast<char>(size));
    const std::string header = sealed;
    sealed.resize(header.size() + size);
    auto* const out = reinterpret_cast<unsigned char*>(sealed.data() + header.size());
    EVP_CIPHER_CTX* const c = EVP_CIPHER_CTX_new();
    int count = 0;
    const bool done =
        EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), nullptr, octets(key), octets(nonce)) == 1 &&
        EVP_EncryptUpdate(c, nullptr, &count, octets(header), static_cast<int>(header.size())) ==
            1 &&
        EVP_EncryptUpdate(c, out, &count, octets(inner), static_cast<int>(inner.size())) == 1 &&
        EVP_EncryptFinal_ex(c, out + count, &count) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, tag_bytes, out + inner.size()) == 1;
    EVP_CIPHER_CTX_free(c);
    CONCLAVE_CHECK(done, "a record can be sealed");
    return sealed;
  }

  /// After a KeyUpdate, which was the last record under the keys before.
  void take_new_keys() {
    secret_ = expand("traffic upd", secret_.size());
    sent_ = 0;
  }

 private:
  static constexpr int tag_bytes = 16;

  static const unsigned char* octets(const std::string& s) {
    return reinterpret_cast<const unsigned char*>(s.data());
  }
  static std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    return bytes;
  }

  /// HKDF-Expand-Label of RFC 8446, 7.1, with an empty context.
  std::string expand(std::string_view label, std::size_t size) const {
    std::string info;
    info.push_back('\0');
    info.push_back(static_cast<char>(size));
    info.push_back(static_cast<char>(6 + label.size()));
    info += "tls13 ";
    info += label;
    info.push_back('\0');
    EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    EVP_KDF_CTX* const c = EVP_KDF_CTX_new(kdf);
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    char digest[] = "SHA256";
    std::string secret = secret_;
    const std::array<OSSL_PARAM, 5> with = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
        OSSL_PARAM_construct_end()};
    std::string made(size, '\0');
    const int done =
        EVP_KDF_derive(c, reinterpret_cast<unsigned char*>(made.data()), size, with.data());
    EVP_KDF_CTX_free(c);
    EVP_KDF_free(kdf);
    CONCLAVE_CHECK(done == 1, "a key can be derived");
    return made;
  }

  std::string secret_;
  std::uint64_t sent_ = 0;
};

}  // namespace conclave::net
