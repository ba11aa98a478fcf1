/// A plot of a few lines as SVG: axes with round numbers, a legend, a logarithmic scale if asked
/// for. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace conclave::bench {

struct plot_line {
  std::string name;
  std::vector<std::pair<double, double>> points;
};

struct plot {
  std::string title;
  std::string x_name;
  std::string y_name;
  bool log_y = false;
  std::vector<plot_line> lines;
  /// Marks of the x axis with their own words; empty: round numbers.
  std::vector<std::pair<double, std::string>> x_marks;
};

/// Empty when there is nothing to draw. A zero has no place on a logarithmic scale: the line breaks
/// there.
std::string to_svg(const plot& p);

/// "1.5 k", "20 M": short enough for an axis.
std::string short_number(double value);

/// For text and attribute values of HTML and SVG.
std::string escaped(const std::string& text);

}  // namespace conclave::bench
