/// One run from the outside: waits for the crowds, watches them second by second with a progress
/// line, measures the node's and its own cost, drains, and writes what every scenario reports.
///
/// Lives on the main thread; owns the crowds. The order of calls: gather, rehearse, measure, drain,
/// then the report functions.
#pragma once

#include "bench/crowd.h"
#include "bench/node_page.h"
#include "bench/process_cpu.h"
#include "bench/report.h"
#include "bench/scenario.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace conclave::bench {

/// Where and how to log in, from the target's options. Blocking.
outcome<crowd_settings> settings_for(const target& t);

/// Options that every load with a rate or a window has in common.
struct pace {
  std::uint32_t window = 64;
  double rate = 0;  ///< messages a second over all senders; 0: closed loop
};
void add_pace_options(CLI::App& command, pace& p);

class stage {
 public:
  /// Both outlive the stage.
  stage(const target& t, report& r);
  ~stage();

  template <class Crowd>
  Crowd& add(std::unique_ptr<Crowd> made) {
    Crowd& added = *made;
    crowds_.push_back(std::move(made));
    return added;
  }

  /// Logs everybody in. False: it did not come about, and the report says so.
  bool gather(std::chrono::milliseconds patience);
  void rehearse();
  /// For the target's seconds, or until `over` says so, but never longer than `longest`.
  void measure();
  /// Begins to send and to measure at once: for what happens once, without a warm-up.
  void measure_from_the_start(const std::function<bool()>& over, double longest);
  void drain(std::chrono::milliseconds patience = std::chrono::seconds(30));

  // -- the report
  /// What a request is called in the figures: "message" gives server_cpu_us_per_message.
  void tell_rates(const std::string& acked, const std::string& delivered);
  void tell_latencies(const std::string& ack, const std::string& deliver);
  /// A node that is no longer there is a fault; the other figures are told all the same.
  void tell_costs(const std::string& per, std::uint64_t count, const std::string& per_other = {},
                  std::uint64_t other_count = 0);
  void tell_memory();
  void tell_commits(std::uint64_t messages);
  enum class latency : std::uint8_t { ack, deliver };
  void tell_series(latency of);
  void tell_faults();

  const figures& sum() const { return sum_; }
  double seconds() const { return seconds_; }

 private:
  struct sample {
    double at = 0;  ///< seconds since the measurement began
    std::optional<process_usage> server;
  };

  void measure_until(const std::function<bool()>& over, double longest, bool begin_now);
  bool wait_for(std::chrono::milliseconds most, const std::function<bool(const crowd&)>& condition);
  void watch(double seconds, const char* what, bool cutting, const std::function<bool()>& over);
  std::uint64_t acked() const;
  std::uint64_t delivered() const;

  const target& target_;
  report& report_;
  std::vector<std::unique_ptr<crowd>> crowds_;
  std::vector<sample> samples_;
  std::optional<process_usage> server_idle_;
  std::optional<process_usage> server_gathered_;
  std::optional<process_usage> server_before_;
  std::optional<process_usage> server_after_;
  std::optional<process_usage> own_before_;
  std::optional<process_usage> own_after_;
  std::optional<node_numbers> page_before_;
  std::optional<node_numbers> page_after_;
  std::vector<figures> by_second_;
  figures sum_;
  double seconds_ = 0;
  std::size_t connections_ = 0;
};

}  // namespace conclave::bench
