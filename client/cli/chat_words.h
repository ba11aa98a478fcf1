/// What a person types in a chat: a text, or an order that begins with a slash. Pure functions; any
/// thread.
#pragma once

#include "schemas/ids.h"

#include <cstdint>
#include <string>
#include <vector>

namespace conclave::client::cli {

enum class chat_verb : std::uint8_t {
  say,
  reply,
  thread,
  expire,
  burn,
  edit,
  recall,
  react,
  unreact,
  pin,
  unpin,
  forward,
  open,
  read,
  readers,
  versions,
  pins,
  members,
  add,
  leave,
  history,
  help,
  quit,
  wrong,  ///< `text` says what is wrong with it
};

struct chat_order {
  chat_verb verb = chat_verb::say;
  event_seq seq{};       ///< the message it is about; zero: none was named
  std::uint64_t ms = 0;  ///< expire, burn
  std::uint64_t count = 0;
  std::string text;
  std::vector<std::string> names;  ///< add
};

/// "//path" is the text "/path"; an empty line says nothing, with verb say and an empty text.
chat_order chat_order_from(const std::string& line);

/// The names after an @ in a text: "ask @bob and @carol@globex" gives bob and carol@globex. "all"
/// among them.
std::vector<std::string> mentioned_names(const std::string& text);

extern const char* const chat_help;

}  // namespace conclave::client::cli
