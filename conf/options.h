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

/// The field that a row fills in; its type is the option's type. Words of an enum are strings to
/// people.
using option_place = std::variant<std::string*, bool*, std::uint16_t*, std::uint32_t*,
                                  std::uint64_t*, cluster_mode*, node_role*>;

/// What a string must look like; relative paths are completed with the folder of the file.
enum class text_rule : std::uint8_t {
  any,
  path,
  required_path,
  ip_address,
  node_name,
  log_level,
  host_port,
};

enum class presence : std::uint8_t { optional, required };

/// A row of options of an `Owner`: the whole config, one of its [[cluster.nodes]] or
/// [[cluster.shards]].
template <class Owner>
struct row_of {
  std::string_view name;  ///< "section.key"
  std::string_view meaning;
  option_place (*place)(Owner& c);
  text_rule rule = text_rule::any;  ///< of strings
  std::uint64_t lowest = 0;         ///< of integers
  std::uint64_t highest = 0;
  presence needed = presence::optional;

  std::string_view section() const { return name.substr(0, name.rfind('.')); }
  std::string_view key() const { return name.substr(name.rfind('.') + 1); }
  bool required() const { return needed == presence::required || rule == text_rule::required_path; }
};
using option_row = row_of<config>;
using node_row = row_of<cluster_node>;
using shard_row = row_of<cluster_shard>;

/// Their sections stand in the file only when the node belongs to a cluster; what is required of
/// them is required then.
inline constexpr std::string_view cluster_section = "cluster";
inline constexpr std::string_view nodes_section = "cluster.nodes";
inline constexpr std::string_view shards_section = "cluster.shards";

/// In the order of the sample file: the options of one section stand together.
std::span<const option_row> option_rows();
std::span<const node_row> node_rows();
std::span<const shard_row> shard_rows();

/// The value of a row in its owner, as written in TOML.
std::string written_value(const option_row& row, const config& c);
std::string written_value(const node_row& row, const cluster_node& n);
std::string written_value(const shard_row& row, const cluster_shard& s);

/// Is it a string, an enum's word included?
inline bool is_text(const option_place& place) {
  return std::holds_alternative<std::string*>(place) ||
         std::holds_alternative<cluster_mode*>(place) || std::holds_alternative<node_role*>(place);
}

}  // namespace conclave::conf
