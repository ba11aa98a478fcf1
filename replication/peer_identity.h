/// Who a node is to its peers: the URI SAN `conclave://CLUSTER/NODE` of its certificate, the node's
/// number in decimal. Pure functions; any thread.
#pragma once

#include "replication/epoch.h"
#include "schemas/outcome.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::replication {

struct peer_identity {
  std::string cluster;
  node_id node{};

  friend bool operator==(const peer_identity&, const peer_identity&) = default;
};

/// "conclave://berlin/3"
std::string uri_of(const peer_identity& who);

/// Nothing: no such URI, or one that is spelled another way.
std::optional<peer_identity> parse_peer_uri(std::string_view uri);

/// The one identity among a certificate's URIs; those of other schemes do not matter. The failure
/// ends a sentence that begins with the peer: "has a certificate that names no node".
outcome<peer_identity> identity_of(const std::vector<std::string>& uris);

}  // namespace conclave::replication
