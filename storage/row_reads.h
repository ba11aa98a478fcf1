/// What the typed reads of single rows and row ranges share: a key to a record, a range to records.
/// Internal to storage/. Runs on whoever's thread has the view; a row that does not decode is
/// errc::corrupt.
#pragma once

#include "schemas/keys.h"
#include "schemas/number_value.h"
#include "schemas/records.h"
#include "storage/store.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace conclave::storage {

/// A row by key; `not_found` passes through, a row that does not decode is corrupt.
template <class Record>
outcome<Record> get_record(const state_view& view, const std::string& key) {
  const auto bytes = view.get(key);
  if (!bytes) return bytes.error();
  return decode_record<Record>(*bytes);
}

inline outcome<std::uint64_t> get_number(const state_view& view, const std::string& key) {
  const auto bytes = view.get(key);
  if (!bytes) return bytes.error();
  return decode_number(*bytes);
}

inline failure damaged_key() {
  return failure{errc::corrupt, "a key of the state is damaged"};
}

/// Decodes rows of one table in order until `limit`; `use` says what to do with each.
template <class Record, class Use>
status each_record(const state_view& view, table t, const keys::range& range, std::size_t limit,
                   const Use& use) {
  std::size_t taken = 0;
  failure damage{errc::ok, {}};
  const status scanned = view.scan(range, [&](std::string_view key, std::string_view value) {
    if (taken == limit) return false;
    const auto parts = keys::parse(t, key);
    auto record = decode_record<Record>(value);
    if (!parts) {
      damage = damaged_key();
    } else if (!record) {
      damage = record.error();
    } else {
      use(*parts, std::move(*record));
      ++taken;
      return true;
    }
    return false;
  });
  if (!scanned) return scanned.error();
  if (damage.code != errc::ok) return damage;
  return done{};
}

/// The last key of a range, taken apart; all zero when the range is empty.
inline outcome<keys::id_key> last_key(const state_view& view, table t, const keys::range& range) {
  keys::id_key found{};
  bool damaged = false;
  const status scanned = view.scan_backward(range, [&](std::string_view key, std::string_view) {
    const auto parts = keys::parse(t, key);
    damaged = !parts;
    if (parts) found = *parts;
    return false;
  });
  if (!scanned) return scanned.error();
  if (damaged) return damaged_key();
  return found;
}

}  // namespace conclave::storage
