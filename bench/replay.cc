/// The scenario `replay`: real chat logs, played as fast as their order allows. Main thread; the
/// crowd has its own.
#include "bench/provision.h"
#include "bench/replay_crowd.h"
#include "bench/scenarios.h"
#include "bench/stage.h"

#include <CLI/CLI.hpp>

#include <chrono>

namespace conclave::bench {

namespace {

class replay_scenario final : public scenario {
 public:
  std::string name() const override { return "replay"; }
  std::string summary() const override { return "real chat logs, each a group of its people"; }

  void add_options(CLI::App& command) override {
    command.add_option("logs", files_, "chat logs in the format of IRC clients")
        ->required()
        ->check(CLI::ExistingFile);
    command.add_option("--copies", copies_, "how often each log is played, side by side")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000));
    command
        .add_option("--longest", longest_,
                    "seconds after which it stops, wherever the logs are then")
        ->capture_default_str();
  }

  outcome<report> run(const target& t) override {
    const auto settings = settings_for(t);
    if (!settings) return failure(settings.error());
    std::vector<replay_crowd::casting> plays;
    std::uint32_t people = 0;
    for (const std::string& file : files_) {
      auto log = read_chat_log(file);
      if (!log) return std::move(log).error();
      const auto shared = std::make_shared<const chat_log>(std::move(*log));
      for (std::size_t i = 0; i < copies_; ++i) {
        replay_crowd::casting cast{shared, {}};
        for (std::size_t k = 0; k <= shared->nicks.size(); ++k) cast.people.push_back(people++);
        plays.push_back(std::move(cast));
      }
    }
    auto accounts = provision(t, people);
    if (!accounts) return std::move(accounts).error();
    report r(name());
    r.option("logs", std::to_string(files_.size()));
    r.option("copies", std::to_string(copies_));
    stage s(t, r);
    auto& crowd =
        s.add(std::make_unique<replay_crowd>(*settings, std::move(*accounts), std::move(plays)));
    if (s.gather(std::chrono::milliseconds(30'000 + 20 * people))) {
      s.measure_from_the_start([&] { return crowd.over(); }, longest_);
      s.drain();
      s.tell_rates("acked", "delivered");
      r.add("steps_left", static_cast<double>(crowd.steps_left()));
      s.tell_latencies("send_to_ack", "send_to_deliver");
      s.tell_costs("message", s.sum().acked, "delivery", s.sum().delivered);
      s.tell_memory();
      s.tell_commits(s.sum().acked);
      s.tell_series(stage::latency::deliver);
    }
    s.tell_faults();
    return r;
  }

 private:
  std::vector<std::string> files_;
  std::size_t copies_ = 1;
  double longest_ = 20;
};

}  // namespace

std::unique_ptr<scenario> make_replay_scenario() {
  return std::make_unique<replay_scenario>();
}

}  // namespace conclave::bench
