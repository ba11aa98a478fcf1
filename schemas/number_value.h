/// A plain number as a stored value: what stands behind entity_version, tenant_name and user_name
/// rows. Eight bytes, big endian, so that a dump reads like the keys. Pure functions; any thread.
#pragma once

#include "schemas/outcome.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave {

inline std::string encode_number(std::uint64_t value) {
  std::string bytes(8, '\0');
  for (std::size_t i = 8; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value & 0xFF);
  return bytes;
}

/// errc::corrupt unless there are exactly eight bytes.
inline outcome<std::uint64_t> decode_number(std::string_view bytes) {
  if (bytes.size() != 8) return failure{errc::corrupt, "a stored number does not have 8 bytes"};
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace conclave
