/// Real chat logs as a list of steps: who says what, who comes, who goes. The rule of membership: a
/// nick is a member from its first line or its join on, until it leaves, quits or changes its name;
/// the new name is somebody else, who joins. Pure; reads files, judges nothing.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace conclave::irc {

enum class deed { join, leave, say };

struct step {
  deed what = deed::say;
  std::size_t nick = 0;  ///< index into chat_log::nicks
  std::string text;      ///< UTF-8, never empty; of a say only
};

struct chat_log {
  std::string file;
  std::vector<std::string> nicks;
  std::vector<step> steps;  ///< consistent: who says something is a member, nobody joins twice
  std::size_t lines = 0;    ///< says
};

/// Text of old clients that is not UTF-8 is taken for Latin-1.
std::string as_utf8(std::string text);

chat_log read_log(const std::string& file);

/// The logs of a folder, by name; empty when there is no such folder.
std::vector<chat_log> read_logs(const std::string& folder);

}  // namespace conclave::irc
