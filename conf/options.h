/// The option table with the places its rows fill in: what config.h's option_table() shows to
/// people is derived from here, so that name, default, range and meaning exist once. Internal to
/// conf/. Immutable after its first use; any thread.
#pragma once

#include "conf/config.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace conclave::conf {

/// The field of a config that a row fills in; its type is the option's type.
using option_place =
    std::variant<std::string*, bool*, std::uint16_t*, std::uint32_t*, std::uint64_t*>;

/// What a string must look like; relative paths are completed with the folder of the file.
enum class text_rule : std::uint8_t { any, path, required_path, ip_address, node_name, log_level };

struct option_row {
  std::string_view name;  ///< "section.key"
  std::string_view meaning;
  option_place (*place)(config& c);
  text_rule rule = text_rule::any;  ///< of strings
  std::uint64_t lowest = 0;         ///< of integers
  std::uint64_t highest = 0;

  std::string_view section() const { return name.substr(0, name.find('.')); }
  std::string_view key() const { return name.substr(name.find('.') + 1); }
  bool required() const { return rule == text_rule::required_path; }
};

/// In the order of the sample file: the options of one section stand together.
std::span<const option_row> option_rows();

/// The value of a row in a configuration, as written in TOML.
std::string written_value(const option_row& row, const config& c);

}  // namespace conclave::conf
