/// Resume tokens as text. Parsing is strict: there is exactly one spelling of a token, so that a
/// token can be compared, logged by its ids and refused without a second look.
#include "crypto/token.h"

#include "crypto/base64url.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "schemas/check.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace conclave::crypto {

namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::size_t secret_characters = base64url_size(secret_bytes);
constexpr std::string_view prefix = "cv1.";
/// Prefix, three ids of at most 16 digits, three dots, the secret.
constexpr std::size_t max_token_characters = prefix.size() + 3 * 17 + secret_characters;

/// Takes "<decimal>." off the front: no sign, no leading zero, at most `max`.
std::optional<std::uint64_t> take_id(std::string_view& rest, std::uint64_t max) {
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  const std::string_view digits = rest.substr(0, dot);
  rest.remove_prefix(dot + 1);
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  if (value > max) return std::nullopt;
  return value;
}

}  // namespace

std::string new_token_secret() {
  return random_bytes(secret_bytes);
}

std::string format_token(const token_parts& parts) {
  CONCLAVE_CHECK(parts.secret.size() == secret_bytes, "a token's secret has 32 bytes");
  std::string text(prefix);
  text += std::to_string(parts.tenant.value) + '.';
  text += std::to_string(parts.user.value) + '.';
  text += std::to_string(parts.device.value) + '.';
  append_base64url(text, parts.secret);
  return text;
}

outcome<token_parts> parse_token(std::string_view token) {
  if (token.size() > max_token_characters || !token.starts_with(prefix)) return errc::invalid_token;
  std::string_view rest = token.substr(prefix.size());
  const auto tenant = take_id(rest, std::uint32_t{0xFFFFFFFF});
  if (!tenant) return errc::invalid_token;
  const auto user = take_id(rest, id_limit - 1);
  if (!user || *user == 0) return errc::invalid_token;
  const auto device = take_id(rest, id_limit - 1);
  if (!device || *device == 0) return errc::invalid_token;
  if (rest.size() != secret_characters) return errc::invalid_token;
  auto secret = decode_base64url(rest);
  if (!secret) return errc::invalid_token;
  return token_parts{tenant_id{static_cast<std::uint32_t>(*tenant)}, user_id{*user},
                     device_id{*device}, std::move(*secret)};
}

std::string token_hash(std::string_view secret) {
  const sha256_bytes hash = sha256(secret);
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace conclave::crypto
