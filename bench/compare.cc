/// The table of ratios.
#include "bench/compare.h"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace conclave::bench {

namespace {

using json = nlohmann::ordered_json;

outcome<json> report_from(const std::string& text, const char* which) {
  json root = json::parse(text, nullptr, false);
  if (root.is_discarded() || !root.is_object() || !root.contains("figures") ||
      !root["figures"].is_object() || !root.contains("scenario")) {
    return failure{errc::invalid_argument,
                   std::string(which) + " is not a report of conclave-bench"};
  }
  return root;
}

std::string number(double value) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, value < 100 ? "%.2f" : "%.0f", value);
  return {text, static_cast<std::size_t>(size)};
}

std::string line(const std::string& name, const std::string& a, const std::string& b,
                 const std::string& ratio) {
  char text[256];
  const int size = std::snprintf(text, sizeof text, "  %-36s %14s %14s %8s\n", name.c_str(),
                                 a.c_str(), b.c_str(), ratio.c_str());
  return {text, std::min(static_cast<std::size_t>(size), sizeof text - 1)};
}

/// What differs, so that nobody takes apples for pears.
std::string differences(const json& a, const json& b, const char* part) {
  std::string out;
  const json left = a.value(part, json::object());
  const json right = b.value(part, json::object());
  json names = left;
  names.update(right);
  for (const auto& [name, unused] : names.items()) {
    const json x = left.value(name, json(nullptr));
    const json y = right.value(name, json(nullptr));
    // The whole configuration is too long for a line.
    if (x != y)
      out +=
          "  differs: " + name + (name == "config" ? "" : " " + x.dump() + " / " + y.dump()) + "\n";
  }
  return out;
}

}  // namespace

outcome<std::string> compare_reports(const std::string& first, const std::string& second) {
  const auto a = report_from(first, "the first file");
  if (!a) return failure(a.error());
  const auto b = report_from(second, "the second file");
  if (!b) return failure(b.error());
  std::string out = (*a)["scenario"].get<std::string>();
  if ((*a)["scenario"] != (*b)["scenario"]) out += " / " + (*b)["scenario"].get<std::string>();
  out += "\n";
  for (const char* part : {"options", "machine", "node"}) out += differences(*a, *b, part);
  out += line("", "A", "B", "B / A");
  const json& figures_a = (*a)["figures"];
  const json& figures_b = (*b)["figures"];
  json names = figures_a;
  names.update(figures_b);
  for (const auto& [name, unused] : names.items()) {
    const bool in_a = figures_a.contains(name) && figures_a[name].is_number();
    const bool in_b = figures_b.contains(name) && figures_b[name].is_number();
    const double x = in_a ? figures_a[name].get<double>() : 0;
    const double y = in_b ? figures_b[name].get<double>() : 0;
    out += line(name, in_a ? number(x) : "-", in_b ? number(y) : "-",
                in_a && in_b && x != 0 ? number(y / x) : "-");
  }
  for (const auto* root : {&*a, &*b}) {
    if (!root->value("faults", json::object()).empty()) {
      out += std::string("  ") + (root == &*a ? "A" : "B") + " had faults of delivery\n";
    }
  }
  return out;
}

}  // namespace conclave::bench
