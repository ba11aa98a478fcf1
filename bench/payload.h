/// The body of a bench message: who sent it, its number, when, and a filler that depends on the
/// number, so that a receiver can tell a wrong, cut or mixed-up body. ASCII, because text is UTF-8.
/// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::bench {

class payload {
 public:
  /// 3 numbers of 16 hex digits.
  static constexpr std::size_t smallest = 48;

  struct fields {
    std::uint64_t sender = 0;
    std::uint64_t number = 0;
    std::uint64_t sent_ns = 0;
  };

  explicit payload(std::size_t size) : size_(size < smallest ? smallest : size) {
    for (std::size_t i = 0; i < size_ + 26; ++i) filler_ += static_cast<char>('a' + i % 26);
  }

  std::size_t size() const { return size_; }

  /// Replaces the content of `out`; allocates nothing once it has the capacity.
  void write(std::string& out, const fields& f) const {
    out.resize(size_);
    write_hex(out.data(), f.sender);
    write_hex(out.data() + 16, f.number);
    write_hex(out.data() + 32, f.sent_ns);
    out.replace(smallest, size_ - smallest, filler_, f.number % 26, size_ - smallest);
  }

  /// False: not a body that write() made.
  bool read(std::string_view body, fields& f) const {
    if (body.size() != size_) return false;
    if (!read_hex(body.data(), f.sender) || !read_hex(body.data() + 16, f.number) ||
        !read_hex(body.data() + 32, f.sent_ns)) {
      return false;
    }
    return body.substr(smallest) ==
           std::string_view(filler_).substr(f.number % 26, size_ - smallest);
  }

 private:
  static void write_hex(char* to, std::uint64_t value) {
    constexpr char digits[] = "0123456789abcdef";
    for (int i = 15; i >= 0; --i, value >>= 4) to[i] = digits[value & 15];
  }
  static bool read_hex(const char* from, std::uint64_t& value) {
    value = 0;
    for (int i = 0; i < 16; ++i) {
      const char c = from[i];
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) return false;
      value = value << 4 | static_cast<std::uint64_t>(digit);
    }
    return true;
  }

  std::size_t size_;
  std::string filler_;
};

}  // namespace conclave::bench
