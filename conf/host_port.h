/// "HOST:PORT" as people write it and as nodes tell it to each other and to clients: a name, an
/// IPv4 address, or an IPv6 address in brackets. Pure; any thread. It says nothing about whether
/// anybody is there, or whether the name resolves.
#pragma once

#include "schemas/outcome.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::conf {

struct host_port {
  std::string host;  ///< without brackets; at most 253 bytes
  std::uint16_t port = 0;

  friend bool operator==(const host_port&, const host_port&) = default;
};

/// "example.org:7443", "127.0.0.1:7443", "[::1]:7443". Failure: invalid_argument.
outcome<host_port> parse_host_port(std::string_view text);

std::string to_string(const host_port& h);

}  // namespace conclave::conf
