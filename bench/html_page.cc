/// From the JSON of reports to the page.
#include "bench/html_page.h"

#include "bench/plot.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace conclave::bench {

namespace {

using json = nlohmann::ordered_json;

constexpr const char* head =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<title>conclave-bench</title><style>\n"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1360px;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}\n"
    "h2{margin-top:3rem;border-bottom:2px solid #0072b2}\n"
    ".plots{display:flex;flex-wrap:wrap;gap:1rem}.plots svg{flex:1 1 560px;max-width:660px}\n"
    "svg text{font:12px system-ui,sans-serif}svg>text{fill:#333}\n"
    ".grid{stroke:#ddd;stroke-width:1}\n"
    "table{border-collapse:collapse;margin:1rem 0}td,th{padding:.15rem .8rem;text-align:left;"
    "border-bottom:1px solid #eee}td.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    ".fault{color:#b00020;font-weight:600}pre{background:#f6f6f6;padding:1rem;overflow:auto}\n"
    "</style></head><body><h1>conclave-bench</h1>\n";

std::string words(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string pairs(const json& object, const char* title) {
  if (!object.is_object() || object.empty()) return {};
  std::string out = "<p><b>" + std::string(title) + "</b>";
  std::string long_ones;
  for (const auto& [name, value] : object.items()) {
    const std::string text = words(value);
    if (text.find('\n') != std::string::npos) {
      long_ones += "<details><summary>" + escaped(name) + "</summary><pre>" + escaped(text) +
                   "</pre></details>";
    } else {
      out += " · " + escaped(name) + " " + escaped(text);
    }
  }
  return out + "</p>" + long_ones + "\n";
}

std::string figure_table(const json& figures) {
  std::string out = "<details open><summary>figures</summary><table>";
  for (const auto& [name, value] : figures.items()) {
    char text[64];
    const double number = value.is_number() ? value.get<double>() : 0;
    std::snprintf(text, sizeof text, std::abs(number) < 100 ? "%.2f" : "%.0f", number);
    out += "<tr><td>" + escaped(name) + "</td><td class=\"n\">" + text + "</td></tr>";
  }
  return out + "</table></details>\n";
}

plot_line over_time(const json& seconds, const char* field, const char* name) {
  plot_line line{name, {}};
  for (const json& s : seconds) line.points.emplace_back(s.value("at", 0.0), s.value(field, 0.0));
  return line;
}

void add(plot& p, plot_line line) {
  // A second without any is drawn, a run without any is not.
  const bool any = std::any_of(line.points.begin(), line.points.end(),
                               [](const auto& point) { return point.second > 0; });
  if (any) p.lines.push_back(std::move(line));
}

std::string plots(const json& root) {
  const json seconds = root.value("seconds", json::array());
  std::string out = "<div class=\"plots\">";
  plot rate{"Throughput", "seconds", "per second", false, {}, {}};
  add(rate, over_time(seconds, "acked_per_second", "acked"));
  add(rate, over_time(seconds, "delivered_per_second", "delivered"));
  out += to_svg(rate);
  plot latency{"Latency over time", "seconds", "µs, logarithmic", true, {}, {}};
  add(latency, over_time(seconds, "p50_us", "p50"));
  add(latency, over_time(seconds, "p99_us", "p99"));
  add(latency, over_time(seconds, "max_us", "max"));
  out += to_svg(latency);
  // The x axis counts nines: the tail is what a distribution is looked at for.
  plot curve{"Latency by percentile", "percentile", "µs, logarithmic", true, {}, {}};
  const auto nines = [](double part) { return -std::log10(1 - std::min(part, 0.99995)); };
  const json distributions = root.value("distributions", json::object());
  for (const auto& [name, points] : distributions.items()) {
    plot_line line{name, {}};
    for (const json& point : points) {
      line.points.emplace_back(nines(point.at(0).get<double>()), point.at(1).get<double>());
    }
    add(curve, std::move(line));
  }
  for (const auto& [part, mark] :
       {std::pair{0.5, "50"}, {0.9, "90"}, {0.99, "99"}, {0.999, "99.9"}, {0.9999, "99.99"}}) {
    curve.x_marks.emplace_back(nines(part), mark);
  }
  out += to_svg(curve);
  plot cpu{"Server CPU", "seconds", "cores", false, {}, {}};
  add(cpu, over_time(seconds, "server_cores", "cores"));
  out += to_svg(cpu);
  return out + "</div>\n";
}

std::string section(const json& root) {
  std::string out = "<h2>" + escaped(words(root.at("scenario"))) + "</h2>\n";
  const json faults = root.value("faults", json::object());
  if (faults.empty()) out += "<p>Every delivery verified: no fault.</p>\n";
  for (const auto& [kind, f] : faults.items()) {
    out += "<p class=\"fault\">FAULT " + escaped(kind) + " × " + escaped(f["count"].dump()) +
           ", first: " + escaped(words(f["first"])) + "</p>\n";
  }
  out += pairs(root.value("options", json::object()), "options");
  out += plots(root);
  out += figure_table(root.at("figures"));
  out += pairs(root.value("node", json::object()), "node");
  out += pairs(root.value("machine", json::object()), "machine");
  return out + "<p>" + escaped(root.value("time", "")) + " · conclave-bench " +
         escaped(root.value("version", "")) + "</p>\n";
}

}  // namespace

outcome<std::string> html_page(const std::vector<std::string>& reports) {
  std::string out = head;
  for (const std::string& text : reports) {
    const json root = json::parse(text, nullptr, false);
    if (root.is_discarded() || !root.is_object() || !root.contains("scenario") ||
        !root.contains("figures")) {
      return failure{errc::invalid_argument, "that is not a report of conclave-bench"};
    }
    try {
      out += section(root);
    } catch (const json::exception& error) {
      return failure{errc::invalid_argument,
                     std::string("a report cannot be read: ") + error.what()};
    }
  }
  return out + "</body></html>\n";
}

}  // namespace conclave::bench
