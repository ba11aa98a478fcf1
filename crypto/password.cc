/// Argon2id through libargon2, which also writes and reads the PHC strings: there is no parser of
/// ours. needs_rehash only compares with the beginning that hash_password would write, and
/// spend_what_is_left takes the two numbers of the cost from there.
#include "crypto/password.h"

#include "crypto/random.h"
#include "schemas/check.h"
#include "schemas/utf8.h"

#include <argon2.h>

#include <cstdio>

namespace conclave::crypto {

namespace {

constexpr std::size_t salt_bytes = 16;
constexpr std::size_t tag_bytes = 32;

/// Base64 without padding.
constexpr std::size_t characters_of(std::size_t bytes) {
  return (bytes * 8 + 5) / 6;
}

/// The longest string that hash_password writes has 117 characters.
constexpr std::size_t max_phc_bytes = 128;

/// Everything before the salt.
std::string phc_prefix(const password_cost& cost) {
  return "$argon2id$v=" + std::to_string(ARGON2_VERSION_NUMBER) +
         "$m=" + std::to_string(cost.memory_kib) + ",t=" + std::to_string(cost.passes) +
         ",p=" + std::to_string(cost.lanes) + "$";
}

bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // U+0080 to U+009F; valid UTF-8 has a byte after this one.
    if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

/// Is valid text its own first character over and over?
bool is_one_character_repeated(std::string_view text) {
  std::size_t first = 1;
  while (first < text.size() && (static_cast<unsigned char>(text[first]) & 0xC0) == 0x80) ++first;
  return text.substr(first) == text.substr(0, text.size() - first);
}

}  // namespace

bool acceptable_password(std::string_view password) {
  return password.size() >= min_password_bytes && password.size() <= max_password_bytes &&
         valid_utf8(password) && !has_control_character(password) &&
         !is_one_character_repeated(password);
}

std::string hash_password(std::string_view password, const password_cost& cost) {
  const std::string salt = random_bytes(salt_bytes);
  // With room for the zero that libargon2 puts behind it.
  std::string phc(
      argon2_encodedlen(cost.passes, cost.memory_kib, cost.lanes, salt_bytes, tag_bytes, Argon2_id),
      '\0');
  const int result = argon2id_hash_encoded(cost.passes, cost.memory_kib, cost.lanes,
                                           password.data(), password.size(), salt.data(),
                                           salt.size(), tag_bytes, phc.data(), phc.size());
  CONCLAVE_CHECK(result == ARGON2_OK, "libargon2 refuses the cost or finds no memory");
  phc.resize(phc.find('\0'));
  return phc;
}

bool verify_password(std::string_view password, std::string_view phc) {
  // libargon2 reads up to a zero byte: what came behind one would not be looked at.
  if (phc.size() > max_phc_bytes || phc.find('\0') != std::string_view::npos) return false;
  const std::string terminated(phc);
  return argon2id_verify(terminated.c_str(), password.data(), password.size()) == ARGON2_OK;
}

bool needs_rehash(std::string_view phc, const password_cost& cost) {
  const std::string prefix = phc_prefix(cost);
  return !phc.starts_with(prefix) ||
         phc.size() != prefix.size() + characters_of(salt_bytes) + 1 + characters_of(tag_bytes);
}

void spend_like_verify(std::string_view password, const password_cost& cost) {
  // A salt and a tag of zeros do: the whole hash is computed before the tags are compared. Nothing
  // has to be hashed beforehand, so that the first call takes no longer than those after it.
  (void)verify_password(password, phc_prefix(cost) + std::string(characters_of(salt_bytes), 'A') +
                                      "$" + std::string(characters_of(tag_bytes), 'A'));
}

void spend_what_is_left(std::string_view password, std::string_view phc,
                        const password_cost& cost) {
  unsigned memory = 0, passes = 0;
  const bool known =
      std::sscanf(std::string(phc).c_str(), "$argon2id$v=%*u$m=%u,t=%u,", &memory, &passes) == 2;
  const std::uint64_t all = std::uint64_t{cost.memory_kib} * cost.passes;
  const std::uint64_t spent = known ? std::uint64_t{memory} * passes : 0;
  if (spent >= all) return;
  password_cost rest = cost;
  rest.memory_kib = static_cast<std::uint32_t>((all - spent) / cost.passes);
  if (rest.memory_kib >= 8 * cost.lanes) spend_like_verify(password, rest);
}

}  // namespace conclave::crypto
