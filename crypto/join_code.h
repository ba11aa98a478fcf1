/// Join codes: what NEW_JOIN_CODE shows and JOIN brings.
///
///   cj1.<conversation>.<22 characters of base64url: 16 random bytes>
///
/// The id finds the conversation, only the secret proves anything; the node keeps its hash
/// (token_hash). There is one spelling of a code. Pure functions; any thread.
#pragma once

#include "schemas/ids.h"

#include <optional>
#include <string>
#include <string_view>

namespace conclave::crypto {

struct join_code_parts {
  conversation_id conversation{};
  std::string secret;  ///< the 22 characters, which is what is hashed
};

join_code_parts make_join_code(conversation_id conversation);
std::string format_join_code(const join_code_parts& parts);
/// nullopt: no join code.
std::optional<join_code_parts> parse_join_code(std::string_view code);

}  // namespace conclave::crypto
