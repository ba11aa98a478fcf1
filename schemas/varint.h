/// Variable-length integers of stored bytes (redo, sender rows): seven bits per byte, the lowest
/// first, the top bit set on all but the last byte. Zigzag folds the sign into the lowest bit.
/// Reading fails on truncation and on more than 64 bits. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave {

inline void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

/// Takes a varint off the front of `rest`; false leaves `rest` anywhere.
inline bool read_varint(std::string_view& rest, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(rest.front());
    rest.remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

/// Differences are taken modulo 2^64, so that any pair of values has one.
inline std::uint64_t zigzag(std::uint64_t difference) {
  return (difference << 1) ^ (0 - (difference >> 63));
}

inline std::uint64_t unzigzag(std::uint64_t value) {
  return (value >> 1) ^ (0 - (value & 1));
}

}  // namespace conclave
