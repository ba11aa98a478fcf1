/// The table, the JSON, and the facts about the machine in it.
#include "bench/report.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <ctime>
#include <fstream>
#include <sys/utsname.h>
#include <unistd.h>

namespace conclave::bench {

namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    if (line.rfind("model name", 0) != 0) continue;
    const auto colon = line.find(": ");
    return colon == std::string::npos ? line : line.substr(colon + 2);
  }
  return "unknown";
}

nlohmann::json machine() {
  utsname name{};
  uname(&name);
  return {{"kernel", name.release},
          {"architecture", name.machine},
          {"cpu", cpu_model()},
          {"cores", sysconf(_SC_NPROCESSORS_ONLN)}};
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, size};
}

std::string number(double value, int decimals) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

void report::add(const std::string& name, const histogram& h) {
  constexpr double us = 1e-3;
  add(name + "_p50_us", h.quantile(0.50) * us, 1);
  add(name + "_p90_us", h.quantile(0.90) * us, 1);
  add(name + "_p99_us", h.quantile(0.99) * us, 1);
  add(name + "_p999_us", h.quantile(0.999) * us, 1);
  add(name + "_max_us", static_cast<double>(h.max()) * us, 1);
  std::vector<std::pair<double, double>> curve;
  for (const double part : {0.0,  0.05, 0.1,  0.2,   0.3,  0.4,   0.5,   0.6,    0.7,    0.8,
                            0.85, 0.9,  0.95, 0.975, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1.0}) {
    curve.emplace_back(part, h.quantile(part) * us);
  }
  distributions_.emplace_back(name, std::move(curve));
}

void report::fault(const std::string& kind, std::uint64_t count, const std::string& example) {
  if (count == 0) return;
  fault_entry& entry = faults_[kind];
  entry.count += count;
  if (entry.example.empty()) entry.example = example;
}

std::string report::to_text() const {
  std::string out = scenario_;
  for (const auto& [name, value] : options_) out += "  " + name + "=" + value;
  out += "\n";
  for (const figure& f : figures_) {
    std::string name = f.name;
    name.resize(std::max<std::size_t>(name.size(), 34), ' ');
    std::string value = number(f.value, f.decimals);
    value.insert(0, value.size() < 14 ? 14 - value.size() : 0, ' ');
    out += "  " + name + value + "\n";
  }
  if (faults_.empty()) return out + "  delivery verified: no fault\n";
  for (const auto& [kind, entry] : faults_) {
    out += "  FAULT " + kind + " x" + std::to_string(entry.count);
    if (!entry.example.empty()) out += ", first: " + entry.example;
    out += "\n";
  }
  return out;
}

std::string report::to_json() const {
  nlohmann::ordered_json root;
  root["scenario"] = scenario_;
  root["version"] = CONCLAVE_VERSION;
  root["time"] = utc_now();
  root["machine"] = machine();
  root["options"] = options_;
  root["node"] = node_;
  nlohmann::ordered_json figures = nlohmann::ordered_json::object();
  for (const figure& f : figures_) figures[f.name] = f.value;
  root["figures"] = std::move(figures);
  nlohmann::ordered_json seconds = nlohmann::ordered_json::array();
  for (const second_point& p : seconds_) {
    seconds.push_back({{"at", p.at},
                       {"acked_per_second", p.acked_per_second},
                       {"delivered_per_second", p.delivered_per_second},
                       {"p50_us", p.p50_us},
                       {"p99_us", p.p99_us},
                       {"max_us", p.max_us},
                       {"server_cores", p.server_cores},
                       {"server_mib", p.server_mib}});
  }
  root["seconds"] = std::move(seconds);
  nlohmann::ordered_json distributions = nlohmann::ordered_json::object();
  for (const auto& [name, curve] : distributions_) distributions[name] = curve;
  root["distributions"] = std::move(distributions);
  nlohmann::ordered_json faults = nlohmann::ordered_json::object();
  for (const auto& [kind, entry] : faults_) {
    faults[kind] = {{"count", entry.count}, {"first", entry.example}};
  }
  root["faults"] = std::move(faults);
  return root.dump(2) + "\n";
}

}  // namespace conclave::bench
