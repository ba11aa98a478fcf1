/// The offline commands of conclaved, run while the node is stopped (the data folder's lock says
/// so).
#pragma once

#include "conf/config.h"
#include "node/conclaved.h"

#include <string>

namespace conclave::node {

/// Makes an operator (a user of the system tenant) and prints the token of a new device on stdout.
/// There are no default credentials: this is where the first one comes from.
int add_operator(const conf::config& config, const test_hooks& hooks, const std::string& name);

/// Prints where each shard stands: epoch, log index, chain hash, digest of its state.
int inspect_data(const conf::config& config, const test_hooks& hooks);

}  // namespace conclave::node
