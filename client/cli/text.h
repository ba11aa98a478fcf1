/// Text for terminals: what others wrote must not be able to steer this terminal, and times are
/// told as people tell them. Pure functions; any thread.
#pragma once

#include "schemas/ids.h"

#include <string>
#include <string_view>

namespace conclave::client::cli {

/// Replaces control characters (escape sequences, C1, direction overrides) and each byte that is no
/// part of valid UTF-8 by a visible mark. Line ends become `line_end`, tabs stay.
std::string printable(std::string_view text, std::string_view line_end = "\n    ");

/// "14:05" today, "2026-01-31 14:05" otherwise; local time.
std::string clock_time(time_ms at, time_ms now);

/// The wall clock in ms since 1970.
time_ms now_ms();

}  // namespace conclave::client::cli
