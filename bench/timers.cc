/// The scenario `timers`: N self-destructing messages are said, wait, and go: how late, at what
/// cost in memory and CPU. Main thread; the crowd has its own.
#include "bench/provision.h"
#include "bench/scenarios.h"
#include "bench/stage.h"
#include "bench/talk_crowd.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <unordered_map>

namespace conclave::bench {

namespace {

struct timer_plan {
  std::uint64_t messages = 20'000;
  double hold_s = 5;
  double spread_s = 10;
};

/// Pairs; the receiver of each keeps what is due when and compares it with what goes.
class timer_crowd final : public talk_crowd {
 public:
  timer_crowd(crowd_settings settings, std::vector<account> accounts, std::vector<room_plan> plans,
              std::size_t body, const pace& p, const timer_plan& timers)
      : talk_crowd(std::move(settings), std::move(accounts), std::move(plans), body, p),
        timers_(timers),
        due_(rooms_.size()) {}
  ~timer_crowd() override { join(); }

  std::uint64_t pending() const { return pending_; }
  std::uint64_t gone() const { return gone_; }
  bool all_said() const { return answered_ == timers_.messages; }
  bool all_gone() const { return all_said() && gone_ == timers_.messages; }

  void settle() override {
    talk_crowd::settle();
    for (const auto& left : due_) {
      if (!left.empty()) {
        faults_.add("not_gone", "seq " + std::to_string(left.begin()->first), left.size());
      }
    }
  }

 private:
  bool may_go_on() override { return planned_ < timers_.messages; }

  void adorn(send& message) override {
    // The dues are spread evenly, so the scanner has neither one great heap nor nothing.
    const double part = static_cast<double>(planned_++) / static_cast<double>(timers_.messages);
    message.expires_after_ms =
        static_cast<std::uint64_t>(1000 * (timers_.hold_s + part * timers_.spread_s));
  }

  void on_said(room& r, std::uint32_t who, std::uint64_t number, event_seq seq) override {
    ++answered_;
    talk_crowd::on_said(r, who, number, seq);
  }

  void on_refused(room& r, std::uint32_t who) override {
    --planned_;
    talk_crowd::on_refused(r, who);
  }

  void on_heard(room& r, std::size_t where, const verifier::arrival& what) override {
    if (where != 1) return;
    if (what.expires == 0) return fault("no_expiry", "seq " + std::to_string(what.seq.value));
    due_of(r)[what.seq.value] = what.expires;
    ++pending_;
  }

  void on_other_event(room& r, std::size_t where, const event_view& event) override {
    if (where != 1 || event.kind != event_kind::gone) return;
    const auto body = decode_body<gone_body>(event.body);
    if (!body) return fault("content", "a gone event that cannot be read");
    const std::uint64_t now = wall_us();
    for (const event_seq seq : body->seqs) {
      const auto found = due_of(r).find(seq.value);
      if (found == due_of(r).end()) {
        fault("gone_twice", "seq " + std::to_string(seq.value));
        continue;
      }
      // Node and bench share the wall clock; the node counts in milliseconds.
      const std::uint64_t due_us = found->second * 1000;
      if (event.time < found->second) fault("too_early", "seq " + std::to_string(seq.value));
      due_of(r).erase(found);
      --pending_;
      ++gone_;
      if (measuring_) now_.reach.record(now > due_us ? (now - due_us) * 1000 : 0);
    }
  }

  bool is_quiet() override { return pending_ == 0 && talk_crowd::is_quiet(); }

  std::unordered_map<std::uint64_t, time_ms>& due_of(const room& r) {
    return due_[static_cast<std::size_t>(&r - rooms_.data())];
  }

  timer_plan timers_;
  std::uint64_t planned_ = 0;
  std::vector<std::unordered_map<std::uint64_t, time_ms>> due_;  // by room: seq to due
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> pending_{0};
  std::atomic<std::uint64_t> gone_{0};
};

double mib(const std::optional<process_usage>& usage) {
  return usage ? static_cast<double>(usage->resident_bytes) / (1024.0 * 1024.0) : 0;
}

class timers_scenario final : public scenario {
 public:
  std::string name() const override { return "timers"; }
  std::string summary() const override { return "self-destructing messages: lateness and cost"; }

  void add_options(CLI::App& command) override {
    command.add_option("--messages", timers_.messages, "messages that destroy themselves")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000'000));
    command.add_option("--hold", timers_.hold_s, "seconds from sending the first to its end")
        ->capture_default_str();
    command.add_option("--spread", timers_.spread_s, "seconds over which the ends are spread")
        ->capture_default_str();
    command.add_option("--pairs", pairs_, "pairs of users that have them")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    add_pace_options(command, pace_);
  }

  outcome<report> run(const target& t) override {
    const auto settings = settings_for(t);
    if (!settings) return failure(settings.error());
    if (pace_.rate > 0) {
      return failure{errc::invalid_argument, "timers are said in a closed loop: no --rate"};
    }
    auto accounts = provision(t, pairs_ * 2);
    if (!accounts) return std::move(accounts).error();
    std::vector<room_plan> plans;
    for (std::uint32_t i = 0; i < pairs_; ++i) {
      plans.push_back({i + std::uint64_t{1}, {2 * i, 2 * i + 1}, {2 * i}, {}});
    }
    report r(name());
    r.option("messages", std::to_string(timers_.messages));
    r.option("hold", std::to_string(timers_.hold_s));
    r.option("spread", std::to_string(timers_.spread_s));
    r.option("pairs", std::to_string(pairs_));
    stage s(t, r);
    auto& crowd = s.add(std::make_unique<timer_crowd>(*settings, std::move(*accounts),
                                                      std::move(plans), 160, pace_, timers_));
    if (s.gather(std::chrono::seconds(60))) {
      const auto before = usage_of(t.server_pid);
      std::optional<process_usage> filled;
      std::uint64_t filled_ns = 0;
      std::uint64_t pending_then = 0;
      s.measure_from_the_start(
          [&] {
            if (filled_ns == 0 && crowd.all_said()) {
              filled_ns = now_ns();
              filled = usage_of(t.server_pid);
              pending_then = crowd.pending();
            }
            return crowd.all_gone();
          },
          timers_.hold_s + timers_.spread_s + 30 + static_cast<double>(timers_.messages) / 2'000);
      s.drain();
      s.tell_rates("acked", "delivered");
      r.add("gone", static_cast<double>(crowd.gone()));
      if (filled_ns != 0) r.add("pending_when_all_were_said", static_cast<double>(pending_then));
      if (s.sum().reach.count() != 0) r.add("due_to_gone", s.sum().reach);
      s.tell_latencies("send_to_ack", {});
      s.tell_costs("timer", crowd.gone());
      if (before && filled) {
        r.add("server_resident_before_mib", mib(before), 1);
        r.add("server_resident_all_said_mib", mib(filled), 1);
        r.add("server_resident_growth_mib", mib(filled) - mib(before), 1);
      }
      s.tell_commits(s.sum().acked);
      s.tell_series(stage::latency::deliver);
    }
    s.tell_faults();
    return r;
  }

 private:
  timer_plan timers_;
  std::size_t pairs_ = 10;
  pace pace_;
};

}  // namespace

std::unique_ptr<scenario> make_timers_scenario() {
  return std::make_unique<timers_scenario>();
}

}  // namespace conclave::bench
