/// Names of tenants, users and devices as people type them. Pure functions; any thread.
#pragma once

#include <algorithm>
#include <string_view>

namespace conclave {

inline constexpr std::size_t max_name_bytes = 64;
inline constexpr std::string_view name_rule =
    "a name is 1 to 64 characters of a-z 0-9 . _ - and starts with a letter or a digit";

/// Tenants and users. One spelling only, so that nobody can look like somebody else.
constexpr bool valid_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= max_name_bytes && plain(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace conclave
