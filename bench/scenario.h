/// The seam between the command and its scenarios: each scenario is one entry of scenario_table(),
/// with its own options, and gives back a report. To add one, write bench/<name>.cc and name its
/// maker in bench/scenarios.h and scenario.cc.
#pragma once

#include "bench/report.h"
#include "client/protocol.h"

#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace CLI {
class App;
}

namespace conclave::bench {

/// What every scenario needs to know about the node and the measurement.
struct target {
  std::string server;  ///< HOST:PORT of the client listener
  std::string admin;   ///< HOST:PORT of the admin listener
  std::string ca_file;
  std::string operator_token_file;  ///< to provision users of the run's own
  std::string tokens_file;          ///< or: lines of `conclave admin user add`, the token last
  std::string tenant = "bench";
  double seconds = 10;
  double warmup = 2;
  pid_t server_pid = 0;
  std::string metrics;  ///< HOST:PORT of the node's metrics page; empty: not read
  std::string commit;   ///< of the node's source, for the report
  std::string durability = "fsync before every acknowledgement";
  std::uint32_t threads = 1;
  bool quiet = false;
};

class scenario {
 public:
  virtual ~scenario() = default;
  virtual std::string name() const = 0;
  virtual std::string summary() const = 0;
  virtual void add_options(CLI::App& command) = 0;
  /// Failure: the run could not take place. Faults of delivery are in the report.
  virtual outcome<report> run(const target& t) = 0;
};

std::vector<std::unique_ptr<scenario>> all_scenarios();

}  // namespace conclave::bench
