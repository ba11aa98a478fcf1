/// See irc_log.h.
#include "tests/e2e/irc_log.h"

#include "schemas/utf8.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace conclave::irc {

namespace {

class reader {
 public:
  void line(const std::string& text) {
    if (text.starts_with("=== "))
      notice(text.substr(4));
    else if (text.starts_with('['))
      spoken(text);
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

  /// "nick [host]  has joined #channel", "nick is now known as other", …; anything else is no step.
  void notice(const std::string& text) {
    const std::string nick = text.substr(0, text.find(' '));
    const std::string known_as = " is now known as ";
    const std::size_t renamed = text.find(known_as);
    if (nick.empty()) return;
    if (renamed != std::string::npos) {
      const std::size_t from = renamed + known_as.size();
      const std::string other = text.substr(from, text.find_first_of(" \r", from) - from);
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
    const std::size_t open = text.find_first_not_of(' ', text.find(']') + 1);
    if (open == std::string::npos) return;
    if (text[open] == '<') {
      const std::size_t close = text.find('>', open);
      if (close == std::string::npos) return;
      const std::size_t from = std::min(close + 2, text.size());
      say(text.substr(open + 1, close - open - 1), text.substr(from));
    } else if (text[open] == '*' && open + 2 < text.size()) {
      const std::size_t end = text.find(' ', open + 2);
      say(text.substr(open + 2, end - open - 2), text.substr(open));
    }
  }

  std::unordered_map<std::string, std::size_t> known_;
  std::unordered_set<std::size_t> present_;
};

}  // namespace

std::string as_utf8(std::string text) {
  if (valid_utf8(text)) return text;
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

chat_log read_log(const std::string& file) {
  reader r;
  r.log.file = file;
  std::ifstream in(file, std::ios::binary);
  std::string text;
  while (std::getline(in, text)) {
    if (text.ends_with('\r')) text.pop_back();
    r.line(text);
  }
  return std::move(r.log);
}

std::vector<chat_log> read_logs(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".txt") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  std::vector<chat_log> logs;
  for (const std::string& file : files) logs.push_back(read_log(file));
  return logs;
}

}  // namespace conclave::irc
