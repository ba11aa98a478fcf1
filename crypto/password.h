/// Passwords as Argon2id hashes: slow and hungry for memory on purpose, so that a stolen database
/// does not give the passwords away.
///
/// Pure functions; any thread, but each takes some ten milliseconds and password_cost::memory_kib:
/// they belong on a pool of their own with a bounded queue (limits::max_queued_passwords), never on
/// a loop or in an actor. Passwords are read where they lie: nothing here copies one, and libargon2
/// wipes what it derives. Failure: a broken hash is a wrong password; a cost that libargon2 refuses
/// and a node without memory for a new hash end the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::crypto {

/// What one hash costs. The default is OWASP's floor, fit for logins of many; libargon2 needs at
/// least 8 KiB for each lane, one pass and one lane.
struct password_cost {
  std::uint32_t memory_kib = 19'456;
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;  ///< above 1, libargon2 makes a thread for each
};

inline constexpr std::size_t min_password_bytes = 8;
/// Far above what anybody types, and a login with it still fits into a frame before login.
inline constexpr std::size_t max_password_bytes = 128;
inline constexpr std::string_view password_rule =
    "a password is 8 to 128 bytes of UTF-8 without control characters, and not one character "
    "repeated";

/// For a new password. A login is checked with any bytes: what cannot be set is simply wrong.
bool acceptable_password(std::string_view password);

/// What is stored, a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`, with 16 random
/// bytes of salt and a tag of 32 bytes.
std::string hash_password(std::string_view password, const password_cost& cost);

/// Tags are compared in constant time. False for a broken `phc`. The cost is the one the string
/// names and is paid whatever it is, so `phc` must come from our own rows.
bool verify_password(std::string_view password, std::string_view phc);

/// Was it made otherwise than hash_password would make it today? Then the login that has just shown
/// the password stores a new one. True for a broken `phc`.
bool needs_rehash(std::string_view phc, const password_cost& cost);

/// Takes the time of verify_password at this cost: called for a user who does not exist or has no
/// password, so that the time of the answer does not tell.
void spend_like_verify(std::string_view password, const password_cost& cost);

/// Takes about the time by which verify_password at this cost is longer than it was for `phc`:
/// where an older hash was not matched, so that neither tells the time of the answer. Nothing to do
/// for a hash that costs as much, or more.
void spend_what_is_left(std::string_view password, std::string_view phc, const password_cost& cost);

}  // namespace conclave::crypto
