/// The configuration of a node: one TOML file, typed, every option with default, range and meaning.
/// Read once by main(); immutable afterwards. Errors are one sentence that names file, option and
/// mend. Unknown options are errors: a typo must not silently mean the default.
#pragma once

#include "conf/cluster_config.h"
#include "schemas/outcome.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::conf {

struct config {
  // [node]
  std::string node_name = "node1";
  std::string data_dir;      ///< required
  std::uint16_t shards = 8;  ///< at creation only, 1..256

  // [listen]
  listener_config client{"127.0.0.1", 7443};
  listener_config admin{"127.0.0.1", 7444};
  /// Plain-text Prometheus page; loopback only. Port 0: off.
  listener_config metrics{"127.0.0.1", 0};

  // [tls]
  std::string certificate_file;  ///< required
  std::string key_file;          ///< required, must not be readable by others
  bool allow_tls12 = false;

  // [threads]
  std::uint32_t loops = 0;    ///< 0: half of the cores, at least 1
  std::uint32_t workers = 0;  ///< CAF workers; 0: as many as cores, at least 2
  std::uint32_t readers = 2;
  bool io_uring = true;

  // [storage]
  std::uint64_t block_cache_mib = 256;
  std::uint64_t write_buffer_mib = 64;
  std::uint64_t ballast_mib = 256;  ///< given back when the disk is full; 0: none
  std::uint64_t max_data_mib = 0;   ///< what the data folder may occupy; 0: the whole disk

  // [log]
  std::string log_level = "info";  ///< debug, info, warn, error
  std::string log_file;            ///< empty: stderr
  bool log_json = false;

  // [login]
  std::uint32_t argon2_memory_kib = 19'456;
  std::uint32_t argon2_passes = 2;

  // [limits] (ceilings are in limits.h)
  std::uint32_t passivate_after_ms = 60'000;
  std::uint32_t idle_timeout_ms = 90'000;
  std::uint32_t max_connections = 0;  ///< 0: from the descriptor limit

  // [cluster], [[cluster.nodes]]; not enabled(): a single node
  cluster_config cluster;
};

/// One row of the option table: the sample file, --dump-config and the checks come from it.
struct option_info {
  std::string name;      ///< "tls.key_file"; "cluster.nodes.site" is one of each [[cluster.nodes]]
  std::string type;      ///< "string", "integer", "boolean"
  std::string fallback;  ///< as written in TOML; "required" when there is none (in a cluster's
                         ///< options: once there is a [cluster])
  std::string meaning;
  std::string range;  ///< "1..256", "debug | info | warn | error"; empty: any value of the type
};
const std::vector<option_info>& option_table();

/// Parses and checks types, ranges and unknown names. Relative paths are taken from the file's
/// folder.
outcome<config> load(const std::string& file);
outcome<config> parse(const std::string& text, const std::string& file_for_messages);

/// In the data folder of a node of a cluster: its path must fit the address of a socket.
inline constexpr std::string_view control_socket_name = "control.sock";

/// What would make a running node unsafe or useless: readable key files, a data folder open to
/// others or too long for its socket, a log file in it, a metrics address that is not loopback,
/// listeners that nobody reaches, too few descriptors, passwords cheap to guess. One sentence each;
/// empty: safe.
std::vector<std::string> unsafe_settings(const config& c);
/// The part of it that may change while the node runs: private keys and the cluster's authority.
std::vector<std::string> unsafe_key_files(const config& c);

/// The effective values, as a TOML file that load() accepts.
std::string dump(const config& c);

}  // namespace conclave::conf
