/// One spelling per identity: what parses is what uri_of writes.
#include "replication/peer_identity.h"

#include <charconv>

namespace conclave::replication {

namespace {

constexpr std::string_view scheme = "conclave://";

}  // namespace

std::string uri_of(const peer_identity& who) {
  return std::string(scheme) + who.cluster + "/" + std::to_string(who.node.value);
}

std::optional<peer_identity> parse_peer_uri(std::string_view uri) {
  if (!uri.starts_with(scheme)) return std::nullopt;
  const std::string_view rest = uri.substr(scheme.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  for (const char c : rest) {
    if (c <= ' ' || c > '~') return std::nullopt;
  }
  peer_identity who{std::string(rest.substr(0, slash)), {}};
  const std::string_view number = rest.substr(slash + 1);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), who.node.value);
  // The comparison catches what follows the number and zeros in front of it.
  if (error != std::errc() || !who.node || uri_of(who) != uri) return std::nullopt;
  return who;
}

outcome<peer_identity> identity_of(const std::vector<std::string>& uris) {
  std::optional<peer_identity> found;
  for (const std::string& uri : uris) {
    if (!uri.starts_with(scheme)) continue;
    auto parsed = parse_peer_uri(uri);
    if (!parsed)
      return failure{errc::malformed, "has a certificate with a malformed name of a node"};
    if (found) return failure{errc::malformed, "has a certificate that names more than one node"};
    found = std::move(parsed);
  }
  if (!found) return failure{errc::malformed, "has a certificate that names no node"};
  return *found;
}

}  // namespace conclave::replication
