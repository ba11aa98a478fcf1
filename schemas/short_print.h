/// A short, fast print of what a request said, kept in sender rows so that a client_seq which is
/// given to two requests is noticed. Against accidents, not against enemies: who makes two of his
/// own requests look the same fools himself only.
///
/// A pure value; any thread. The result is stored: another way to compute it would take all
/// resends from before for other requests, so this one stays, on every kind of machine.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace conclave {

class short_print {
 public:
  void add(std::uint64_t value) { state_ = fold(state_ ^ value, multiplier); }

  /// Eight bytes at a time, little endian, the last ones filled with zeros; the size goes first.
  void add(std::string_view bytes) {
    add(static_cast<std::uint64_t>(bytes.size()));
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    for (; end - at >= word_bytes; at += word_bytes) {
      std::uint64_t word;
      std::memcpy(&word, at, sizeof word);
      add(little_endian(word));
    }
    if (at == end) return;
    std::uint64_t last = 0;
    std::memcpy(&last, at, static_cast<std::size_t>(end - at));
    add(little_endian(last));
  }

  /// 1 … 65535; 0 is left for "not known".
  std::uint16_t value() const {
    const std::uint64_t mixed = fold(state_, multiplier);
    const auto low = static_cast<std::uint16_t>(mixed ^ (mixed >> 16) ^ (mixed >> 32));
    return low == 0 ? 1 : low;
  }

 private:
  // The fractional bits of the golden ratio, made odd: an even spread of bits.
  static constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15;

  static constexpr std::ptrdiff_t word_bytes = sizeof(std::uint64_t);

  static std::uint64_t little_endian(std::uint64_t word) {
    return std::endian::native == std::endian::big ? __builtin_bswap64(word) : word;
  }

  /// Both halves of the 128-bit product. `+ 1` keeps a state of 0 from swallowing what follows.
  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    __extension__ typedef unsigned __int128 wide;
    const wide product = static_cast<wide>(a) * b;
    return (static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64)) + 1;
  }

  std::uint64_t state_ = multiplier;
};

}  // namespace conclave
