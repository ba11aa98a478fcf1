/// The words of the command line and of JSON for the protocol's numbers, and how people write
/// durations. Pure functions; any thread.
#pragma once

#include "client/protocol.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace conclave::client::cli {

std::string_view word_of(event_kind kind);
std::string_view word_of(conversation_kind kind);
std::string_view word_of(member_role role);
std::string_view word_of(join_policy policy);
std::string_view word_of(invite_policy policy);
std::string_view word_of(history_visibility visibility);
std::string_view word_of(device_kind kind);
std::string_view word_of(inbox_kind kind);
std::string_view word_of(join_state state);

/// The value with this word; nothing when there is none.
template <class Enum>
std::optional<Enum> from_word(std::string_view word) {
  for (unsigned i = 1; i < 64; ++i) {
    const auto value = static_cast<Enum>(i);
    if (word_of(value) == word) return value;
  }
  return std::nullopt;
}

/// "500ms", "30s", "5m", "2h", "7d" in milliseconds; at least one. Failure: one sentence.
outcome<std::uint64_t> duration_from(std::string_view text);
/// "30 s", "5 min", "2 h", "7 d": the largest unit that leaves no more than two digits' error.
std::string duration_text(std::uint64_t ms);

/// "yes", "no", "on", "off", "true", "false".
std::optional<bool> truth_from(std::string_view word);

/// "key=value"; nothing when there is no `=` or no key.
std::optional<std::pair<std::string, std::string>> key_and_value(std::string_view text);

/// A seq as people write it: "12" or "#12". Zero: it is none.
event_seq seq_from(std::string_view text);

}  // namespace conclave::client::cli
