/// The scenario `pair`: N pairs of users, each in a conversation of its own; one speaks, the other
/// receives. Main thread.
#include "bench/provision.h"
#include "bench/scenarios.h"
#include "bench/talk_run.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace conclave::bench {

namespace {

class pair_scenario final : public scenario {
 public:
  std::string name() const override { return "pair"; }
  std::string summary() const override {
    return "pairs of users, each in its own conversation, one speaks";
  }

  void add_options(CLI::App& command) override {
    command.add_option("--pairs", pairs_, "pairs of users")
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    add_talk_options(command, talk_);
  }

  outcome<report> run(const target& t) override {
    auto accounts = provision(t, pairs_ * 2);
    if (!accounts) return std::move(accounts).error();
    std::vector<cast> casts(std::min<std::size_t>(t.threads, pairs_));
    for (std::size_t i = 0; i < pairs_; ++i) {
      cast& c = casts[i % casts.size()];
      const auto first = static_cast<std::uint32_t>(c.accounts.size());
      c.accounts.push_back((*accounts)[2 * i]);
      c.accounts.push_back((*accounts)[2 * i + 1]);
      c.plans.push_back({i + 1, {first, first + 1}, {first}, {}});
    }
    report r(name());
    r.option("pairs", std::to_string(pairs_));
    return run_talk(t, std::move(r), std::move(casts), talk_);
  }

 private:
  std::size_t pairs_ = 50;
  talk_options talk_;
};

}  // namespace

std::unique_ptr<scenario> make_pair_scenario() {
  return std::make_unique<pair_scenario>();
}

}  // namespace conclave::bench
