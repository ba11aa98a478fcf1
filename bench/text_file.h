/// Whole files of text, with failures that name the file. Blocking; any thread.
#pragma once

#include "client/protocol.h"

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace conclave::bench {

inline outcome<std::string> read_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return failure{errc::invalid_argument, "cannot read " + file};
  return std::move(text).str();
}

inline status write_text(const std::string& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) return failure{errc::io_error, "cannot write " + file};
  return done{};
}

}  // namespace conclave::bench
