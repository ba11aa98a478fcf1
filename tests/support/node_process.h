/// A real conclaved for a test: a temporary folder with its own authority, certificates, config and
/// data, free ports that stay the same over restarts, and tenants with users made as an operator
/// makes them. Its log stays in one file over all starts.
///
/// Used by one thread, the one that made it: the node dies with that thread. What cannot be set up
/// throws, with the end of the node's log.
#pragma once

#include "client/session.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_certificates.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace conclave::test {

struct node_settings {
  /// Empty: the conclaved of this build.
  std::string program;
  /// "limits.passivate_after_ms" -> "10", as written in TOML; on top of what every test needs.
  std::map<std::string, std::string> options;
  /// Written behind all options: arrays of tables, which must come last.
  std::string appended;
  std::vector<std::pair<std::string, std::string>> environment;
  /// Where clients reach it; tls.certificate_file and listen addresses are up to the test.
  std::string host = "127.0.0.1";
  /// Of network_namespace.h; -1: that of the test.
  int network_namespace = -1;
  /// Nodes that the same clients trust share one authority; null: one of its own.
  std::shared_ptr<test_certificates> certificates;
};

using new_user = client::session::new_user;

class node_process {
 public:
  explicit node_process(node_settings settings = {});

  /// Changes take effect with the next start.
  node_settings& settings() { return settings_; }

  /// Waits until the node serves. Throws when it does not.
  void start();
  /// False: it ended by itself before it served.
  bool try_start();
  void kill9();
  /// SIGTERM; the exit code, or nothing when the node does not end in time.
  std::optional<int> terminate(std::chrono::milliseconds deadline = std::chrono::seconds(20));
  void signal(int number);
  std::optional<int> wait(std::chrono::milliseconds deadline);
  bool running();

  // -- where it is
  // ---------------------------------------------------------------------------------

  std::uint16_t client_port() const { return client_port_; }
  std::uint16_t admin_port() const { return admin_port_; }
  std::string client_address() const { return settings_.host + ':' + std::to_string(client_port_); }
  std::string admin_address() const { return settings_.host + ':' + std::to_string(admin_port_); }
  std::string ca_file() const { return certificates_->ca_file(); }
  test_certificates& certificates() { return *certificates_; }
  std::string folder() const { return folder_.path(); }
  std::string data_dir() const { return folder_.file("data"); }
  std::string config_file();
  pid_t pid() const { return child_->pid(); }
  std::string log() const { return read_text(log_file()); }
  /// The last lines of the log, for people who read a failure.
  std::string log_tail() const;
  std::string log_file() const { return folder_.file("node.log"); }

  // -- what it holds
  // -------------------------------------------------------------------------------

  /// Runs a command of conclaved while the node is stopped.
  finished run_command(const std::vector<std::string>& words);

  /// The operator's token; the first call makes the operator, for which the node must be stopped.
  const std::string& operator_token();

  /// Makes the tenant if need be, and a new device for each name. The node must be running and
  /// operator_token() have been called before the start.
  std::vector<new_user> provision(const std::string& tenant, const std::string& device,
                                  const std::vector<std::string>& names);

  client::session_options options_for(const std::string& token) const;

  /// A number from the metrics page; nothing when the page or the name is missing. Needs the option
  /// listen.metrics_port.
  std::optional<double> metric(const std::string& name) const;

  /// Resident memory of the node.
  std::size_t memory_kib() const;

 private:
  std::string program() const;
  void write_config();

  node_settings settings_;
  temp_folder folder_{"conclave-node"};
  std::shared_ptr<test_certificates> certificates_;
  std::unique_ptr<child_process> child_;
  std::string operator_token_;
  std::uint16_t client_port_ = 0;
  std::uint16_t admin_port_ = 0;
};

}  // namespace conclave::test
