/// Wiped by libcrypto, whose write to dying memory no compiler leaves out.
#include "crypto/secret.h"

#include <openssl/crypto.h>

#include <algorithm>

namespace conclave::crypto {

void wipe(char* bytes, std::size_t size) {
  OPENSSL_cleanse(bytes, size);
}

secret_text::secret_text(std::string_view text)
    : bytes_(std::make_unique<char[]>(text.size())), size_(text.size()) {
  std::copy(text.begin(), text.end(), bytes_.get());
}

secret_text::~secret_text() {
  wipe();
}

void secret_text::wipe() {
  crypto::wipe(bytes_.get(), size_);
}

}  // namespace conclave::crypto
