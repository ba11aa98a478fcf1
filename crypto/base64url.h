/// base64url without padding (RFC 4648, section 5), as secrets stand in tokens and join codes.
/// Decoding is strict: there is exactly one spelling of a string of bytes, so that text that was
/// shown can be compared and hashed. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace conclave::crypto {

/// Characters that so many bytes become.
constexpr std::size_t base64url_size(std::size_t bytes) {
  return (bytes * 8 + 5) / 6;
}

void append_base64url(std::string& out, std::string_view bytes);

/// nullopt: another character, a length that no bytes have, or bits left over that are not zero.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace conclave::crypto
