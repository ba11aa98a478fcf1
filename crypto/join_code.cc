/// See join_code.h.
#include "crypto/join_code.h"

#include "crypto/base64url.h"
#include "crypto/random.h"

#include <charconv>

namespace conclave::crypto {

namespace {

constexpr std::string_view prefix = "cj1.";
constexpr std::size_t secret_bytes = 16;

/// A decimal id without sign and leading zeros; 0: none.
conversation_id parse_id(std::string_view digits) {
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || digits.front() == '0' || value >= id_limit)
    return {};
  return conversation_id{value};
}

}  // namespace

join_code_parts make_join_code(conversation_id conversation) {
  join_code_parts parts;
  parts.conversation = conversation;
  append_base64url(parts.secret, random_bytes(secret_bytes));
  return parts;
}

std::string format_join_code(const join_code_parts& parts) {
  return std::string(prefix) + std::to_string(parts.conversation.value) + '.' + parts.secret;
}

std::optional<join_code_parts> parse_join_code(std::string_view code) {
  if (!code.starts_with(prefix)) return std::nullopt;
  code.remove_prefix(prefix.size());
  const std::size_t dot = code.find('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  const conversation_id conversation = parse_id(code.substr(0, dot));
  const std::string_view secret = code.substr(dot + 1);
  if (!conversation || secret.size() != base64url_size(secret_bytes) || !decode_base64url(secret))
    return std::nullopt;
  return join_code_parts{conversation, std::string(secret)};
}

}  // namespace conclave::crypto
