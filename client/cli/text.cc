/// Making text safe and times short.
#include "client/cli/text.h"

#include "schemas/utf8.h"

#include <chrono>
#include <ctime>

namespace conclave::client::cli {

namespace {

/// Length of a sequence at `at` that must not reach a terminal; 0: harmless.
std::size_t harmful(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) <= 0x9f) return 2;  // C1 controls
  if (byte(0) == 0xe2 && byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) return 3;
  if (byte(0) == 0xe2 && byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9) return 3;
  return 0;
}

/// Length of the character at `at`; 0: its byte is no part of valid UTF-8.
std::size_t character(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const std::string_view bytes = text.substr(at, size);
  return bytes.size() == size && valid_utf8(bytes) ? size : 0;
}

constexpr const char* mark = "\xef\xbf\xbd";  // U+FFFD

}  // namespace

std::string printable(std::string_view text, std::string_view line_end) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\n') {
      out += line_end;
      ++at;
    } else if (text[at] == '\t') {
      out += '\t';
      ++at;
    } else if (const std::size_t size = harmful(text, at); size != 0) {
      out += mark;
      at += size;
    } else if (const std::size_t letter = character(text, at); letter != 0) {
      out += text.substr(at, letter);
      at += letter;
    } else {
      out += mark;
      ++at;
    }
  }
  return out;
}

std::string clock_time(time_ms at, time_ms now) {
  const auto seconds = static_cast<std::time_t>(at / 1000);
  const auto today = static_cast<std::time_t>(now / 1000);
  std::tm then{};
  std::tm here{};
  localtime_r(&seconds, &then);
  localtime_r(&today, &here);
  const bool same_day = then.tm_year == here.tm_year && then.tm_yday == here.tm_yday;
  char text[32];
  const std::size_t size =
      std::strftime(text, sizeof text, same_day ? "%H:%M" : "%Y-%m-%d %H:%M", &then);
  return {text, size};
}

time_ms now_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<time_ms>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

}  // namespace conclave::client::cli
