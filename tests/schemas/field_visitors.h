/// Visitors over the fields of any message, event, body or record, so that one test covers them
/// all: fill with random values within the bounds, pack with msgpack-c (an encoder that owes
/// nothing to ours), to JSON and from JSON.
#pragma once

#include "schemas/event_layouts.h"
#include "schemas/field_codec.h"

#include <gtest/gtest.h>
#include <msgpack.hpp>
#include <nlohmann/json.hpp>

#include <deque>
#include <random>
#include <string>

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

/// Fills fields with random values, favouring the edges of their bounds.
class random_filler {
 public:
  random_filler(std::mt19937_64& random, arena& storage) : random_(random), storage_(storage) {}

  template <class T>
  void operator()(std::string_view, T&& value, bounds b, std::string_view) {
    fill(value, wire::within_type<std::remove_reference_t<T>>(b));
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
      assign(value.data, text(between(b.min, std::min<std::uint64_t>(b.max, 70'000))), storage_);
    } else if constexpr (std::is_same_v<T, raw_events>) {
      fill_events(value);
    } else if constexpr (is_list<T>) {
      value.resize(std::max(b.min, between(b.min, b.max) % 40));
      using element = typename T::value_type;
      for (auto& each : value) {
        fill(each, wire::within_type<element>(wire::element_bounds<element>()));
      }
    } else {
      layout<T>::fields(value, *this);
    }
  }

  void fill_events(raw_events& value) {
    std::string bytes;
    value.count = static_cast<std::uint32_t>(random_() % 20);
    for (std::uint32_t i = 0; i < value.count; ++i) {
      event_view event;
      layout<event_view>::fields(event, *this);
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
  random_filler filler(random, storage);
  layout<T>::fields(record, filler);
}

/// Packs with msgpack-c.
class oracle_packer {
 public:
  explicit oracle_packer(msgpack::sbuffer& out) : out_(out), packer_(out) {}

  template <class T>
  void operator()(std::string_view, const T& value, bounds, std::string_view) {
    pack(value);
  }

  template <class T>
  void pack_record(const T& record) {
    packer_.pack_array(wire::count_fields(record));
    layout<T>::fields(record, *this);
  }

 private:
  template <class T>
  void pack(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      packer_.pack(value);
    } else if constexpr (is_number<T>) {
      packer_.pack_uint64(wire::number_value(value));
    } else if constexpr (is_text<T>) {
      packer_.pack_str(static_cast<std::uint32_t>(value.size()));
      packer_.pack_str_body(value.data(), static_cast<std::uint32_t>(value.size()));
    } else if constexpr (is_binary<T>) {
      const auto bytes = view_of(value.data);
      packer_.pack_bin(static_cast<std::uint32_t>(bytes.size()));
      packer_.pack_bin_body(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
    } else if constexpr (std::is_same_v<T, raw_events>) {
      packer_.pack_array(value.count);
      out_.write(value.bytes.data(), value.bytes.size());
    } else if constexpr (is_list<T>) {
      packer_.pack_array(static_cast<std::uint32_t>(value.size()));
      for (const auto& each : value) pack(each);
    } else {
      pack_record(value);
    }
  }

  msgpack::sbuffer& out_;
  msgpack::packer<msgpack::sbuffer> packer_;
};

template <class T>
std::string oracle_pack(const T& record) {
  msgpack::sbuffer out;
  oracle_packer(out).pack_record(record);
  return {out.data(), out.size()};
}

/// Fields to JSON: numbers as numbers, str as strings, bin as {"hex": …}, records as objects.
class json_writer {
 public:
  json& out;

  template <class T>
  void operator()(std::string_view name, const T& value, bounds, std::string_view) {
    out[std::string(name)] = write(value);
  }

  template <class T>
  static json write(const T& value) {
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
      for (const auto& each : value) list.push_back(write(each));
      return list;
    } else {
      json object = json::object();
      json_writer writer{object};
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

/// The way back; a missing field fails the test.
class json_reader {
 public:
  const json& in;
  arena& storage;

  template <class T>
  void operator()(std::string_view name, T&& value, bounds, std::string_view) {
    const auto found = in.find(std::string(name));
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
      json_reader reader{from, storage};
      layout<T>::fields(value, reader);
    }
  }
};

}  // namespace conclave::test
