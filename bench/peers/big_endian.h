/// Numbers as MQTT and AMQP write them. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::bench::peers {

template <typename number>
void put(std::string& out, number value) {
  for (std::size_t i = sizeof value; i-- > 0;) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
  }
}

/// The caller has made sure of the bytes.
template <typename number>
number get(std::string_view in, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i) {
    value = value << 8 | static_cast<unsigned char>(in[at + i]);
  }
  return static_cast<number>(value);
}

}  // namespace conclave::bench::peers
