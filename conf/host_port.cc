/// Reading and writing "HOST:PORT".
#include "conf/host_port.h"

#include <algorithm>
#include <charconv>

namespace conclave::conf {

namespace {

/// The longest name of the DNS in its usual writing.
constexpr std::size_t max_host_bytes = 253;

failure not_host_port(std::string_view text) {
  return failure{errc::invalid_argument,
                 "`" + std::string(text) + "` is not HOST:PORT, such as chat.example.org:7443"};
}

/// The text may come from another machine and goes into logs and to the resolver, so only what can
/// be a name or an address passes.
bool is_host(std::string_view host, bool bracketed) {
  if (host.empty() || host.size() > max_host_bytes) return false;
  return std::all_of(host.begin(), host.end(), [&](char c) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alnum || c == '.' || c == '-' || c == '_' || (bracketed && (c == ':' || c == '%'));
  });
}

}  // namespace

outcome<host_port> parse_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return not_host_port(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  const bool bracketed = host.front() == '[';
  if (bracketed) {
    if (host.size() < 3 || host.back() != ']') return not_host_port(text);
    host = host.substr(1, host.size() - 2);
  }
  host_port parsed;
  const char* const last = port_text.data() + port_text.size();
  const auto [end, error] = std::from_chars(port_text.data(), last, parsed.port);
  if (error != std::errc{} || end != last || parsed.port == 0 || !is_host(host, bracketed))
    return not_host_port(text);
  parsed.host = host;
  return parsed;
}

std::string to_string(const host_port& h) {
  const bool v6 = h.host.find(':') != std::string::npos;
  return (v6 ? "[" + h.host + "]" : h.host) + ":" + std::to_string(h.port);
}

}  // namespace conclave::conf
