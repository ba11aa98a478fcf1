/// The run of the scenario `pair`: provision, start, warm up, measure, drain, report.
#include "bench/pair.h"

#include "bench/pair_worker.h"
#include "bench/process_cpu.h"
#include "bench/provision.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <thread>
#include <unistd.h>

namespace conclave::bench {

namespace {

using workers = std::vector<std::unique_ptr<pair_worker>>;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Waits until all workers are so; false: one is broken or it takes too long.
template <class Condition>
bool wait_for(const workers& all, milliseconds most, Condition&& condition) {
  const auto end = steady_clock::now() + most;
  while (steady_clock::now() < end) {
    std::size_t met = 0;
    for (const auto& w : all) {
      if (w->broken()) return false;
      if (condition(*w)) ++met;
    }
    if (met == all.size()) return true;
    std::this_thread::sleep_for(milliseconds{10});
  }
  return false;
}

std::uint64_t progress(const workers& all) {
  std::uint64_t sum = 0;
  for (const auto& w : all) sum += w->progress();
  return sum;
}

/// Sleeps through a phase with a progress line once a second, on a terminal only.
void watch(const workers& all, double seconds, const char* what, bool quiet) {
  const auto begin = steady_clock::now();
  const auto end = begin + std::chrono::duration_cast<steady_clock::duration>(
                               std::chrono::duration<double>(seconds));
  const bool show = !quiet && isatty(STDERR_FILENO) == 1;
  std::uint64_t before = progress(all);
  auto last = begin;
  while (steady_clock::now() < end) {
    const auto left = end - steady_clock::now();
    std::this_thread::sleep_for(std::min<steady_clock::duration>(left, milliseconds{1'000}));
    if (!show) continue;
    const std::uint64_t now = progress(all);
    const auto at = steady_clock::now();
    const double passed = std::chrono::duration<double>(at - last).count();
    std::fprintf(stderr, "\r%-9s %8.0f acked/s ", what, static_cast<double>(now - before) / passed);
    before = now;
    last = at;
  }
  if (show) std::fprintf(stderr, "\r%40s\r", "");
}

class pair_scenario final : public scenario {
 public:
  std::string name() const override { return "pair"; }
  std::string summary() const override {
    return "pairs of users, each in its own conversation: closed window one way";
  }

  void add_options(CLI::App& command) override {
    command.add_option("--pairs", pairs_, "pairs of users")
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    command.add_option("--window", window_, "messages under way per pair")
        ->capture_default_str()
        ->check(CLI::Range(1, 256));
    command.add_option("--body", body_, "bytes of a message's body")
        ->capture_default_str()
        ->check(CLI::Range(48, 65'536));
  }

  outcome<report> run(const target& t) override {
    auto server = client::parse_endpoint(t.server);
    if (!server) return std::move(server).error();
    server = client::resolve(std::move(*server));
    if (!server) return std::move(server).error();
    auto tls = net::tls_context::client({t.ca_file});
    if (!tls) return std::move(tls).error();
    auto tokens = provision(t, pairs_ * 2);
    if (!tokens) return std::move(tokens).error();

    const pair_settings settings{*server, *tls, window_, body_};
    workers all;
    const std::size_t threads = std::min<std::size_t>(t.threads, pairs_);
    for (std::size_t i = 0; i < threads; ++i) {
      const std::size_t from = pairs_ * i / threads;
      const std::size_t to = pairs_ * (i + 1) / threads;
      all.push_back(std::make_unique<pair_worker>(
          settings, from,
          std::vector<std::string>(tokens->begin() + static_cast<std::ptrdiff_t>(from * 2),
                                   tokens->begin() + static_cast<std::ptrdiff_t>(to * 2))));
    }
    return measure(t, all);
  }

 private:
  outcome<report> measure(const target& t, workers& all) {
    report r("pair");
    r.option("pairs", std::to_string(pairs_));
    r.option("window", std::to_string(window_));
    r.option("body", std::to_string(body_));
    r.option("threads", std::to_string(all.size()));

    const auto patience = milliseconds{10'000 + 100 * static_cast<long>(pairs_)};
    for (auto& w : all) w->start();
    const bool ready = wait_for(all, patience, [](const pair_worker& w) { return w.ready(); });
    if (!ready) {
      r.fault("not_started", 1, "not all pairs could log in and found their conversation");
      return finish(std::move(r), all);
    }
    for (auto& w : all) w->begin_sending();
    watch(all, t.warmup, "warm-up", t.quiet);

    const auto server_before = usage_of(t.server_pid);
    const auto own_before = usage_of(getpid());
    for (auto& w : all) w->begin_measuring();
    watch(all, t.seconds, "measuring", t.quiet);
    const auto server_after = usage_of(t.server_pid);
    const auto own_after = usage_of(getpid());
    for (auto& w : all) w->stop_sending();
    const bool drained =
        wait_for(all, milliseconds{20'000}, [](const pair_worker& w) { return w.drained(); });
    if (!drained) r.fault("not_drained", 1, "messages or answers were still missing at the end");
    for (auto& w : all) w->join();

    pair_figures sum;
    for (const auto& w : all) {
      const pair_figures& f = w->figures();
      sum.acked += f.acked;
      sum.delivered += f.delivered;
      sum.fetched += f.fetched;
      sum.ack.merge(f.ack);
      sum.deliver.merge(f.deliver);
      sum.seconds = std::max(sum.seconds, f.seconds);
    }
    const double seconds = std::max(sum.seconds, 1e-9);
    const double messages = std::max<double>(1, static_cast<double>(sum.acked));
    r.add("seconds", sum.seconds, 2);
    r.add("acked", static_cast<double>(sum.acked));
    r.add("acked_per_second", static_cast<double>(sum.acked) / seconds);
    r.add("delivered_per_second", static_cast<double>(sum.delivered) / seconds);
    r.add("delivered_by_history", static_cast<double>(sum.fetched));
    r.add("send_to_ack", sum.ack);
    r.add("send_to_deliver", sum.deliver);
    if (server_before && server_after) {
      const auto cpu = static_cast<double>(server_after->cpu_us() - server_before->cpu_us());
      const auto system = static_cast<double>(server_after->system_us - server_before->system_us);
      r.add("server_cpu_us_per_message", cpu / messages, 2);
      r.add("server_system_us_per_message", system / messages, 2);
      r.add("server_cores_busy", cpu * 1e-6 / seconds, 2);
      r.add("server_resident_mib",
            static_cast<double>(server_after->resident_bytes) / (1024.0 * 1024.0), 1);
    } else if (t.server_pid != 0) {
      return failure{errc::invalid_argument,
                     "no process " + std::to_string(t.server_pid) + " to be seen"};
    }
    if (own_before && own_after) {
      const auto cpu = static_cast<double>(own_after->cpu_us() - own_before->cpu_us());
      r.add("bench_cpu_us_per_message", cpu / messages, 2);
    }
    return finish(std::move(r), all);
  }

  static outcome<report> finish(report r, workers& all) {
    for (auto& w : all) {
      w->join();
      for (const auto& [kind, f] : w->figures().faults) r.fault(kind, f.count, f.example);
    }
    return r;
  }

  std::size_t pairs_ = 50;
  std::uint32_t window_ = 64;
  std::size_t body_ = 160;
};

}  // namespace

std::unique_ptr<scenario> make_pair_scenario() {
  return std::make_unique<pair_scenario>();
}

}  // namespace conclave::bench
