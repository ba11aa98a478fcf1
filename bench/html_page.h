/// Reports as one page for people: tables, and plots of throughput and latency as inline SVG. One
/// file, nothing is loaded from elsewhere. Pure.
#pragma once

#include "client/protocol.h"

#include <string>
#include <vector>

namespace conclave::bench {

/// Each as written by report::to_json(), in this order on the page.
outcome<std::string> html_page(const std::vector<std::string>& reports);

}  // namespace conclave::bench
