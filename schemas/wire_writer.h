/// The msgpack writer: hand-packed, minimal forms, appending to the caller's buffer. It writes what
/// Conclave's formats use (unsigned integers, booleans, str, bin, array) and nothing else.
/// Pure functions; any thread; cannot fail.
#pragma once

#include "schemas/bytes.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::wire {

/// One byte of form and the value big endian, as wide as T.
template <class T>
void append_form(std::string& out, unsigned form, T value) {
  char bytes[1 + sizeof(T)];
  bytes[0] = static_cast<char>(form);
  store_big_endian(bytes + 1, value);
  out.append(bytes, sizeof bytes);
}

inline void append_uint(std::string& out, std::uint64_t value) {
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
  } else if (value <= 0xff) {
    append_form(out, 0xcc, static_cast<std::uint8_t>(value));
  } else if (value <= 0xffff) {
    append_form(out, 0xcd, static_cast<std::uint16_t>(value));
  } else if (value <= 0xffffffff) {
    append_form(out, 0xce, static_cast<std::uint32_t>(value));
  } else {
    append_form(out, 0xcf, value);
  }
}

/// Nine bytes whatever the value: a field that can be found at a fixed offset.
inline void append_fixed_uint64(std::string& out, std::uint64_t value) {
  append_form(out, 0xcf, value);
}

inline void append_bool(std::string& out, bool value) {
  out.push_back(static_cast<char>(value ? 0xc3 : 0xc2));
}

inline void append_array_header(std::string& out, std::uint32_t elements) {
  if (elements < 16) {
    out.push_back(static_cast<char>(0x90 | elements));
  } else if (elements <= 0xffff) {
    append_form(out, 0xdc, static_cast<std::uint16_t>(elements));
  } else {
    append_form(out, 0xdd, elements);
  }
}

inline void append_str(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  if (size < 32) {
    out.push_back(static_cast<char>(0xa0 | size));
  } else if (size <= 0xff) {
    append_form(out, 0xd9, static_cast<std::uint8_t>(size));
  } else if (size <= 0xffff) {
    append_form(out, 0xda, static_cast<std::uint16_t>(size));
  } else {
    append_form(out, 0xdb, size);
  }
  out.append(text);
}

inline void append_bin(std::string& out, std::string_view data) {
  const auto size = static_cast<std::uint32_t>(data.size());
  if (size <= 0xff) {
    append_form(out, 0xc4, static_cast<std::uint8_t>(size));
  } else if (size <= 0xffff) {
    append_form(out, 0xc5, static_cast<std::uint16_t>(size));
  } else {
    append_form(out, 0xc6, size);
  }
  out.append(data);
}

}  // namespace conclave::wire
