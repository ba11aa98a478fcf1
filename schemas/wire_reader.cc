/// Skipping: what a later version of the protocol appended passes through here unread.
#include "schemas/wire_reader.h"

namespace conclave::wire {

bool reader::skip(int depth) {
  const auto form = peek();
  std::uint64_t elements = 0;
  if (form < 0x80 || form >= 0xe0 || form == 0xc0 || form == 0xc2 || form == 0xc3) {
    if (at_end()) return false;
    ++at_;
    return true;
  }
  if (form < 0x90 || form == 0xde || form == 0xdf) {  // map: a pair per element
    if (form < 0x90) {
      ++at_;
      elements = form & 0x0fu;
    } else if (!(form == 0xde ? take<std::uint16_t>(elements) : take<std::uint32_t>(elements))) {
      return false;
    }
    elements *= 2;
  } else if (next_is_array()) {
    std::uint32_t count = 0;
    if (!read_array_header(count)) return false;
    elements = count;
  } else {
    std::string_view bytes;
    std::uint64_t size = 0;
    if (form < 0xc0 || (form >= 0xd9 && form <= 0xdb)) return read_str(bytes);
    if (form >= 0xc4 && form <= 0xc6) return read_bin(bytes);
    if (form >= 0xc7 && form <= 0xc9) {  // ext: size, then a type byte
      return take_size(form - 0xc7u, size) && take_bytes(size + 1, bytes);
    }
    if (form >= 0xd4 && form <= 0xd8) {  // fixext 1, 2, 4, 8, 16
      ++at_;
      return take_bytes((std::uint64_t{1} << (form - 0xd4u)) + 1, bytes);
    }
    if (form == 0xca || form == 0xcc || form == 0xcd || form == 0xce || form == 0xcf ||
        form == 0xcb || (form >= 0xd0 && form <= 0xd3)) {  // numbers
      static constexpr std::uint8_t widths[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8};
      ++at_;
      return take_bytes(widths[form - 0xca], bytes);
    }
    return false;  // 0xc1
  }
  if (depth == 0) return false;
  for (; elements > 0; --elements) {
    if (!skip(depth - 1)) return false;
  }
  return true;
}

}  // namespace conclave::wire
