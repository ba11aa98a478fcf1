/// Real chat logs as a list of steps: who says what, who comes, who goes. The format is that of IRC
/// clients: "[09:03] <nick> text", "[09:03]  * nick does", "=== nick [host] has joined #channel".
///
/// The rule of membership: a nick is a member from its first line or its join on, until it leaves,
/// quits or changes its name; the new name is somebody else, who joins. Pure but for read_chat_log.
#pragma once

#include "client/protocol.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::bench {

enum class deed : std::uint8_t { join, leave, say };

struct chat_step {
  deed what = deed::say;
  std::size_t nick = 0;  ///< index into chat_log::nicks
  std::string text;      ///< UTF-8, never empty; of a say only
};

struct chat_log {
  std::string name;
  std::vector<std::string> nicks;
  std::vector<chat_step> steps;  ///< consistent: who says something is a member, nobody joins twice
  std::size_t lines = 0;         ///< says
};

/// Text of old clients that is not UTF-8 is taken for Latin-1.
std::string as_utf8(std::string text);

chat_log parse_chat_log(std::string name, std::string_view text);

/// Failure: the file cannot be read, or nobody says anything in it.
outcome<chat_log> read_chat_log(const std::string& file);

}  // namespace conclave::bench
