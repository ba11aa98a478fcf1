/// Writer and reader of the peers' frames behind one face, so that a frame's fields are listed once
/// (replication/peer_layouts.h) for both ways. For replication/peer_codec.cc only.
///
/// The reader keeps the first thing that is wrong and reads nothing more; what it has filled in by
/// then is not to be used. Work and memory are linear in the bytes, whatever their counts claim.
#pragma once

#include "replication/peer_frames.h"
#include "schemas/wire_reader.h"
#include "schemas/wire_writer.h"

#include <zlib.h>

#include <algorithm>
#include <concepts>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace conclave::replication {

/// Sentences and addresses: longer ones are cut by the writer and refused by the reader.
inline constexpr std::size_t max_peer_text = 1024;

inline std::uint32_t checksum_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

class peer_writer {
 public:
  static constexpr bool reading = false;
  explicit peer_writer(std::string& out) : out_(out) {}

  template <std::unsigned_integral T>
  void number(T value) {
    wire::append_uint(out_, value);
  }
  /// An enum whose values are `least` to `most`.
  template <class E>
  void code(E value, E, E) {
    wire::append_uint(out_, static_cast<std::uint64_t>(value));
  }
  void flag(bool value) { wire::append_bool(out_, value); }
  void text(std::string_view value) { wire::append_str(out_, value.substr(0, max_peer_text)); }
  void bytes(std::string_view value) { wire::append_bin(out_, value); }
  void hash(const hash16& value) {
    bytes({reinterpret_cast<const char*>(value.data()), value.size()});
  }

  /// One array of so many fields.
  template <class Fields>
  void record(std::uint32_t count, Fields fields) {
    wire::append_array_header(out_, count);
    fields();
  }
  /// And so many that a later version has appended.
  template <class Fields, class More>
  void record(std::uint32_t count, Fields fields, std::uint32_t appended, More more) {
    wire::append_array_header(out_, count + appended);
    fields(), more();
  }
  /// `smallest`: what an element takes at least.
  template <class Element, class Fields>
  void list(const std::vector<Element>& elements, std::size_t, Fields fields) {
    list(std::span<const Element>(elements), 0, fields);
  }
  template <class Element, class Fields>
  void list(std::span<const Element> elements, std::size_t, Fields fields) {
    wire::append_array_header(out_, static_cast<std::uint32_t>(elements.size()));
    for (const Element& e : elements) fields(e);
  }
  /// The fields, and behind them a checksum of their bytes.
  template <class Fields>
  void checked(Fields fields) {
    const std::size_t begin = out_.size();
    fields();
    number(checksum_of(std::string_view(out_).substr(begin)));
  }

 private:
  std::string& out_;
};

class peer_reader {
 public:
  static constexpr bool reading = true;
  explicit peer_reader(std::string_view payload) : from_(payload) {}

  bool ok() const { return wrong_ == nullptr; }
  const char* wrong() const { return wrong_; }
  void fail(const char* why) {
    if (wrong_ == nullptr) wrong_ = why;
  }
  void expect_end() {
    if (ok() && !from_.at_end()) fail("bytes behind the array");
  }

  template <std::unsigned_integral T>
  void number(T& to) {
    std::uint64_t value = 0;
    if (!took([&] { return from_.read_uint(value); }, "a number is missing")) return;
    if (value > std::numeric_limits<T>::max()) return fail("a number is too large");
    to = static_cast<T>(value);
  }
  template <class E>
  void code(E& to, E least, E most) {
    std::underlying_type_t<E> value{};
    number(value);
    if (!ok()) return;
    if (E(value) < least || E(value) > most) return fail("an unknown code");
    to = E(value);
  }
  void flag(bool& to) {
    took([&] { return from_.read_bool(to); }, "a flag is missing");
  }
  void text(std::string& to) {
    std::string_view value;
    if (!took([&] { return from_.read_str(value); }, "a text is missing")) return;
    if (value.size() > max_peer_text) return fail("a text is too long");
    to = value;
  }
  void bytes(std::string_view& to) {
    took([&] { return from_.read_bin(to); }, "bytes are missing");
  }
  void bytes(std::string& to) {
    std::string_view value;
    bytes(value);
    to = value;
  }
  void hash(hash16& to) {
    std::string_view value;
    bytes(value);
    if (!ok()) return;
    if (value.size() != to.size()) return fail("a hash of another size");
    std::copy(value.begin(), value.end(), to.begin());
  }

  template <class Fields>
  void record(std::uint32_t count, Fields fields) {
    std::uint32_t there = 0;
    if (!took([&] { return from_.read_array_header(there); }, "an array is missing")) return;
    if (there < count) return fail("too few fields");
    fields();
    skip(there - count);
  }
  /// A node of before leaves out what was appended.
  template <class Fields, class More>
  void record(std::uint32_t count, Fields fields, std::uint32_t appended, More more) {
    std::uint32_t there = 0;
    if (!took([&] { return from_.read_array_header(there); }, "an array is missing")) return;
    if (there < count) return fail("too few fields");
    fields();
    there -= count;
    if (there < appended) return skip(there);
    more();
    skip(there - appended);
  }
  template <class Element, class Fields>
  void list(std::vector<Element>& to, std::size_t smallest, Fields fields) {
    std::uint32_t count = 0;
    if (!took([&] { return from_.read_array_header(count); }, "a list is missing")) return;
    if (count > from_.left() / smallest) return fail("a list is longer than its frame");
    to.reserve(count);
    for (; ok() && count > 0; --count) fields(to.emplace_back());
  }
  template <class Fields>
  void checked(Fields fields) {
    const char* const begin = from_.position();
    fields();
    if (!ok()) return;
    const auto size = static_cast<std::size_t>(from_.position() - begin);
    std::uint32_t said = 0;
    number(said);
    if (ok() && said != checksum_of({begin, size})) fail("the checksum does not fit");
  }

 private:
  void skip(std::uint32_t fields) {
    for (; ok() && fields > 0; --fields)
      took([&] { return from_.skip(wire::max_depth); }, "a later field is broken");
  }

  /// Once something is wrong the cursor stands anywhere: it is not used any more.
  template <class Read>
  bool took(Read read, const char* why) {
    if (ok() && !read()) fail(why);
    return ok();
  }

  wire::reader from_;
  const char* wrong_ = nullptr;
};

}  // namespace conclave::replication
