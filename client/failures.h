/// How a client library reports what no node has said. The node's own codes pass through unchanged;
/// for "no node could be reached" it borrows the one local code that never travels on the wire.
#pragma once

#include "schemas/outcome.h"

#include <string>

namespace conclave::client {

/// No node could be reached, or none of them let the connection open.
inline constexpr errc unreachable = errc::io_error;

inline failure unreachable_because(std::string sentence) {
  return failure{unreachable, std::move(sentence)};
}

/// A list that does not get on would never end.
inline failure page_again() {
  return failure{errc::malformed, "the node gave a page of a list twice"};
}

}  // namespace conclave::client
