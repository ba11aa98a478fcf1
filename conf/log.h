/// The log of a process: structured lines `time level area message key=value …`, or JSON. The only
/// user of spdlog. Thread-safe; asynchronous it is not: lines are few by design, and warnings of
/// one kind are limited to one a second with a count of those left out.
///
/// Never give it a message body, a token, a password or a key: fields are ids, sizes, counts, names
/// of errors, and addresses.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace conclave::log {

enum class level : std::uint8_t { debug, info, warn, error };

struct options {
  level lowest = level::info;
  std::string file;  ///< empty: stderr
  bool json = false;
};

/// Before any thread starts. False: the file cannot be opened (a sentence went to stderr).
bool start(const options& o);

struct field {
  std::string_view key;
  std::string value;
  field(std::string_view k, std::string_view v) : key(k), value(v) {}
  field(std::string_view k, const std::string& v) : key(k), value(v) {}
  field(std::string_view k, const char* v) : key(k), value(v) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> field(std::string_view k, Number v)
      : key(k), value(std::to_string(v)) {}
};

void write(level l, std::string_view area, std::string_view message,
           std::initializer_list<field> fields = {});

inline void debug(std::string_view area, std::string_view m, std::initializer_list<field> f = {}) {
  write(level::debug, area, m, f);
}
inline void info(std::string_view area, std::string_view m, std::initializer_list<field> f = {}) {
  write(level::info, area, m, f);
}
inline void warn(std::string_view area, std::string_view m, std::initializer_list<field> f = {}) {
  write(level::warn, area, m, f);
}
inline void error(std::string_view area, std::string_view m, std::initializer_list<field> f = {}) {
  write(level::error, area, m, f);
}

/// True when lines of this level are written: asked before a costly field is made.
bool enabled(level l);

/// Flushes; before an abrupt end of the process.
void flush();

}  // namespace conclave::log
