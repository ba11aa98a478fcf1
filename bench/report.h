/// What a run gives out: figures in the order they were measured, the seconds of the measurement,
/// latency distributions, faults, and what is needed to judge them (machine, node, options).
/// Printed as a table, written as JSON; the page and the comparison are made from that JSON.
#pragma once

#include "bench/histogram.h"
#include "client/protocol.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace conclave::bench {

struct figure {
  std::string name;  ///< stable, snake_case, unit last: the key in the JSON
  double value = 0;
  int decimals = 0;
};

struct second_point {
  double at = 0;  ///< seconds since the measurement began
  double acked_per_second = 0;
  double delivered_per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  double max_us = 0;
  double server_cores = 0;
  double server_mib = 0;
};

class report {
 public:
  explicit report(std::string scenario) : scenario_(std::move(scenario)) {}

  void option(const std::string& name, const std::string& value) { options_[name] = value; }
  /// What is known about the node: commit, durability, configuration.
  void node(const std::string& name, const std::string& value) { node_[name] = value; }
  void add(const std::string& name, double value, int decimals = 0) {
    figures_.push_back({name, value, decimals});
  }
  /// p50, p90, p99, p99.9 and max, in microseconds, and the whole distribution for the page.
  void add(const std::string& name, const histogram& h);
  void add(const second_point& p) { seconds_.push_back(p); }
  /// A breach of what every run verifies; any of them makes the run fail.
  void fault(const std::string& kind, std::uint64_t count, const std::string& example = {});

  bool faultless() const { return faults_.empty(); }
  std::string to_text() const;
  std::string to_json() const;

 private:
  struct fault_entry {
    std::uint64_t count = 0;
    std::string example;
  };

  std::string scenario_;
  std::map<std::string, std::string> options_;
  std::map<std::string, std::string> node_;
  std::vector<figure> figures_;
  std::vector<second_point> seconds_;
  std::vector<std::pair<std::string, std::vector<std::pair<double, double>>>> distributions_;
  std::map<std::string, fault_entry> faults_;
};

}  // namespace conclave::bench
