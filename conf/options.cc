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
constexpr std::uint64_t max_node = 65'535;
constexpr std::uint64_t max_shards = 256;
constexpr std::uint64_t max_copies = 5;  // no mode takes more voters
constexpr std::uint64_t max_threads = 256;
constexpr std::uint64_t day_ms = 24ull * 3600 * 1000;

constexpr std::array rows{
    option_row{"node.name", "Name of this node in logs and metrics.",
               [](config& c) -> option_place { return &c.node_name; }, text_rule::node_name},
    option_row{"node.data_dir", "Folder of all data; created with mode 0700 when it is missing.",
               [](config& c) -> option_place { return &c.data_dir; }, text_rule::required_path},
    option_row{"node.shards", "Number of shards; decided when the data folder is created.",
               [](config& c) -> option_place { return &c.shards; }, text_rule::any, 1, max_shards},

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
    option_row{"threads.io_uring",
               "Sends a large fan-out by few system calls, where the kernel allows it.",
               [](config& c) -> option_place { return &c.io_uring; }},

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

    option_row{"cluster.name", "Name of the cluster; the same on all its nodes.",
               [](config& c) -> option_place { return &c.cluster.name; }, text_rule::node_name, 0,
               0, presence::required},
    option_row{"cluster.node", "Number of this node among [[cluster.nodes]].",
               [](config& c) -> option_place { return &c.cluster.node; }, text_rule::any, 1,
               max_node, presence::required},
    option_row{"cluster.mode", "How many copies, on how many sites, make a message safe.",
               [](config& c) -> option_place { return &c.cluster.mode; }, text_rule::any, 0, 0,
               presence::required},
    option_row{"cluster.founder", "Number of the voter that leads when the cluster is founded.",
               [](config& c) -> option_place { return &c.cluster.founder; }, text_rule::any, 1,
               max_node},
    option_row{"cluster.listen_address", "IP address on which the other nodes connect over TLS.",
               [](config& c) -> option_place { return &c.cluster.listen.address; },
               text_rule::ip_address},
    option_row{"cluster.listen_port", "Port for the other nodes.",
               [](config& c) -> option_place { return &c.cluster.listen.port; }, text_rule::any, 1,
               max_port},
    option_row{"cluster.ca_file", "Authority of the nodes' certificates, PEM.",
               [](config& c) -> option_place { return &c.cluster.ca_file; },
               text_rule::required_path},
    option_row{"cluster.certificate_file", "Certificate of this node among nodes, PEM.",
               [](config& c) -> option_place { return &c.cluster.certificate_file; },
               text_rule::required_path},
    option_row{"cluster.key_file",
               "Private key of that certificate, PEM; closed to all but its owner's group.",
               [](config& c) -> option_place { return &c.cluster.key_file; },
               text_rule::required_path},
    option_row{"cluster.lag_alarm_s", "A copy that is behind for so long is reported.",
               [](config& c) -> option_place { return &c.cluster.lag_alarm_s; }, text_rule::any, 1,
               86'400},
    option_row{"cluster.seed_mib_per_s",
               "Sent at most to nodes that get a snapshot, all together; 0: any amount.",
               [](config& c) -> option_place { return &c.cluster.seed_mib_per_s; }, text_rule::any,
               0, 100'000},
};

/// Of each [[cluster.nodes]].
constexpr std::array of_nodes{
    node_row{"cluster.nodes.node", "Number of the node; never given to another one.",
             [](cluster_node& n) -> option_place { return &n.number; }, text_rule::any, 1, max_node,
             presence::required},
    node_row{"cluster.nodes.name", "Name in logs; without it `node` and the number.",
             [](cluster_node& n) -> option_place { return &n.name; }, text_rule::node_name},
    node_row{"cluster.nodes.site", "Place that fails as a whole: a building, a zone.",
             [](cluster_node& n) -> option_place { return &n.site; }, text_rule::node_name, 0, 0,
             presence::required},
    node_row{"cluster.nodes.address", "Where the other nodes connect to it.",
             [](cluster_node& n) -> option_place { return &n.address; }, text_rule::host_port, 0, 0,
             presence::required},
    node_row{"cluster.nodes.client_address", "Where clients are sent when it leads.",
             [](cluster_node& n) -> option_place { return &n.client_address; },
             text_rule::host_port, 0, 0, presence::required},
    node_row{"cluster.nodes.role", "A voter counts and may lead; a learner only follows.",
             [](cluster_node& n) -> option_place { return &n.role; }},
};

/// Of each [[cluster.shards]].
constexpr std::array of_shards{
    shard_row{"cluster.shards.shard", "Number of a shard with a rule of its own.",
              [](cluster_shard& s) -> option_place { return &s.shard; }, text_rule::any, 0,
              max_shards - 1, presence::required},
    shard_row{"cluster.shards.copies", "Durable on so many voters, a message of it is safe.",
              [](cluster_shard& s) -> option_place { return &s.copies; }, text_rule::any, 1,
              max_copies, presence::required},
    shard_row{"cluster.shards.sites", "The fewest sites that these voters stand on.",
              [](cluster_shard& s) -> option_place { return &s.sites; }, text_rule::any, 1,
              max_copies},
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

std::string range_of(text_rule rule) {
  switch (rule) {
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
    case text_rule::host_port:
      return "HOST:PORT";
  }
  return {};
}

template <class Owner>
std::string range_of(const row_of<Owner>& row, const option_place& place) {
  if (std::holds_alternative<cluster_mode*>(place)) return "single | local3 | metro3 | metro5";
  if (std::holds_alternative<node_role*>(place)) return "voter | learner";
  if (is_text(place) || std::holds_alternative<bool*>(place)) return range_of(row.rule);
  return std::to_string(row.lowest) + ".." + std::to_string(row.highest);
}

template <class Owner>
std::string written(const row_of<Owner>& row, Owner copy) {
  // The table's places are writable because load() fills them in; this function only reads.
  return std::visit(
      [](auto* field) -> std::string {
        using value_type = std::remove_pointer_t<decltype(field)>;
        if constexpr (std::is_same_v<value_type, std::string>) {
          return quoted(*field);
        } else if constexpr (std::is_enum_v<value_type>) {
          return quoted(std::string(name_of(*field)));
        } else if constexpr (std::is_same_v<value_type, bool>) {
          return *field ? "true" : "false";
        } else {
          return std::to_string(*field);
        }
      },
      row.place(copy));
}

template <class Owner>
void add_rows(std::vector<option_info>& table, std::span<const row_of<Owner>> all) {
  Owner defaults;
  for (const row_of<Owner>& row : all) {
    const option_place place = row.place(defaults);
    const bool is_flag = std::holds_alternative<bool*>(place);
    table.push_back({std::string(row.name),
                     is_text(place) ? "string" : (is_flag ? "boolean" : "integer"),
                     row.required() ? "required" : written_value(row, defaults),
                     std::string(row.meaning), range_of(row, place)});
  }
}

std::vector<option_info> make_table() {
  std::vector<option_info> table;
  add_rows(table, option_rows());
  add_rows(table, node_rows());
  add_rows(table, shard_rows());
  return table;
}

}  // namespace

std::span<const option_row> option_rows() {
  return rows;
}

std::span<const node_row> node_rows() {
  return of_nodes;
}

std::span<const shard_row> shard_rows() {
  return of_shards;
}

std::string written_value(const option_row& row, const config& c) {
  return written(row, c);
}

std::string written_value(const node_row& row, const cluster_node& n) {
  return written(row, n);
}

std::string written_value(const shard_row& row, const cluster_shard& s) {
  return written(row, s);
}

const std::vector<option_info>& option_table() {
  static const std::vector<option_info> table = make_table();
  return table;
}

}  // namespace conclave::conf
