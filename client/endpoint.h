/// "host:port" as people write it, and its resolution to a numeric address. Resolution blocks on
/// the system's resolver: call it outside of loops that serve others.
#pragma once

#include "schemas/outcome.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::client {

struct endpoint {
  std::string host;  ///< also the name the certificate must carry
  std::uint16_t port = 0;
  std::string address;  ///< numeric; filled in by resolve()
};

/// "example.org:7443", "127.0.0.1:7443", "[::1]:7443". Failure: invalid_argument.
outcome<endpoint> parse_endpoint(std::string_view text);

/// The first address of the host. Failure: unreachable (see client/failures.h).
outcome<endpoint> resolve(endpoint e);

std::string to_string(const endpoint& e);

}  // namespace conclave::client
