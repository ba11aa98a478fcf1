/// Scales, marks and lines.
#include "bench/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace conclave::bench {

namespace {

constexpr double width = 640;
constexpr double height = 260;
constexpr double left = 64;
constexpr double right = 16;
constexpr double top = 34;
constexpr double bottom = 44;
/// Told apart also by people who do not see red and green.
constexpr const char* colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7"};

std::string fixed(double value) {
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%.1f", value);
  return {text, static_cast<std::size_t>(size)};
}

/// 1, 2 or 5 times a power of ten, so that about `parts` of them make the span.
double round_step(double span, int parts) {
  const double raw = std::max(span, 1e-9) / parts;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) return factor * power;
  }
  return 10 * power;
}

struct scale {
  double low = 0;
  double high = 1;
  double from = 0;
  double to = 1;
  bool log = false;
  double at(double value) const {
    const auto f = [this](double v) { return log ? std::log10(std::max(v, low)) : v; };
    return from + (f(value) - f(low)) / (f(high) - f(low)) * (to - from);
  }
};

std::string text_at(double x, double y, const std::string& anchor, const std::string& text) {
  return "<text x=\"" + fixed(x) + "\" y=\"" + fixed(y) + "\" text-anchor=\"" + anchor + "\">" +
         escaped(text) + "</text>";
}

std::string grid_line(double x1, double y1, double x2, double y2) {
  return "<path class=\"grid\" d=\"M" + fixed(x1) + " " + fixed(y1) + "L" + fixed(x2) + " " +
         fixed(y2) + "\"/>";
}

std::string y_axis(const scale& y) {
  std::string out;
  const auto mark = [&](double value) {
    const double at = y.at(value);
    out += grid_line(left, at, width - right, at);
    out += text_at(left - 6, at + 4, "end", short_number(value));
  };
  if (y.log) {
    for (double value = y.low; value <= y.high * 1.001; value *= 10) mark(value);
  } else {
    const double step = round_step(y.high, 5);
    for (double value = 0; value <= y.high * 1.001; value += step) mark(value);
  }
  return out;
}

}  // namespace

std::string short_number(double value) {
  const char* unit = "";
  if (value >= 1e6) {
    value /= 1e6;
    unit = " M";
  } else if (value >= 1e3) {
    value /= 1e3;
    unit = " k";
  }
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%.3g%s", value, unit);
  return {text, static_cast<std::size_t>(size)};
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string to_svg(const plot& p) {
  double x_low = 1e300;
  double x_high = -1e300;
  double y_low = 1e300;
  double y_high = 0;
  for (const plot_line& l : p.lines) {
    for (const auto& [x, y] : l.points) {
      x_low = std::min(x_low, x);
      x_high = std::max(x_high, x);
      if (y > 0) y_low = std::min(y_low, y);
      y_high = std::max(y_high, y);
    }
  }
  if (x_high < x_low || y_high <= 0) return {};
  if (x_high == x_low) x_high = x_low + 1;
  scale x{x_low, x_high, left, width - right, false};
  scale y{0, y_high * 1.05, height - bottom, top, p.log_y};
  if (p.log_y) {
    y.low = std::pow(10.0, std::floor(std::log10(y_low)));
    y.high = std::pow(10.0, std::ceil(std::log10(y_high * 1.001)));
  }
  std::string out = "<svg viewBox=\"0 0 " + fixed(width) + " " + fixed(height) +
                    "\" role=\"img\" aria-label=\"" + escaped(p.title) + "\">" +
                    text_at(left, 16, "start", p.title + " (" + p.y_name + ")") + y_axis(y);
  if (p.x_marks.empty()) {
    const double step = round_step(x_high - x_low, 8);
    for (double v = std::ceil(x_low / step) * step; v <= x_high; v += step) {
      out += text_at(x.at(v), height - bottom + 16, "middle", short_number(v));
    }
  }
  for (const auto& [at, words] : p.x_marks) {
    out += grid_line(x.at(at), top, x.at(at), height - bottom);
    out += text_at(x.at(at), height - bottom + 16, "middle", words);
  }
  out += text_at((left + width - right) / 2, height - 10, "middle", p.x_name);
  double legend = width - right;
  for (std::size_t i = 0; i < p.lines.size(); ++i) {
    const std::string colour = colours[i % std::size(colours)];
    std::string path;
    bool goes_on = false;
    for (const auto& [px, py] : p.lines[i].points) {
      const bool drawn = py > 0 || !p.log_y;
      if (drawn) path += (goes_on ? "L" : "M") + fixed(x.at(px)) + " " + fixed(y.at(py));
      if (drawn && !goes_on) path += "h2";  // alone it would not be seen
      goes_on = drawn;
    }
    out += "<path fill=\"none\" stroke-width=\"2\" stroke=\"" + colour + "\" d=\"" + path + "\"/>";
    out +=
        "<g fill=\"" + colour + "\">" + text_at(legend, 16, "end", "● " + p.lines[i].name) + "</g>";
    legend -= 24 + 7.0 * static_cast<double>(p.lines[i].name.size());
  }
  return out + "</svg>\n";
}

}  // namespace conclave::bench
