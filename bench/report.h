/// What a run gives out: figures in the order they were measured, faults, and what is needed to
/// judge them (machine, options). Printed as a table, written as JSON.
#pragma once

#include "bench/histogram.h"
#include "client/protocol.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace conclave::bench {

struct figure {
  std::string name;  ///< stable, snake_case, unit last: the key in the JSON
  double value = 0;
  int decimals = 0;
};

class report {
 public:
  explicit report(std::string scenario) : scenario_(std::move(scenario)) {}

  void option(const std::string& name, const std::string& value) { options_[name] = value; }
  void add(const std::string& name, double value, int decimals = 0) {
    figures_.push_back({name, value, decimals});
  }
  /// p50, p90, p99, p99.9 and max, in microseconds.
  void add(const std::string& name, const histogram& h);
  /// A breach of what every run verifies; any of them makes the run fail.
  void fault(const std::string& kind, std::uint64_t count, const std::string& example = {});

  bool faultless() const { return faults_.empty(); }
  std::string to_text() const;
  std::string to_json() const;
  status write_json(const std::string& file) const;

 private:
  struct fault_entry {
    std::uint64_t count = 0;
    std::string example;
  };

  std::string scenario_;
  std::map<std::string, std::string> options_;
  std::vector<figure> figures_;
  std::map<std::string, fault_entry> faults_;
};

}  // namespace conclave::bench
