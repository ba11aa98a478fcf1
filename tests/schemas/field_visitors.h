/// Visitors over the fields of any message, event, body or record, so that one test covers them
/// all: fill with random values within the bounds, pack with msgpack-c (an encoder that owes
/// nothing to ours), to JSON and from JSON. Optional fields are those after a struct's
/// required_fields.
#pragma once

#include "schemas/event_layouts.h"
#include "schemas/field_codec.h"

#include <gtest/gtest.h>
#include <msgpack.hpp>
#include <nlohmann/json.hpp>

#include <deque>
#include <random>
#include <string>
#include <vector>

namespace conclave::test {

using json = nlohmann::ordered_json;
using wire::is_binary;
using wire::is_list;
using wire::is_number;
using wire::is_text;

inline std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

template <class Bytes>
std::string_view view_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Keeps what string views of a test's message point to.
using arena = std::deque<std::string>;

inline std::string_view keep(arena& storage, std::string text) {
  storage.push_back(std::move(text));
  return storage.back();
}

template <class Text>
void assign(Text& to, std::string text, arena& storage) {
  if constexpr (std::is_same_v<Text, std::string_view>) {
    to = keep(storage, std::move(text));
  } else if constexpr (std::is_same_v<Text, std::string>) {
    to = std::move(text);
  } else {
    std::copy_n(text.begin(), to.size(), to.begin());
  }
}

/// How many fields a record had in its first version; all of them where none is optional.
template <class T>
std::uint32_t required_fields_of(const T& record) {
  if constexpr (requires { T::required_fields; }) {
    return T::required_fields;
  } else {
    return wire::count_fields(record);
  }
}

/// Gives every field from the n-th on its default, as a reader does with what is missing.
class field_clearer {
 public:
  explicit field_clearer(std::uint32_t kept) : kept_(kept) {}

  template <class T>
  void operator()(std::string_view, T&& value, bounds, std::string_view) {
    if (seen_++ < kept_) return;
    if constexpr (is_binary<std::remove_reference_t<T>>) {
      value.data = {};
    } else {
      value = {};
    }
  }

 private:
  std::uint32_t kept_;
  std::uint32_t seen_ = 0;
};

template <class T>
void clear_fields_from(T& record, std::uint32_t n) {
  field_clearer clearer(n);
  layout<T>::fields(record, clearer);
}

/// Fills fields with random values, favouring the edges of their bounds. Of the records with
/// optional fields every other one ends somewhere among them.
class random_filler {
 public:
  random_filler(std::mt19937_64& random, arena& storage) : random_(random), storage_(storage) {}

  template <class T>
  void operator()(std::string_view, T&& value, bounds b, std::string_view) {
    fill(value, wire::within_type<std::remove_reference_t<T>>(b));
  }

  template <class T>
  void fill_record(T& record) {
    layout<T>::fields(record, *this);
    const std::uint32_t required = required_fields_of(record);
    const std::uint32_t all = wire::count_fields(record);
    if (required < all && random_() % 2 == 0)
      clear_fields_from(record,
                        required + static_cast<std::uint32_t>(random_() % (all - required)));
  }

  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    switch (random_() % 4) {
      case 0:
        return low;
      case 1:
        return high;
      case 2: {  // any magnitude
        const std::uint64_t value = random_() >> (random_() % 64);
        return std::clamp(value, low, high);
      }
      default:
        return std::uniform_int_distribution<std::uint64_t>(low, high)(random_);
    }
  }

 private:
  template <class T>
  void fill(T& value, bounds b) {
    if constexpr (std::is_same_v<T, bool>) {
      value = random_() % 2 == 0;
    } else if constexpr (is_number<T>) {
      value = T(static_cast<typename wire::number_of<T>::type>(between(b.min, b.max)));
    } else if constexpr (is_text<T>) {
      assign(value, text(between(b.min, std::min<std::uint64_t>(b.max, 300))), storage_);
    } else if constexpr (is_binary<T>) {
      const std::uint64_t most = random_() % 8 == 0 ? 70'000 : 300;  // seldom large: lists of them
      assign(value.data, text(between(b.min, std::min(b.max, std::max(b.min, most)))), storage_);
    } else if constexpr (std::is_same_v<T, raw_events>) {
      fill_events(value);
    } else if constexpr (is_list<T>) {
      value.resize(std::max(b.min, between(b.min, b.max) % 40));
      using element = typename T::value_type;
      for (auto& each : value) {
        fill(each, wire::within_type<element>(wire::element_bounds<element>()));
      }
    } else {
      fill_record(value);
    }
  }

  void fill_events(raw_events& value) {
    std::string bytes;
    value.count = static_cast<std::uint32_t>(random_() % 20);
    for (std::uint32_t i = 0; i < value.count; ++i) {
      event_view event;
      fill_record(event);
      event.format = event_format;
      append_event(bytes, event);
    }
    value.bytes = keep(storage_, std::move(bytes));
  }

  std::string text(std::uint64_t size) {
    std::string made;
    for (std::uint64_t i = 0; i < size; ++i) made += static_cast<char>('a' + random_() % 26);
    return made;
  }

  std::mt19937_64& random_;
  arena& storage_;
};

template <class T>
void fill_randomly(T& record, std::mt19937_64& random, arena& storage) {
  random_filler(random, storage).fill_record(record);
}

/// Packs with msgpack-c: each field by itself, so that a test may take them apart.
class oracle_packer {
 public:
  std::vector<std::string> fields;

  template <class T>
  void operator()(std::string_view, const T& value, bounds, std::string_view) {
    msgpack::sbuffer out;
    pack(out, value);
    fields.emplace_back(out.data(), out.size());
  }

 private:
  template <class T>
  static void pack(msgpack::sbuffer& out, const T& value);
};

template <class T>
std::vector<std::string> oracle_fields(const T& record) {
  oracle_packer packer;
  layout<T>::fields(record, packer);
  return packer.fields;
}

/// An array of elements that are packed already.
inline std::string oracle_array(const std::vector<std::string>& elements) {
  msgpack::sbuffer out;
  msgpack::packer<msgpack::sbuffer>(out).pack_array(static_cast<std::uint32_t>(elements.size()));
  std::string bytes(out.data(), out.size());
  for (const auto& element : elements) bytes += element;
  return bytes;
}

/// 0, false, and an empty str, list or bin: what may be left out at the end.
inline bool is_packed_default(const std::string& element) {
  return element == std::string(1, '\0') || element == "\xc2" || element == "\xa0" ||
         element == "\x90" || element == std::string("\xc4\0", 2);
}

template <class T>
std::string oracle_pack(const T& record) {
  auto elements = oracle_fields(record);
  while (elements.size() > required_fields_of(record) && is_packed_default(elements.back())) {
    elements.pop_back();
  }
  return oracle_array(elements);
}

template <class T>
void oracle_packer::pack(msgpack::sbuffer& out, const T& value) {
  msgpack::packer<msgpack::sbuffer> packer(out);
  if constexpr (std::is_same_v<T, bool>) {
    packer.pack(value);
  } else if constexpr (is_number<T>) {
    packer.pack_uint64(wire::number_value(value));
  } else if constexpr (is_text<T>) {
    packer.pack_str(static_cast<std::uint32_t>(value.size()));
    packer.pack_str_body(value.data(), static_cast<std::uint32_t>(value.size()));
  } else if constexpr (is_binary<T>) {
    const auto bytes = view_of(value.data);
    packer.pack_bin(static_cast<std::uint32_t>(bytes.size()));
    packer.pack_bin_body(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
  } else if constexpr (std::is_same_v<T, raw_events>) {
    packer.pack_array(value.count);
    out.write(value.bytes.data(), value.bytes.size());
  } else if constexpr (is_list<T>) {
    packer.pack_array(static_cast<std::uint32_t>(value.size()));
    for (const auto& each : value) pack(out, each);
  } else {
    const auto bytes = oracle_pack(value);
    out.write(bytes.data(), bytes.size());
  }
}

/// Fields to JSON: numbers as numbers, str as strings, bin as {"hex": …}, records as objects.
/// Optional fields that have their defaults are left out, unless `whole`.
class json_writer {
 public:
  json& out;
  std::uint32_t required;
  bool whole = false;
  std::uint32_t seen = 0;

  template <class T>
  void operator()(std::string_view name, const T& value, bounds, std::string_view) {
    const bool optional = seen++ >= required;
    if (optional && !whole && wire::is_default(value)) return;
    out[std::string(name)] = write(value, whole);
  }

  template <class T>
  static json write(const T& value, bool whole = false) {
    if constexpr (std::is_same_v<T, bool>) {
      return value;
    } else if constexpr (is_number<T>) {
      return wire::number_value(value);
    } else if constexpr (is_text<T>) {
      return std::string(value);
    } else if constexpr (is_binary<T>) {
      return json{{"hex", to_hex(view_of(value.data))}};
    } else if constexpr (std::is_same_v<T, raw_events>) {
      return write_events(value);
    } else if constexpr (is_list<T>) {
      json list = json::array();
      for (const auto& each : value) list.push_back(write(each, whole));
      return list;
    } else {
      json object = json::object();
      json_writer writer{object, required_fields_of(value), whole};
      layout<T>::fields(value, writer);
      return object;
    }
  }

 private:
  static json write_events(const raw_events& events) {
    json list = json::array();
    wire::reader in(events.bytes);
    for (std::uint32_t i = 0; i < events.count; ++i) {
      const char* const first = in.position();
      if (!in.skip(wire::max_depth)) return "broken";
      const auto event = decode_event({first, static_cast<std::size_t>(in.position() - first)});
      list.push_back(event.ok() ? write(*event) : json(event.error().detail));
    }
    return list;
  }
};

template <class T>
json to_json(const T& record) {
  return json_writer::write(record);
}

/// With the optional fields that have their defaults: what shape a record has.
template <class T>
json to_whole_json(const T& record) {
  return json_writer::write(record, true);
}

/// The way back; a missing field fails the test, if it is not optional.
class json_reader {
 public:
  const json& in;
  arena& storage;
  std::uint32_t required;
  std::uint32_t seen = 0;

  template <class T>
  void operator()(std::string_view name, T&& value, bounds, std::string_view) {
    const bool optional = seen++ >= required;
    const auto found = in.find(std::string(name));
    if (optional && found == in.end()) return;
    ASSERT_NE(found, in.end()) << name;
    read(*found, value, storage);
  }

  template <class T>
  static void read(const json& from, T& value, arena& storage) {
    if constexpr (std::is_same_v<T, bool>) {
      value = from.get<bool>();
    } else if constexpr (is_number<T>) {
      value = T(static_cast<typename wire::number_of<T>::type>(from.get<std::uint64_t>()));
    } else if constexpr (is_text<T>) {
      assign(value, from.get<std::string>(), storage);
    } else if constexpr (is_binary<T>) {
      assign(value.data, from_hex(from.at("hex").get<std::string>()), storage);
    } else if constexpr (std::is_same_v<T, raw_events>) {
      std::string bytes;
      for (const auto& each : from) {
        event_view event;
        read(each, event, storage);
        append_event(bytes, event);
      }
      value.count = static_cast<std::uint32_t>(from.size());
      value.bytes = keep(storage, std::move(bytes));
    } else if constexpr (is_list<T>) {
      value.resize(from.size());
      for (std::size_t i = 0; i < from.size(); ++i) read(from[i], value[i], storage);
    } else {
      json_reader reader{from, storage, required_fields_of(value)};
      layout<T>::fields(value, reader);
    }
  }
};

}  // namespace conclave::test
