/// Fixed-width big-endian integers in byte buffers: frames, keys, log entries and msgpack all use
/// them. Pure functions; any thread; the caller answers for the room.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <string>

namespace conclave {

template <std::unsigned_integral T>
constexpr T to_big_endian(T value) {
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == 2) {
    return static_cast<T>(__builtin_bswap16(value));
  } else if constexpr (sizeof(T) == 4) {
    return static_cast<T>(__builtin_bswap32(value));
  } else {
    return static_cast<T>(__builtin_bswap64(value));
  }
}

/// Writes sizeof(T) bytes to `to` and returns the place after them.
template <std::unsigned_integral T>
char* store_big_endian(char* to, T value) {
  const T swapped = to_big_endian(value);
  std::memcpy(to, &swapped, sizeof swapped);
  return to + sizeof swapped;
}

template <std::unsigned_integral T>
T load_big_endian(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return to_big_endian(value);
}

template <std::unsigned_integral T>
void append_big_endian(std::string& out, T value) {
  char bytes[sizeof(T)];
  store_big_endian(bytes, value);
  out.append(bytes, sizeof bytes);
}

}  // namespace conclave
