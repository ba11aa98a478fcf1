/// The scenario `idle`: N users log in and are held, saying nothing but PING: what a connection
/// costs in memory, and what silence costs in CPU. Main thread; the crowd has its own.
#include "bench/crowd.h"
#include "bench/provision.h"
#include "bench/scenarios.h"
#include "bench/stage.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <sys/resource.h>

namespace conclave::bench {

namespace {

class idle_crowd final : public crowd {
 public:
  using crowd::crowd;
  ~idle_crowd() override { join(); }

 private:
  void on_logged_in(std::size_t) override { count_ack(now_ns()); }
  void on_everybody_logged_in() override { say_ready(); }
  void on_reply(std::size_t, const request_slot&, const frame_view&) override {}
  void on_event(client::session_ref, conversation_id c, const event_view& event,
                std::string_view) override {
    fault("wrong_member", "seq " + std::to_string(event.seq.value) + " of conversation " +
                              std::to_string(c.value) + " came to somebody without any");
  }
  void on_head(client::session_ref, conversation_id c, event_seq) override {
    fault("wrong_member", "a HEAD of conversation " + std::to_string(c.value));
  }
};

class idle_scenario final : public scenario {
 public:
  std::string name() const override { return "idle"; }
  std::string summary() const override { return "connections that are logged in and silent"; }

  void add_options(CLI::App& command) override {
    command.add_option("--connections", connections_, "connections held")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
  }

  outcome<report> run(const target& t) override {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    constexpr rlim_t own_use = 64;
    if (files.rlim_cur < own_use || connections_ > files.rlim_cur - own_use) {
      return failure{errc::invalid_argument,
                     "this process may open " + std::to_string(files.rlim_cur) +
                         " files (ulimit -n), which is too few for so many connections"};
    }
    auto settings = settings_for(t);
    if (!settings) return failure(settings.error());
    settings->opening_at_once = 32;
    auto accounts = provision(t, connections_);
    if (!accounts) return std::move(accounts).error();
    report r(name());
    r.option("connections", std::to_string(connections_));
    r.option("threads", std::to_string(t.threads));
    stage s(t, r);
    for (std::uint32_t i = 0; i < t.threads; ++i) {
      const auto part = [&](std::size_t k) {
        return accounts->begin() + static_cast<std::ptrdiff_t>(connections_ * k / t.threads);
      };
      s.add(std::make_unique<idle_crowd>(*settings, std::vector<account>(part(i), part(i + 1))));
    }
    const std::uint64_t begin = now_ns();
    const auto patience = std::chrono::milliseconds(20'000 + 20 * connections_);
    if (s.gather(patience)) {
      r.add("logins_per_second",
            static_cast<double>(connections_) / (static_cast<double>(now_ns() - begin) * 1e-9));
      s.rehearse();
      s.measure();
      s.drain();
      s.tell_rates({}, {});
      s.tell_memory();
      s.tell_costs({}, 0);
      s.tell_series(stage::latency::ack);
    }
    s.tell_faults();
    return r;
  }

 private:
  std::size_t connections_ = 1'000;
};

}  // namespace

std::unique_ptr<scenario> make_idle_scenario() {
  return std::make_unique<idle_scenario>();
}

}  // namespace conclave::bench
