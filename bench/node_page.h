/// The node's own counters, from its metrics page (plain text on loopback): group commits, sizes of
/// batches, TLS writes. Blocking; before and after a measurement, on the main thread.
#pragma once

#include "client/protocol.h"

#include <map>
#include <string>
#include <string_view>

namespace conclave::bench {

/// By name; samples of one name with several label sets are summed up.
using node_numbers = std::map<std::string, double>;

/// The text format of Prometheus, as far as plain samples go; what is none is passed over.
node_numbers parse_node_page(std::string_view text);

/// `where`: HOST:PORT.
outcome<node_numbers> read_node_page(const std::string& where);

}  // namespace conclave::bench
