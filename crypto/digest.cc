/// SHA-256 and HMAC over libcrypto's EVP interface. The digest is fetched once and every thread
/// keeps one context: fetching by name costs more than hashing a log entry's header. Fails never in
/// practice: libcrypto refusing SHA-256 is a broken installation and ends the process.
#include "crypto/digest.h"

#include "schemas/check.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace conclave::crypto {

namespace {

const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CONCLAVE_CHECK(method != nullptr, "libcrypto offers no SHA-256");
  return method;
}

/// The thread's own context, freed with the thread.
class thread_context {
 public:
  thread_context() : context_(EVP_MD_CTX_new()) {
    CONCLAVE_CHECK(context_ != nullptr, "no memory for a digest");
  }
  ~thread_context() { EVP_MD_CTX_free(context_); }
  thread_context(const thread_context&) = delete;
  thread_context& operator=(const thread_context&) = delete;
  EVP_MD_CTX* get() { return context_; }

 private:
  EVP_MD_CTX* context_;
};

EVP_MD_CTX* started(EVP_MD_CTX* context) {
  CONCLAVE_CHECK(EVP_DigestInit_ex2(context, sha256_method(), nullptr) == 1, "SHA-256 init");
  return context;
}

void feed(EVP_MD_CTX* context, std::string_view data) {
  CONCLAVE_CHECK(EVP_DigestUpdate(context, data.data(), data.size()) == 1, "SHA-256 update");
}

sha256_bytes finished(EVP_MD_CTX* context) {
  sha256_bytes result;
  unsigned int size = 0;
  CONCLAVE_CHECK(EVP_DigestFinal_ex(context, result.data(), &size) == 1, "SHA-256 final");
  CONCLAVE_CHECK(size == result.size(), "SHA-256 has 32 bytes");
  return result;
}

EVP_MD_CTX* own_context() {
  thread_local thread_context context;
  return started(context.get());
}

}  // namespace

sha256_bytes sha256(std::string_view data) {
  EVP_MD_CTX* const context = own_context();
  feed(context, data);
  return finished(context);
}

sha256_bytes sha256(std::string_view first, std::string_view second) {
  EVP_MD_CTX* const context = own_context();
  feed(context, first);
  feed(context, second);
  return finished(context);
}

sha256_bytes hmac_sha256(std::string_view key, std::string_view data) {
  sha256_bytes result;
  unsigned int size = 0;
  // A null key would mean "the key of last time"; an empty key is a key like any other.
  const char* const key_bytes = key.empty() ? "" : key.data();
  const auto* const bytes = reinterpret_cast<const unsigned char*>(data.data());
  CONCLAVE_CHECK(HMAC(sha256_method(), key_bytes, static_cast<int>(key.size()), bytes, data.size(),
                      result.data(), &size) != nullptr,
                 "HMAC-SHA-256");
  CONCLAVE_CHECK(size == result.size(), "HMAC-SHA-256 has 32 bytes");
  return result;
}

sha256_stream::sha256_stream() : context_(EVP_MD_CTX_new()) {
  CONCLAVE_CHECK(context_ != nullptr, "no memory for a digest");
  started(static_cast<EVP_MD_CTX*>(context_));
}

sha256_stream::~sha256_stream() {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

void sha256_stream::update(std::string_view data) {
  feed(static_cast<EVP_MD_CTX*>(context_), data);
}

sha256_bytes sha256_stream::finish() {
  return finished(static_cast<EVP_MD_CTX*>(context_));
}

std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace conclave::crypto
