/// The phases of a run. What is written about them is in stage_report.cc.
#include "bench/stage.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <thread>
#include <unistd.h>

namespace conclave::bench {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

outcome<crowd_settings> settings_for(const target& t) {
  auto server = client::parse_endpoint(t.server);
  if (!server) return std::move(server).error();
  server = client::resolve(std::move(*server));
  if (!server) return std::move(server).error();
  auto tls = net::tls_context::client({t.ca_file});
  if (!tls) return std::move(tls).error();
  return crowd_settings{*server, *tls};
}

void add_pace_options(CLI::App& command, pace& p) {
  command.add_option("--window", p.window, "closed loop: messages under way per sender")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command
      .add_option("--rate", p.rate,
                  "open loop: messages a second over all senders, latency from the intended "
                  "time of sending")
      ->check(CLI::Range(0.1, 1e7));
}

stage::stage(const target& t, report& r) : target_(t), report_(r) {}

stage::~stage() {
  for (auto& c : crowds_) c->join();
}

bool stage::wait_for(milliseconds most, const std::function<bool(const crowd&)>& condition) {
  const auto end = steady_clock::now() + most;
  while (steady_clock::now() < end) {
    std::size_t met = 0;
    for (const auto& c : crowds_) {
      if (c->broken()) return false;
      if (condition(*c)) ++met;
    }
    if (met == crowds_.size()) return true;
    std::this_thread::sleep_for(milliseconds{5});
  }
  return false;
}

std::uint64_t stage::acked() const {
  std::uint64_t sum = 0;
  for (const auto& c : crowds_) sum += c->acked();
  return sum;
}

std::uint64_t stage::delivered() const {
  std::uint64_t sum = 0;
  for (const auto& c : crowds_) sum += c->delivered();
  return sum;
}

void stage::watch(double seconds, const char* what, bool cutting,
                  const std::function<bool()>& over) {
  const auto begin = steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration<double>(steady_clock::now() - begin).count();
  };
  const bool show = !target_.quiet && isatty(STDERR_FILENO) == 1;
  std::uint64_t acked_before = acked();
  std::uint64_t delivered_before = delivered();
  double last = 0;
  for (double next = 1; passed() < seconds; next += 1) {
    while (passed() < std::min(next, seconds)) {
      const double left = std::min(next, seconds) - passed();
      const double step = over ? std::min(left, 0.01) : left;
      std::this_thread::sleep_for(std::chrono::duration<double>(std::max(step, 0.0)));
      if (over && over()) break;
      if (std::any_of(crowds_.begin(), crowds_.end(), [](auto& c) { return c->broken(); })) return;
    }
    const double at = passed();
    if (cutting) {
      for (auto& c : crowds_) c->cut();
      samples_.push_back({at, usage_of(target_.server_pid)});
    }
    if (show) {
      const std::uint64_t a = acked();
      const std::uint64_t d = delivered();
      std::fprintf(stderr, "\r%-9s %5.0f s %10.0f acked/s %10.0f delivered/s ", what, at,
                   static_cast<double>(a - acked_before) / (at - last),
                   static_cast<double>(d - delivered_before) / (at - last));
      acked_before = a;
      delivered_before = d;
    }
    last = at;
    if (over && over()) break;
  }
  if (show) std::fprintf(stderr, "\r%70s\r", "");
}

bool stage::gather(milliseconds patience) {
  server_idle_ = usage_of(target_.server_pid);
  if (target_.server_pid != 0 && !server_idle_) {
    report_.fault("no_server", 1, "there is no process " + std::to_string(target_.server_pid));
    return false;
  }
  for (auto& c : crowds_) c->start();
  const bool ready = wait_for(patience, [](const crowd& c) { return c.ready(); });
  for (const auto& c : crowds_) connections_ += c->online();
  server_gathered_ = usage_of(target_.server_pid);
  if (!ready) report_.fault("not_started", 1, "not everybody could log in and found his rooms");
  return ready;
}

void stage::rehearse() {
  for (auto& c : crowds_) c->begin_sending();
  watch(target_.warmup, "warm-up", false, {});
}

void stage::measure() {
  measure_until({}, target_.seconds, false);
}

void stage::measure_from_the_start(const std::function<bool()>& over, double longest) {
  measure_until(over, longest, true);
}

void stage::measure_until(const std::function<bool()>& over, double longest, bool begin_now) {
  if (!target_.metrics.empty()) {
    auto page = read_node_page(target_.metrics);
    if (page)
      page_before_ = std::move(*page);
    else
      report_.fault("no_metrics", 1, page.error().detail);
  }
  server_before_ = usage_of(target_.server_pid);
  own_before_ = usage_of(getpid());
  for (auto& c : crowds_) c->begin_measuring();
  if (begin_now) {
    for (auto& c : crowds_) c->begin_sending();
  }
  const auto begin = steady_clock::now();
  watch(longest, "measuring", true, over);
  seconds_ = std::chrono::duration<double>(steady_clock::now() - begin).count();
  server_after_ = usage_of(target_.server_pid);
  own_after_ = usage_of(getpid());
  if (page_before_) {
    auto page = read_node_page(target_.metrics);
    if (page)
      page_after_ = std::move(*page);
    else
      report_.fault("no_metrics", 1, page.error().detail);
  }
  for (auto& c : crowds_) c->stop_sending();
}

void stage::drain(milliseconds patience) {
  const bool drained = wait_for(patience, [](const crowd& c) { return c.drained(); });
  for (auto& c : crowds_) {
    c->join();
    c->settle();
    const auto& seconds = c->seconds();
    if (by_second_.size() < seconds.size()) by_second_.resize(seconds.size());
    for (std::size_t i = 0; i < seconds.size(); ++i) by_second_[i].merge(seconds[i]);
    sum_.merge(c->late());
  }
  for (const figures& f : by_second_) sum_.merge(f);
  if (!drained) {
    report_.fault("not_drained", 1, "messages or answers were still missing at the end");
  }
}

}  // namespace conclave::bench
