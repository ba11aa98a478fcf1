/// Resume tokens: what a device shows to log in.
///
///   cv1.<tenant>.<user>.<device>.<43 characters of base64url: 32 random bytes>
///
/// The ids are decimal and route the login to the tenant's home shard; only the secret proves
/// anything. The node stores SHA-256 of the secret. Pure functions; any thread.
#pragma once

#include "schemas/ids.h"
#include "schemas/outcome.h"

#include <string>
#include <string_view>

namespace conclave::crypto {

struct token_parts {
  tenant_id tenant{};
  user_id user{};
  device_id device{};
  std::string secret;  ///< 32 bytes
};

/// A fresh secret of 32 bytes.
std::string new_token_secret();

std::string format_token(const token_parts& parts);

/// errc::invalid_token, without saying what is wrong with it.
outcome<token_parts> parse_token(std::string_view token);

/// What is stored: SHA-256 of the secret, 32 bytes.
std::string token_hash(std::string_view secret);

}  // namespace conclave::crypto
