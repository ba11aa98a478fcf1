/// Parsing and resolving endpoints.
#include "client/endpoint.h"

#include "client/failures.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>

namespace conclave::client {

namespace {

failure bad_endpoint(std::string_view text) {
  return failure{errc::invalid_argument,
                 "`" + std::string(text) + "` is not HOST:PORT, such as chat.example.org:7443"};
}

}  // namespace

outcome<endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return bad_endpoint(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return bad_endpoint(text);
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad_endpoint(text);
  }
  endpoint e;
  e.host = host;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), e.port);
  if (error != std::errc{} || end != port_text.data() + port_text.size() || e.port == 0) {
    return bad_endpoint(text);
  }
  return e;
}

outcome<endpoint> resolve(endpoint e) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  int error = getaddrinfo(e.host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    // Without any configured address (a machine that has only loopback) AI_ADDRCONFIG hides it.
    hints.ai_flags = 0;
    error = getaddrinfo(e.host.c_str(), nullptr, &hints, &found);
  }
  if (error != 0) {
    return unreachable_because("cannot resolve `" + e.host + "`: " + gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);
  std::array<char, 64> numeric{};
  error = getnameinfo(found->ai_addr, found->ai_addrlen, numeric.data(), numeric.size(), nullptr, 0,
                      NI_NUMERICHOST);
  if (error != 0) {
    return unreachable_because("cannot resolve `" + e.host + "`: " + gai_strerror(error));
  }
  e.address = numeric.data();
  return e;
}

std::string to_string(const endpoint& e) {
  const bool v6 = e.host.find(':') != std::string::npos;
  return (v6 ? "[" + e.host + "]" : e.host) + ":" + std::to_string(e.port);
}

}  // namespace conclave::client
