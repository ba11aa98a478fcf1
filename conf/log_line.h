/// One line of the log from its parts: plain text or JSON. Pure functions; any thread. Whatever the
/// parts hold, the result is one line of valid UTF-8 without control characters, so that a client's
/// input can never forge a second line or break a JSON reader.
#pragma once

#include "conf/log.h"

#include <span>
#include <string>
#include <string_view>

namespace conclave::log {

std::string_view name_of(level l);

/// `2026-05-01T12:00:00.123Z info conf message key=value "key"="va lue"`.
std::string text_line(std::uint64_t wall_ms, level l, std::string_view area,
                      std::string_view message, std::span<const field> fields);

/// `{"time":"…","level":"info","area":"conf","message":"…","key":"value"}`; all values are strings.
std::string json_line(std::uint64_t wall_ms, level l, std::string_view area,
                      std::string_view message, std::span<const field> fields);

/// Longer values are cut: a field is an id, a count or a name.
inline constexpr std::size_t max_value_bytes = 1024;

}  // namespace conclave::log
