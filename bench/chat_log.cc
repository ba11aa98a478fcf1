/// Parsing line by line. What a line does not say is no step.
#include "bench/chat_log.h"

#include "bench/text_file.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace conclave::bench {

namespace {

/// The length of the UTF-8 sequence that begins here; 0: it is none.
std::size_t sequence_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + size > text.size()) return 0;
  std::uint32_t point = lead & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xc0) != 0x80) return 0;
    point = point << 6 | (next & 0x3fu);
  }
  const std::uint32_t smallest = size == 4 ? 0x10000 : size == 3 ? 0x800 : 0x80;
  if (point < smallest || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return 0;
  return size;
}

class reader {
 public:
  void line(std::string_view text) {
    if (text.starts_with("=== ")) {
      notice(std::string(text.substr(4)));
    } else if (text.starts_with('[')) {
      spoken(std::string(text));
    }
  }

  chat_log log;

 private:
  std::size_t index_of(const std::string& nick) {
    const auto [at, fresh] = known_.try_emplace(nick, log.nicks.size());
    if (fresh) log.nicks.push_back(nick);
    return at->second;
  }

  void join(const std::string& nick) {
    const std::size_t index = index_of(nick);
    if (present_.insert(index).second) log.steps.push_back({deed::join, index, {}});
  }

  void leave(const std::string& nick) {
    const std::size_t index = index_of(nick);
    if (present_.erase(index) != 0) log.steps.push_back({deed::leave, index, {}});
  }

  void say(const std::string& nick, const std::string& text) {
    if (nick.empty() || text.empty()) return;
    join(nick);
    log.steps.push_back({deed::say, index_of(nick), as_utf8(text)});
    ++log.lines;
  }

  /// "nick [host]  has joined #channel", "nick is now known as other", …
  void notice(const std::string& text) {
    const std::string nick = text.substr(0, text.find(' '));
    const std::string known_as = " is now known as ";
    const std::size_t renamed = text.find(known_as);
    if (nick.empty()) return;
    if (renamed != std::string::npos) {
      const std::string other =
          text.substr(renamed + known_as.size(),
                      text.find(' ', renamed + known_as.size()) - renamed - known_as.size());
      leave(nick);
      if (!other.empty()) join(other);
    } else if (text.find(" has joined ") != std::string::npos) {
      join(nick);
    } else if (text.find(" has left ") != std::string::npos ||
               text.find(" has quit ") != std::string::npos) {
      leave(nick);
    }
  }

  /// "[09:03] <nick> text" or "[09:03]  * nick does".
  void spoken(const std::string& text) {
    const std::size_t bracket = text.find(']');
    const std::size_t open = text.find_first_not_of(' ', bracket + 1);
    if (bracket == std::string::npos || open == std::string::npos) return;
    if (text[open] == '<') {
      const std::size_t close = text.find('>', open);
      if (close == std::string::npos) return;
      say(text.substr(open + 1, close - open - 1), text.substr(std::min(close + 2, text.size())));
    } else if (text[open] == '*' && open + 2 < text.size()) {
      const std::size_t end = text.find(' ', open + 2);
      say(text.substr(open + 2, end == std::string::npos ? end : end - open - 2),
          text.substr(open));
    }
  }

  std::unordered_map<std::string, std::size_t> known_;
  std::unordered_set<std::size_t> present_;
};

}  // namespace

std::string as_utf8(std::string text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = sequence_at(text, at);
    if (size == 0) break;
    at += size;
  }
  if (at == text.size()) return text;
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

chat_log parse_chat_log(std::string name, std::string_view text) {
  reader r;
  r.log.name = std::move(name);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    r.line(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return std::move(r.log);
}

outcome<chat_log> read_chat_log(const std::string& file) {
  const auto text = read_text(file);
  if (!text) return failure(text.error());
  chat_log log = parse_chat_log(file, *text);
  if (log.lines == 0) return failure{errc::invalid_argument, "nobody says anything in " + file};
  return log;
}

}  // namespace conclave::bench
