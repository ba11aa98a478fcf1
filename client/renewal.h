/// When a token is renewed: a week before its end, so that a program that runs now and then has
/// many chances; a token that does not live that long at once after the login, and from then on at
/// half of what is left. Pure.
#pragma once

#include "schemas/ids.h"

#include <cstdint>

namespace conclave::client {

inline constexpr std::uint64_t renew_early_ms = 7ull * 24 * 3600 * 1000;

/// Milliseconds until RENEW_TOKEN; `now` is the node's time. `fresh`: the token is new.
constexpr std::uint64_t renew_after_ms(time_ms renew_by, time_ms now, bool fresh) {
  const std::uint64_t left = renew_by > now ? renew_by - now : 0;
  if (left > renew_early_ms) return left - renew_early_ms;
  return fresh ? left / 2 : 0;
}

}  // namespace conclave::client
