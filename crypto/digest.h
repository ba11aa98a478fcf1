/// SHA-256 through libcrypto. Pure functions; any thread (a context per thread is kept).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::crypto {

using sha256_bytes = std::array<std::uint8_t, 32>;

sha256_bytes sha256(std::string_view data);
/// SHA-256 over the concatenation of two parts.
sha256_bytes sha256(std::string_view first, std::string_view second);
sha256_bytes hmac_sha256(std::string_view key, std::string_view data);

/// A digest fed piece by piece.
class sha256_stream {
 public:
  sha256_stream();
  ~sha256_stream();
  sha256_stream(const sha256_stream&) = delete;
  sha256_stream& operator=(const sha256_stream&) = delete;
  void update(std::string_view data);
  sha256_bytes finish();

 private:
  void* context_;
};

std::string to_hex(std::string_view bytes);
inline std::string to_hex(const sha256_bytes& bytes) {
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// Same time whatever the content; false when the sizes differ.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace conclave::crypto
