/// The registry of metrics; the only user of prometheus-cpp, whose data model and text serializer
/// it feeds. One mutex guards registration and rendering, never counting.
#include "conf/metrics.h"

#include "schemas/check.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>

namespace conclave::metrics {

struct registry::content {
  using source = std::function<void(prometheus::ClientMetric&)>;

  struct series {
    std::uint64_t id = 0;
    labels names;
    source fill;
  };
  struct family {
    std::string help;
    prometheus::MetricType type = prometheus::MetricType::Untyped;
    std::vector<series> members;
  };

  mutable std::mutex mutex;
  std::map<std::string, family> families;
  std::vector<std::unique_ptr<metrics::counter>> counters;
  std::vector<std::unique_ptr<metrics::histogram>> histograms;
  std::uint64_t last_id = 0;

  static bool is_good_name(const std::string& name, prometheus::MetricType type) {
    const bool plain =
        name.starts_with("conclave_") && name.size() > 9 &&
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
    return plain && name.ends_with("_total") == (type == prometheus::MetricType::Counter);
  }

  /// Caller holds the mutex.
  std::uint64_t add(const std::string& name, const std::string& help, prometheus::MetricType type,
                    labels l, source fill) {
    CONCLAVE_CHECK(is_good_name(name, type),
                   "a metric is conclave_<what>_<unit>, and _total exactly when it is a counter");
    family& f = families[name];
    CONCLAVE_CHECK(f.members.empty() || f.type == type, "one metric name has one type");
    for (const series& other : f.members)
      CONCLAVE_CHECK(other.names != l, "a metric with these labels is registered already");
    f.help = help;
    f.type = type;
    f.members.push_back({++last_id, std::move(l), std::move(fill)});
    return last_id;
  }
};

namespace {

void check_bounds(const std::vector<double>& bounds) {
  CONCLAVE_CHECK(!bounds.empty() && bounds.size() <= histogram::max_buckets,
                 "a histogram has 1 to 24 bounds");
  CONCLAVE_CHECK(std::is_sorted(bounds.begin(), bounds.end()), "bounds ascend");
}

}  // namespace

histogram::histogram(std::vector<double> bounds) : bounds_(std::move(bounds)) {
  check_bounds(bounds_);
}

void histogram::observe(double value) {
  const auto place = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<std::size_t>(place)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<double> exponential_bounds(double first, double factor, std::size_t count) {
  std::vector<double> bounds;
  for (double bound = first; bounds.size() < count; bound *= factor) bounds.push_back(bound);
  return bounds;
}

registration::registration(registration&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), id_(other.id_) {}

registration& registration::operator=(registration&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(id_, other.id_);
  return *this;
}

registration::~registration() {
  if (owner_ != nullptr) owner_->forget(id_);
}

registry::registry() : content_(std::make_unique<content>()) {}

registry::~registry() = default;

counter& registry::counter(const std::string& name, const std::string& help, labels l) {
  const std::lock_guard lock(content_->mutex);
  content_->counters.push_back(std::make_unique<metrics::counter>());
  metrics::counter& made = *content_->counters.back();
  content_->add(name, help, prometheus::MetricType::Counter, std::move(l),
                [&made](prometheus::ClientMetric& out) {
                  out.counter.value = static_cast<double>(made.value());
                });
  return made;
}

histogram& registry::histogram(const std::string& name, const std::string& help,
                               std::vector<double> bounds, labels l) {
  const std::lock_guard lock(content_->mutex);
  content_->histograms.push_back(std::make_unique<metrics::histogram>(std::move(bounds)));
  metrics::histogram& made = *content_->histograms.back();
  content_->add(name, help, prometheus::MetricType::Histogram, std::move(l),
                [&made](prometheus::ClientMetric& out) {
                  std::uint64_t below = 0;
                  for (std::size_t i = 0; i <= made.bounds_.size(); ++i) {
                    below += made.counts_[i].load(std::memory_order_relaxed);
                    const double bound = i < made.bounds_.size()
                                             ? made.bounds_[i]
                                             : std::numeric_limits<double>::infinity();
                    out.histogram.bucket.push_back({below, bound});
                  }
                  out.histogram.sample_count = below;
                  out.histogram.sample_sum = made.sum_.load(std::memory_order_relaxed);
                });
  return made;
}

registration registry::gauge(const std::string& name, const std::string& help,
                             std::function<double()> value, labels l) {
  const std::lock_guard lock(content_->mutex);
  return {this, content_->add(name, help, prometheus::MetricType::Gauge, std::move(l),
                              [value = std::move(value)](prometheus::ClientMetric& out) {
                                out.gauge.value = value();
                              })};
}

registration registry::counter_from(const std::string& name, const std::string& help,
                                    std::function<double()> value, labels l) {
  const std::lock_guard lock(content_->mutex);
  return {this, content_->add(name, help, prometheus::MetricType::Counter, std::move(l),
                              [value = std::move(value)](prometheus::ClientMetric& out) {
                                out.counter.value = value();
                              })};
}

std::string registry::text() const {
  std::vector<prometheus::MetricFamily> page;
  {
    const std::lock_guard lock(content_->mutex);
    for (const auto& [name, family] : content_->families) {
      prometheus::MetricFamily rendered;
      rendered.name = name;
      rendered.help = family.help;
      rendered.type = family.type;
      for (const content::series& member : family.members) {
        prometheus::ClientMetric metric;
        for (const auto& [label, value] : member.names) metric.label.push_back({label, value});
        member.fill(metric);
        rendered.metric.push_back(std::move(metric));
      }
      if (!rendered.metric.empty()) page.push_back(std::move(rendered));
    }
  }
  return prometheus::TextSerializer().Serialize(page);
}

void registry::forget(std::uint64_t id) {
  const std::lock_guard lock(content_->mutex);
  for (auto& [name, family] : content_->families)
    std::erase_if(family.members, [&](const content::series& s) { return s.id == id; });
}

}  // namespace conclave::metrics
