/// Rendering of log lines; see the header. Escaping is the same for text and JSON: the escapes of
/// JSON inside double quotes, with U+FFFD for every byte that is not valid UTF-8.
#include "conf/log_line.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace conclave::log {
namespace {

/// Bytes of the valid UTF-8 sequence at the start of `text`; 0: there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : (first >= 0xe0 ? 3 : 2);
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if (first == 0xe0 && byte(1) < 0xa0) return 0;  // overlong
  if (first == 0xf0 && byte(1) < 0x90) return 0;  // overlong
  if (first == 0xed && byte(1) > 0x9f) return 0;  // surrogate
  if (first == 0xf4 && byte(1) > 0x8f) return 0;  // beyond U+10FFFF
  return length;
}

void append_escaped(std::string& out, std::string_view text) {
  const bool cut = text.size() > max_value_bytes;
  if (cut) text = text.substr(0, max_value_bytes);
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const unsigned char first = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (first == '"' || first == '\\') {
      out += '\\';
      out += text[0];
    } else if (first < 0x20 || first == 0x7f) {
      std::array<char, 8> hex{};
      std::snprintf(hex.data(), hex.size(), "\\u%04x", static_cast<unsigned>(first));
      out += hex.data();
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  if (cut) out += "…";
}

/// Bare when a reader could not mistake it, else in quotes.
void append_value(std::string& out, std::string_view text) {
  const auto is_plain = [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
  };
  bool plain = !text.empty() && text.size() <= max_value_bytes;
  for (const char c : text) plain = plain && is_plain(c);
  if (plain) {
    out += text;
    return;
  }
  out += '"';
  append_escaped(out, text);
  out += '"';
}

std::string timestamp(std::uint64_t wall_ms) {
  const auto seconds = static_cast<std::time_t>(wall_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + length, text.size() - length, ".%03uZ",
                static_cast<unsigned>(wall_ms % 1000));
  return text.data();
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
  out += out.size() == 1 ? "\"" : ",\"";
  append_escaped(out, key);
  out += "\":\"";
  append_escaped(out, value);
  out += '"';
}

}  // namespace

std::string_view name_of(level l) {
  switch (l) {
    case level::debug:
      return "debug";
    case level::info:
      return "info";
    case level::warn:
      return "warn";
    case level::error:
      return "error";
  }
  return "error";
}

std::string text_line(std::uint64_t wall_ms, level l, std::string_view area,
                      std::string_view message, std::span<const field> fields) {
  std::string out = timestamp(wall_ms);
  out += ' ';
  out += name_of(l);
  out += ' ';
  append_escaped(out, area);
  out += ' ';
  append_escaped(out, message);
  for (const field& f : fields) {
    out += ' ';
    append_value(out, f.key);
    out += '=';
    append_value(out, f.value);
  }
  return out;
}

std::string json_line(std::uint64_t wall_ms, level l, std::string_view area,
                      std::string_view message, std::span<const field> fields) {
  std::string out = "{";
  append_member(out, "time", timestamp(wall_ms));
  append_member(out, "level", name_of(l));
  append_member(out, "area", area);
  append_member(out, "message", message);
  for (const field& f : fields) append_member(out, f.key, f.value);
  return out + '}';
}

}  // namespace conclave::log
