/// The msgpack reader: a bounded cursor over borrowed bytes. It reads what Conclave's formats use
/// in any of msgpack's forms, and skips everything else that is well formed.
///
/// Every function returns false when the bytes end early or are of another type; the cursor is then
/// anywhere and must not be used further. Work is linear in the bytes, whatever their headers
/// claim. No allocation; one thread at a time.
#pragma once

#include "schemas/bytes.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace conclave::wire {

/// Arrays within arrays, the payload's own included: a page, its list, a record, and one to spare.
inline constexpr int max_depth = 4;

class reader {
 public:
  explicit reader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  const char* position() const { return at_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool at_end() const { return at_ == end_; }

  /// The next byte without taking it; 0xc1, which msgpack never uses, at the end.
  std::uint8_t peek() const { return at_end() ? 0xc1 : static_cast<std::uint8_t>(*at_); }

  bool next_is_array() const {
    const auto form = peek();
    return (form & 0xf0) == 0x90 || form == 0xdc || form == 0xdd;
  }

  /// Any integer form whose value is not negative.
  bool read_uint(std::uint64_t& value) {
    const auto form = peek();
    if (form < 0x80) {
      if (at_end()) return false;
      ++at_;
      value = form;
      return true;
    }
    return read_wide_uint(form, value);
  }

  bool read_bool(bool& value) {
    const auto form = peek();
    if (form != 0xc2 && form != 0xc3) return false;
    ++at_;
    value = form == 0xc3;
    return true;
  }

  /// False also when more elements are claimed than bytes are left.
  bool read_array_header(std::uint32_t& elements) {
    const auto form = peek();
    std::uint64_t count = 0;
    if ((form & 0xf0) == 0x90) {
      ++at_;
      count = form & 0x0fu;
    } else if (form == 0xdc) {
      if (!take<std::uint16_t>(count)) return false;
    } else if (form == 0xdd) {
      if (!take<std::uint32_t>(count)) return false;
    } else {
      return false;
    }
    elements = static_cast<std::uint32_t>(count);
    return count <= left();
  }

  bool read_str(std::string_view& text) {
    const auto form = peek();
    std::uint64_t size = 0;
    if ((form & 0xe0) == 0xa0) {
      ++at_;
      size = form & 0x1fu;
    } else if (form < 0xd9 || form > 0xdb || !take_size(form - 0xd9u, size)) {
      return false;
    }
    return take_bytes(size, text);
  }

  bool read_bin(std::string_view& data) {
    const auto form = peek();
    std::uint64_t size = 0;
    if (form < 0xc4 || form > 0xc6 || !take_size(form - 0xc4u, size)) return false;
    return take_bytes(size, data);
  }

  /// Passes over one element of any type that nests at most `depth` arrays or maps.
  bool skip(int depth);

 private:
  bool read_wide_uint(std::uint8_t form, std::uint64_t& value) {
    switch (form) {
      case 0xcc:
        return take<std::uint8_t>(value);
      case 0xcd:
        return take<std::uint16_t>(value);
      case 0xce:
        return take<std::uint32_t>(value);
      case 0xcf:
        return take<std::uint64_t>(value);
      // Signed forms: some encoders choose them for positive numbers too.
      case 0xd0:
        return take<std::uint8_t>(value) && value < 0x80;
      case 0xd1:
        return take<std::uint16_t>(value) && value < 0x8000;
      case 0xd2:
        return take<std::uint32_t>(value) && value < 0x80000000;
      case 0xd3:
        return take<std::uint64_t>(value) && value < 0x8000000000000000;
      default:
        return false;
    }
  }

  /// Takes the form byte and the integer after it.
  template <class T>
  bool take(std::uint64_t& value) {
    if (left() < 1 + sizeof(T)) return false;
    value = load_big_endian<T>(at_ + 1);
    at_ += 1 + sizeof(T);
    return true;
  }

  bool take_size(unsigned width, std::uint64_t& size) {
    if (width == 0) return take<std::uint8_t>(size);
    if (width == 1) return take<std::uint16_t>(size);
    return take<std::uint32_t>(size);
  }

  bool take_bytes(std::uint64_t size, std::string_view& bytes) {
    if (size > left()) return false;
    bytes = std::string_view(at_, static_cast<std::size_t>(size));
    at_ += size;
    return true;
  }

  const char* at_;
  const char* end_;
};

}  // namespace conclave::wire
