/// One line per run: name=value, name=value. A plain value; any thread.
#pragma once

#include "bench/histogram.h"
#include "bench/peers/cpu_time.h"

#include <cstdio>
#include <string>

namespace conclave::bench::peers {

class result_line {
 public:
  explicit result_line(std::string beginning) : text_(std::move(beginning)) {}

  void add(const std::string& name, const std::string& value) { text_ += " " + name + "=" + value; }
  void add(const std::string& name, double value, int digits = 0) {
    char number[64];
    std::snprintf(number, sizeof number, "%.*f", digits, value);
    add(name, std::string(number));
  }

  /// In milliseconds.
  void add_latency(const std::string& name, const histogram& h) {
    if (h.count() == 0) return;
    add(name + "_p50_ms", h.quantile(0.5) / 1e6, 3);
    add(name + "_p99_ms", h.quantile(0.99) / 1e6, 3);
    add(name + "_p999_ms", h.quantile(0.999) / 1e6, 3);
    add(name + "_max_ms", static_cast<double>(h.max()) / 1e6, 3);
  }

  /// Of both sides, per so many of `what`, and how many cores that was.
  void add_cpu(const std::string& what, double count, const cpu_mark& from, const cpu_mark& to,
               bool with_server) {
    const auto elapsed = static_cast<double>(to.at_ns - from.at_ns);
    const auto server = static_cast<double>(to.server_ns - from.server_ns);
    const auto own = static_cast<double>(to.own_ns - from.own_ns);
    if (with_server) {
      if (count > 0) add("server_cpu_us_per_" + what, server / 1e3 / count, 2);
      add("server_cores", server / elapsed, 2);
    }
    if (count > 0) add("bench_cpu_us_per_" + what, own / 1e3 / count, 2);
    add("bench_cores", own / elapsed, 2);
  }

  void print() const {
    std::printf("%s\n", text_.c_str());
    std::fflush(stdout);
  }

 private:
  std::string text_;
};

}  // namespace conclave::bench::peers
