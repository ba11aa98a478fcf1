/// Two reports side by side: each figure, and how many times the first the second is. Pure.
#pragma once

#include "client/protocol.h"

#include <string>

namespace conclave::bench {

/// Both as written by report::to_json(). Failure: one of them is no report. Reports of different
/// scenarios or options are compared all the same, and the text says that they differ.
outcome<std::string> compare_reports(const std::string& a, const std::string& b);

}  // namespace conclave::bench
