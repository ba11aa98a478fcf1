/// The two visitors behind every msgpack array of Conclave: one writes the fields that a struct
/// describes, the other reads them within their bounds. Internal to schemas/*.cc: include codec.h,
/// event.h or records.h instead.
///
/// What describes a struct is layout<T>: the message's own fields() unless specialised, as for
/// events (event_layouts.h) and stored records (record_layouts.h). Any thread; nothing is kept.
#pragma once

#include "schemas/check.h"
#include "schemas/fields.h"
#include "schemas/outcome.h"
#include "schemas/utf8.h"
#include "schemas/wire_reader.h"
#include "schemas/wire_writer.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace conclave {

template <class T>
struct layout {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    T::fields(m, v);
  }
};

/// Marks a string or byte array that travels as msgpack bin: v("body", binary(m.body), …).
template <class Bytes>
struct binary_ref {
  Bytes& data;
};
template <class Bytes>
binary_ref<Bytes> binary(Bytes& data) {
  return {data};
}

namespace wire {

// -- what a C++ type is on the wire
// ----------------------------------------------------------------

template <class T>
inline constexpr bool is_strong_id = false;
template <class Tag, class Rep>
inline constexpr bool is_strong_id<strong_id<Tag, Rep>> = true;

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;

template <class T>
inline constexpr bool is_binary = std::is_same_v<T, bytes_view>;
template <class Bytes>
inline constexpr bool is_binary<binary_ref<Bytes>> = true;

template <class T>
inline constexpr bool is_text =
    std::is_same_v<T, std::string_view> || std::is_same_v<T, std::string>;

/// The unsigned integer behind an integer, an enum or an id; void for everything else.
template <class T>
struct number_of {
  using type = void;
};
template <class T>
requires(std::unsigned_integral<T> && !std::same_as<T, bool>) struct number_of<T> {
  using type = T;
};
template <class T>
requires std::is_enum_v<T>
struct number_of<T> {
  using type = std::underlying_type_t<T>;
};
template <class T>
requires is_strong_id<T>
struct number_of<T> {
  using type = typename T::rep;
};
template <class T>
inline constexpr bool is_number = !std::is_void_v<typename number_of<T>::type>;

/// A field's bounds never promise more than its type can hold.
template <class T>
constexpr bounds within_type(bounds b) {
  if constexpr (is_number<T>) {
    const std::uint64_t most = std::numeric_limits<typename number_of<T>::type>::max();
    return {b.min, std::min(b.max, most)};
  }
  return b;
}

/// A list's bounds count its elements; the elements' own follow from their type.
template <class T>
constexpr bounds element_bounds() {
  if constexpr (is_strong_id<T>) return id_bounds;
  if constexpr (is_text<T>) return {1, 64};  // names of users
  return {};
}

constexpr bool within(std::uint64_t value, bounds b) {
  return value >= b.min && value <= b.max;
}

template <class T>
std::uint64_t number_value(const T& value) {
  if constexpr (is_strong_id<T>) {
    return value.value;
  } else {
    return static_cast<std::uint64_t>(value);
  }
}

struct field_counter {
  std::uint32_t count = 0;
  template <class T>
  void operator()(std::string_view, const T&, bounds, std::string_view) {
    ++count;
  }
};

template <class T>
std::uint32_t count_fields(T& record) {
  field_counter counter;
  layout<std::remove_const_t<T>>::fields(record, counter);
  return counter.count;
}

/// How many elements must be there: all fields of version 1; those appended later are optional.
template <class T>
std::uint32_t count_required_fields(T& record) {
  if constexpr (requires { T::required_fields; }) {
    return T::required_fields;
  } else {
    return count_fields(record);
  }
}

/// Is this the value that stands for an absent optional field?
template <class T>
bool is_default(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return !value;
  } else if constexpr (is_number<T>) {
    return number_value(value) == 0;
  } else if constexpr (is_text<T> || is_list<T>) {
    return value.empty();
  } else if constexpr (is_binary<T>) {
    return value.data.empty();
  } else if constexpr (std::is_same_v<T, raw_events>) {
    return value.count == 0;
  } else {
    return false;
  }
}

struct used_field_counter {
  std::uint32_t seen = 0;
  std::uint32_t used = 0;
  template <class T>
  void operator()(std::string_view, const T& value, bounds, std::string_view) {
    ++seen;
    if (!is_default(value)) used = seen;
  }
};

/// How many elements a writer writes: optional fields at the end are left out while they have their
/// defaults.
template <class T>
std::uint32_t count_used_fields(T& record) {
  if constexpr (requires { T::required_fields; }) {
    used_field_counter counter;
    layout<std::remove_const_t<T>>::fields(record, counter);
    return std::max(counter.used, std::uint32_t{T::required_fields});
  } else {
    return count_fields(record);
  }
}

// -- writing
// ---------------------------------------------------------------------------------------

class field_writer {
 public:
  explicit field_writer(std::string& out) : out_(out) {}

  template <class T>
  void operator()(std::string_view, const T& value, bounds b, std::string_view) {
    if (left_ == 0) return;
    --left_;
    write(value, b);
  }

  template <class T>
  void write_record(const T& record) {
    left_ = count_used_fields(record);
    append_array_header(out_, left_);
    layout<T>::fields(record, *this);
  }

 private:
  static constexpr const char* in_bounds = "a field that is written is within its bounds";

  template <class T>
  void write(const T& value, bounds b) {
    if constexpr (std::is_same_v<T, bool>) {
      append_bool(out_, value);
    } else if constexpr (is_number<T>) {
      const auto number = number_value(value);
      CONCLAVE_CHECK(within(number, b), in_bounds);
      append_uint(out_, number);
    } else if constexpr (is_text<T>) {
      CONCLAVE_CHECK(within(value.size(), b), in_bounds);
      append_str(out_, value);
    } else if constexpr (is_binary<T>) {
      CONCLAVE_CHECK(within(value.data.size(), b), in_bounds);
      append_bin(out_, view_of(value.data));
    } else if constexpr (std::is_same_v<T, raw_events>) {
      CONCLAVE_CHECK(within(value.count, b), in_bounds);
      append_array_header(out_, value.count);
      out_.append(value.bytes);
    } else if constexpr (is_list<T>) {
      CONCLAVE_CHECK(within(value.size(), b), in_bounds);
      append_array_header(out_, static_cast<std::uint32_t>(value.size()));
      for (const auto& element : value) {
        write(element, element_bounds<typename T::value_type>());
      }
    } else {
      field_writer(out_).write_record(value);
    }
  }

  static std::string_view view_of(std::string_view bytes) { return bytes; }
  template <std::size_t size>
  static std::string_view view_of(const std::array<std::uint8_t, size>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), size};
  }

  std::string& out_;
  std::uint32_t left_ = 0;  ///< fields of the record at hand that are still to be written
};

// -- reading
// ---------------------------------------------------------------------------------------

/// The first thing that is wrong with the bytes; code ok while nothing is.
struct problem {
  errc code = errc::ok;
  std::string_view field;
  std::string_view what;
  bounds allowed;

  bool none() const { return code == errc::ok; }
};

/// "title is not within 1 to 128 bytes"
failure to_failure(const problem& p);

class field_reader {
 public:
  field_reader(reader& in, problem& p, int depth) : in_(in), problem_(p), depth_(depth) {}

  template <class T>
  void operator()(std::string_view name, T&& value, bounds b, std::string_view) {
    if (!problem_.none() || present_ == 0) return;  // absent: appended later than the sender knows
    --present_;
    read(value, within_type<std::remove_reference_t<T>>(b));
    if (!problem_.none() && problem_.field.empty()) problem_.field = name;
  }

  /// Reads one array with the fields of `record`, and passes over what follows them.
  template <class T>
  void read_record(T& record) {
    if (!in_.read_array_header(present_)) return wrong("is not an array that fits");
    if (present_ < count_required_fields(record)) return wrong("has too few elements");
    layout<T>::fields(record, *this);
    for (; problem_.none() && present_ > 0; --present_) {
      if (!in_.skip(max_depth - depth_)) wrong("has a broken element after the known ones");
    }
  }

 private:
  void wrong(std::string_view what) {
    if (problem_.none()) problem_ = {errc::malformed, {}, what, {}};
  }

  void check_bounds(std::uint64_t value, bounds b, std::string_view unit) {
    if (!within(value, b)) problem_ = {errc::invalid_argument, {}, unit, b};
  }

  template <class T>
  void read(T& value, bounds b) {
    if constexpr (std::is_same_v<T, bool>) {
      if (!in_.read_bool(value)) wrong("is not a boolean");
    } else if constexpr (is_number<T>) {
      std::uint64_t number = 0;
      if (!in_.read_uint(number)) return wrong("is not an unsigned integer");
      check_bounds(number, b, "");
      value = T(static_cast<typename number_of<T>::type>(number));
    } else if constexpr (is_text<T>) {
      std::string_view text;
      if (!in_.read_str(text)) return wrong("is not a str that fits");
      check_bounds(text.size(), b, " bytes");
      if (!valid_utf8(text)) problem_ = {errc::invalid_argument, {}, "is not UTF-8", {0, 0}};
      value = T(text);
    } else if constexpr (is_binary<T>) {
      std::string_view data;
      if (!in_.read_bin(data)) return wrong("is not a bin that fits");
      check_bounds(data.size(), b, " bytes");
      if (problem_.none()) assign(value.data, data);
    } else if constexpr (std::is_same_v<T, raw_events>) {
      read_events(value, b);
    } else if constexpr (is_list<T>) {
      std::uint32_t count = 0;
      if (!in_.read_array_header(count)) return wrong("is not an array that fits");
      check_bounds(count, b, " elements");
      if (!problem_.none()) return;
      value.resize(count);
      using element = typename T::value_type;
      for (auto& each : value) {
        read(each, within_type<element>(element_bounds<element>()));
        if (!problem_.none()) return;
      }
    } else {
      field_reader(in_, problem_, depth_ + 1).read_record(value);
    }
  }

  void read_events(raw_events& value, bounds b) {
    if (!in_.read_array_header(value.count)) return wrong("is not an array that fits");
    check_bounds(value.count, b, " elements");
    const char* const first = in_.position();
    for (std::uint32_t i = 0; problem_.none() && i < value.count; ++i) {
      if (!in_.next_is_array() || !in_.skip(max_depth - depth_ - 1)) {
        wrong("is not a list of events");
      }
    }
    value.bytes = {first, static_cast<std::size_t>(in_.position() - first)};
  }

  template <class Text>
  requires is_text<Text>
  void assign(Text& to, std::string_view data) { to = Text(data); }
  template <std::size_t size>
  void assign(std::array<std::uint8_t, size>& to, std::string_view data) {
    if (data.size() != size) return wrong("has another size");
    std::copy(data.begin(), data.end(), to.begin());
  }

  reader& in_;
  problem& problem_;
  int depth_;  ///< arrays around the fields
  std::uint32_t present_ = 0;
};

/// Reads one record that fills `bytes` exactly.
template <class T>
void read_whole(std::string_view bytes, T& record, problem& p) {
  reader in(bytes);
  field_reader(in, p, 1).read_record(record);
  if (p.none() && !in.at_end()) p = {errc::malformed, {}, "is followed by more bytes", {}};
}

}  // namespace wire
}  // namespace conclave
