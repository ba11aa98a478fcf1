/// What a node counts about itself, rendered as the Prometheus text page. A registry belongs to the
/// node and outlives everything that counts; counting is one relaxed atomic operation, rendering
/// runs on the thread that asks for the page. Names are `conclave_<what>_<unit>`, of counters
/// `conclave_<what>_total`; a bad or doubled name is a bug and ends the process at registration.
///
/// Labels have few values by design (a loop's number, a kind of request): never a tenant, a user or
/// anything a client chooses, which would grow without bound.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conclave::metrics {

using labels = std::vector<std::pair<std::string, std::string>>;

/// Grows only. In its own cache line, so that two loops do not share one.
class alignas(64) counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// How often which size was seen: each bucket counts the values up to its bound.
class alignas(64) histogram {
 public:
  static constexpr std::size_t max_buckets = 24;

  /// Bounds ascend; values above the last one are counted in the implied `+Inf` bucket.
  explicit histogram(std::vector<double> bounds);

  void observe(double value);

 private:
  friend class registry;
  std::vector<double> bounds_;
  std::array<std::atomic<std::uint64_t>, max_buckets + 1> counts_{};
  std::atomic<double> sum_{0};
};

/// `count` bounds, each `factor` times the one before.
std::vector<double> exponential_bounds(double first, double factor, std::size_t count);

class registry;

/// Keeps a callback registered; once it is gone the callback is never called again. Must not
/// outlive its registry.
class [[nodiscard]] registration {
 public:
  registration() = default;
  registration(const registration&) = delete;
  registration& operator=(const registration&) = delete;
  registration(registration&& other) noexcept;
  registration& operator=(registration&& other) noexcept;
  ~registration();

 private:
  friend class registry;
  registration(registry* owner, std::uint64_t id) : owner_(owner), id_(id) {}
  registry* owner_ = nullptr;
  std::uint64_t id_ = 0;
};

class registry {
 public:
  registry();
  ~registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  /// Live as long as the registry. The same name may come again with other labels.
  metrics::counter& counter(const std::string& name, const std::string& help, labels l = {});
  metrics::histogram& histogram(const std::string& name, const std::string& help,
                                std::vector<double> bounds, labels l = {});

  /// Asked at each rendering, under the registry's lock: must be quick and must not register.
  registration gauge(const std::string& name, const std::string& help,
                     std::function<double()> value, labels l = {});

  /// For totals that are kept elsewhere, such as the tickers of a library.
  registration counter_from(const std::string& name, const std::string& help,
                            std::function<double()> value, labels l = {});

  /// The text page (exposition format 0.0.4), families sorted by name.
  std::string text() const;

 private:
  friend class registration;
  void forget(std::uint64_t id);

  struct content;
  std::unique_ptr<content> content_;
};

}  // namespace conclave::metrics
