/// See join_code.h.
#include "actors/join_code.h"

#include "crypto/random.h"

#include <charconv>

namespace conclave::actors {

namespace {

constexpr std::string_view prefix = "cj1.";
constexpr std::size_t secret_size = 22;
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

join_code_parts make_join_code(conversation_id conversation) {
  join_code_parts parts;
  parts.conversation = conversation;
  // Six random bits per character: 132 in all.
  for (const char byte : crypto::random_bytes(secret_size))
    parts.secret += alphabet[static_cast<unsigned char>(byte) & 63u];
  return parts;
}

std::string format_join_code(const join_code_parts& parts) {
  return std::string(prefix) + std::to_string(parts.conversation.value) + '.' + parts.secret;
}

std::optional<join_code_parts> parse_join_code(std::string_view code) {
  if (!code.starts_with(prefix)) return std::nullopt;
  code.remove_prefix(prefix.size());
  const std::size_t dot = code.find('.');
  if (dot == std::string_view::npos || code.size() - dot - 1 != secret_size) return std::nullopt;
  join_code_parts parts;
  const auto [end, error] =
      std::from_chars(code.data(), code.data() + dot, parts.conversation.value);
  if (error != std::errc() || end != code.data() + dot || !parts.conversation ||
      parts.conversation.value >= id_limit)
    return std::nullopt;
  parts.secret = code.substr(dot + 1);
  if (parts.secret.find_first_not_of(alphabet) != std::string::npos) return std::nullopt;
  return parts;
}

}  // namespace conclave::actors
