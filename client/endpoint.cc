/// Parsing and resolving endpoints.
#include "client/endpoint.h"

#include "client/failures.h"
#include "conf/host_port.h"

#include <arpa/inet.h>
#include <array>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>

namespace conclave::client {

outcome<endpoint> parse_endpoint(std::string_view text) {
  auto parsed = conf::parse_host_port(text);
  if (!parsed) return std::move(parsed).error();
  return endpoint{std::move(parsed->host), parsed->port, {}};
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
  return conf::to_string(conf::host_port{e.host, e.port});
}

}  // namespace conclave::client
