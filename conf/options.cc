/// The table of all options. A new option is one row here, one field in config.h and one entry in
/// conclaved.sample.toml (a test compares the three).
#include "conf/options.h"

#include <array>
#include <cstdio>
#include <vector>

namespace conclave::conf {
namespace {

constexpr std::uint64_t max_mib = 1024 * 1024;  // one TiB of memory
constexpr std::uint64_t max_port = 65'535;
constexpr std::uint64_t max_threads = 256;
constexpr std::uint64_t day_ms = 24ull * 3600 * 1000;

constexpr std::array rows{
    option_row{"node.name", "Name of this node in logs and metrics.",
               [](config& c) -> option_place { return &c.node_name; }, text_rule::node_name},
    option_row{"node.data_dir", "Folder of all data; created with mode 0700 when it is missing.",
               [](config& c) -> option_place { return &c.data_dir; }, text_rule::required_path},
    option_row{"node.shards", "Number of shards; decided when the data folder is created.",
               [](config& c) -> option_place { return &c.shards; }, text_rule::any, 1, 256},

    option_row{"listen.client_address", "IP address on which users connect over TLS.",
               [](config& c) -> option_place { return &c.client.address; }, text_rule::ip_address},
    option_row{"listen.client_port", "Port for users; 0: any free one, named in the log.",
               [](config& c) -> option_place { return &c.client.port; }, text_rule::any, 0,
               max_port},
    option_row{"listen.admin_address", "IP address on which operators connect over TLS.",
               [](config& c) -> option_place { return &c.admin.address; }, text_rule::ip_address},
    option_row{"listen.admin_port", "Port for operators; 0: any free one, named in the log.",
               [](config& c) -> option_place { return &c.admin.port; }, text_rule::any, 0,
               max_port},
    option_row{"listen.metrics_address", "Loopback address of the plain-text metrics page.",
               [](config& c) -> option_place { return &c.metrics.address; }, text_rule::ip_address},
    option_row{"listen.metrics_port", "Port of the metrics page; 0: no such page.",
               [](config& c) -> option_place { return &c.metrics.port; }, text_rule::any, 0,
               max_port},

    option_row{"tls.certificate_file", "Certificate chain of this node, PEM.",
               [](config& c) -> option_place { return &c.certificate_file; },
               text_rule::required_path},
    option_row{"tls.key_file",
               "Private key of this node, PEM; closed to all but its owner's group.",
               [](config& c) -> option_place { return &c.key_file; }, text_rule::required_path},
    option_row{"tls.allow_tls12", "Admits TLS 1.2 beside TLS 1.3.",
               [](config& c) -> option_place { return &c.allow_tls12; }},

    option_row{"threads.loops", "Network threads; 0: half of the cores, at least 1.",
               [](config& c) -> option_place { return &c.loops; }, text_rule::any, 0, max_threads},
    option_row{"threads.workers", "Actor threads; 0: as many as cores, at least 2.",
               [](config& c) -> option_place { return &c.workers; }, text_rule::any, 0,
               max_threads},
    option_row{"threads.readers", "Threads that read history pages.",
               [](config& c) -> option_place { return &c.readers; }, text_rule::any, 1, 64},

    option_row{"storage.block_cache_mib", "Memory for table blocks read from disk.",
               [](config& c) -> option_place { return &c.block_cache_mib; }, text_rule::any, 8,
               max_mib},
    option_row{"storage.write_buffer_mib", "Memory of one write buffer before it is flushed.",
               [](config& c) -> option_place { return &c.write_buffer_mib; }, text_rule::any, 1,
               4096},
    option_row{"storage.ballast_mib",
               "Kept free in a file that is given back when the disk is full; 0: none.",
               [](config& c) -> option_place { return &c.ballast_mib; }, text_rule::any, 0, 65'536},
    option_row{"storage.max_data_mib",
               "What the data folder may occupy before the node refuses; 0: the whole disk.",
               [](config& c) -> option_place { return &c.max_data_mib; }, text_rule::any, 0,
               1024 * max_mib},

    option_row{"log.level", "Lowest level that is written.",
               [](config& c) -> option_place { return &c.log_level; }, text_rule::log_level},
    option_row{"log.file", "Log file, opened for appending; empty: standard error.",
               [](config& c) -> option_place { return &c.log_file; }, text_rule::path},
    option_row{"log.json", "One JSON object per line in place of plain text.",
               [](config& c) -> option_place { return &c.log_json; }},

    option_row{"login.argon2_memory_kib", "Memory that hashing one password takes.",
               [](config& c) -> option_place { return &c.argon2_memory_kib; }, text_rule::any,
               7'168, 1'048'576},
    option_row{"login.argon2_passes", "Passes over that memory.",
               [](config& c) -> option_place { return &c.argon2_passes; }, text_rule::any, 1, 64},

    option_row{"limits.passivate_after_ms",
               "A conversation without work for so long goes to sleep.",
               [](config& c) -> option_place { return &c.passivate_after_ms; }, text_rule::any, 10,
               day_ms},
    option_row{"limits.idle_timeout_ms", "A connection that is silent for so long is closed.",
               [](config& c) -> option_place { return &c.idle_timeout_ms; }, text_rule::any, 100,
               day_ms},
    option_row{"limits.max_connections",
               "Open connections; 0: what the limit of file descriptors allows.",
               [](config& c) -> option_place { return &c.max_connections; }, text_rule::any, 0,
               10'000'000},
};

/// A TOML basic string: the escapes of the standard, everything else as it is.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      std::array<char, 8> hex{};
      std::snprintf(hex.data(), hex.size(), "\\u%04x", static_cast<unsigned>(c));
      out += hex.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string range_of(const option_row& row, bool is_integer) {
  if (is_integer) return std::to_string(row.lowest) + ".." + std::to_string(row.highest);
  switch (row.rule) {
    case text_rule::any:
      return {};
    case text_rule::path:
    case text_rule::required_path:
      return "a path, relative to this file";
    case text_rule::ip_address:
      return "an IPv4 or IPv6 address";
    case text_rule::node_name:
      return "1 to 64 of a-z 0-9 - _ .";
    case text_rule::log_level:
      return "debug | info | warn | error";
  }
  return {};
}

std::vector<option_info> make_table() {
  std::vector<option_info> table;
  config defaults;
  for (const option_row& row : rows) {
    const option_place place = row.place(defaults);
    const bool is_text = std::holds_alternative<std::string*>(place);
    const bool is_flag = std::holds_alternative<bool*>(place);
    table.push_back({std::string(row.name), is_text ? "string" : (is_flag ? "boolean" : "integer"),
                     row.required() ? "required" : written_value(row, defaults),
                     std::string(row.meaning), range_of(row, !is_text && !is_flag)});
  }
  return table;
}

}  // namespace

std::span<const option_row> option_rows() {
  return rows;
}

std::string written_value(const option_row& row, const config& c) {
  // The table's places are writable because load() fills them in; this function only reads.
  config copy = c;
  return std::visit(
      [](auto* field) -> std::string {
        using value_type = std::remove_pointer_t<decltype(field)>;
        if constexpr (std::is_same_v<value_type, std::string>) {
          return quoted(*field);
        } else if constexpr (std::is_same_v<value_type, bool>) {
          return *field ? "true" : "false";
        } else {
          return std::to_string(*field);
        }
      },
      row.place(copy));
}

const std::vector<option_info>& option_table() {
  static const std::vector<option_info> table = make_table();
  return table;
}

}  // namespace conclave::conf
