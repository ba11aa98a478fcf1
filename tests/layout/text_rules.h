/// Rules about the text of one file: size, lines, comments, markers, and what a log call may name.
#pragma once

#include "tests/layout/source_file.h"

#include <array>
#include <regex>

namespace conclave::layout {

inline constexpr std::size_t max_file_bytes = 30 * 1024;
inline constexpr std::size_t max_line_columns = 100;
inline constexpr std::size_t max_readme_lines = 60;

inline findings check_size(const source_file& file) {
  if (!file.is_cxx() || file.text.size() <= max_file_bytes) return {};
  return {file.path + ": " + std::to_string(file.text.size()) + " bytes; the limit is 30 KiB"};
}

/// Columns, not bytes: continuation bytes of UTF-8 do not count.
inline findings check_line_length(const source_file& file) {
  findings out;
  if (!file.is_cxx()) return out;
  const std::vector<std::string> lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto columns =
        static_cast<std::size_t>(std::count_if(lines[i].begin(), lines[i].end(), [](char c) {
          return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
        }));
    if (columns > max_line_columns)
      out.push_back(place(file, i) + std::to_string(columns) + " columns; the limit is 100");
  }
  return out;
}

inline findings check_first_line(const source_file& file) {
  if (!file.is_cxx() || file.text.starts_with("//")) return {};
  return {file.path + ": the first line must be a comment that says why the file exists"};
}

inline findings check_pragma_once(const source_file& file) {
  if (!file.is_header()) return {};
  for (const std::string& line : lines_of(file.text))
    if (line == "#pragma once") return {};
  return {file.path + ": #pragma once is missing"};
}

inline findings check_markers(const source_file& file) {
  // Written in two halves, so that this file passes its own rule.
  static const std::regex marker(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X|HA"
      "CK)\\b");
  findings out;
  const std::vector<std::string> lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (std::regex_search(lines[i], marker))
      out.push_back(place(file, i) + "a leftover marker; do it or say why not");
  return out;
}

/// A folder's page tells the flow and stays short; the product's page and the protocol are longer.
inline findings check_readme_length(const source_file& file) {
  if (file.name() != "README.md" || file.path == "README.md" || file.path == "schemas/README.md")
    return {};
  const std::size_t lines = lines_of(file.text).size();
  if (lines <= max_readme_lines) return {};
  return {file.path + ": " + std::to_string(lines) + " lines; the limit is 60"};
}

/// The code of a statement without what stands inside string literals.
inline std::string without_literals(const std::string& code) {
  std::string out;
  bool inside = false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (inside && code[i] == '\\') {
      ++i;
    } else if (code[i] == '"') {
      inside = !inside;
      out += '"';
    } else if (!inside) {
      out += code[i];
    }
  }
  return out;
}

/// A log call may name the size of a body or the id of a token, never the thing itself.
inline findings check_log_calls(const source_file& file) {
  static const std::regex call("\\blog::(debug|info|warn|error|write|field)\\s*\\(");
  static const std::regex secret(
      "\\b(\\w+_)?(body|bodies|token|tokens|secret|password|passphrase|private_key)\\b"
      "(?!\\s*(\\.|->)\\s*(size|id|length|empty)\\b)");
  findings out;
  if (!file.is_cxx() || file.folder() == "tests") return out;
  for (std::sregex_iterator it(file.text.begin(), file.text.end(), call), end; it != end; ++it) {
    const auto at = static_cast<std::size_t>(it->position());
    const std::string statement =
        without_literals(file.text.substr(at, file.text.find(';', at) - at));
    if (std::regex_search(statement, secret)) {
      const auto line = static_cast<std::size_t>(
          std::count(file.text.begin(), file.text.begin() + it->position(), '\n'));
      out.push_back(place(file, line) + "a log call must not hold a body or a secret");
    }
  }
  return out;
}

}  // namespace conclave::layout
