/// The scenario `group`: groups of M members who are online, some of whom speak; more members may
/// be absent. What one message costs to reach many. Main thread.
#include "bench/provision.h"
#include "bench/scenarios.h"
#include "bench/talk_run.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace conclave::bench {

namespace {

class group_scenario final : public scenario {
 public:
  std::string name() const override { return "group"; }
  std::string summary() const override {
    return "groups of many members online, some of whom speak";
  }

  void add_options(CLI::App& command) override {
    command.add_option("--groups", groups_, "groups")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    command.add_option("--members", members_, "members of a group who are online")
        ->capture_default_str()
        ->check(CLI::Range(2, 20'000));
    command.add_option("--senders", senders_, "of them: who speak")
        ->capture_default_str()
        ->check(CLI::Range(1, 20'000));
    command.add_option("--absent", absent_, "members of a group who are not online")
        ->capture_default_str()
        ->check(CLI::Range(0, 99'000));
    talk_.how.window = 16;
    add_talk_options(command, talk_);
  }

  outcome<report> run(const target& t) override {
    auto accounts = provision(t, groups_ * members_ + absent_);
    if (!accounts) return std::move(accounts).error();
    std::vector<user_id> absent;
    for (std::size_t i = groups_ * members_; i < accounts->size(); ++i) {
      if (!(*accounts)[i].user) {
        return failure{errc::invalid_argument,
                       "--absent needs users whose ids are known: give --admin and "
                       "--operator-token-file, not --tokens"};
      }
      absent.push_back((*accounts)[i].user);
    }
    std::vector<cast> casts(std::min<std::size_t>(t.threads, groups_));
    for (std::size_t g = 0; g < groups_; ++g) {
      cast& c = casts[g % casts.size()];
      room_plan plan;
      plan.number = g + 1;
      plan.absent = absent;
      for (std::size_t m = 0; m < members_; ++m) {
        plan.callers.push_back(static_cast<std::uint32_t>(c.accounts.size()));
        c.accounts.push_back((*accounts)[g * members_ + m]);
      }
      // The last ones, so that the owner is not one of them unless all speak.
      const std::size_t speaking = std::min(senders_, members_);
      plan.speakers.assign(plan.callers.end() - static_cast<std::ptrdiff_t>(speaking),
                           plan.callers.end());
      c.plans.push_back(std::move(plan));
    }
    report r(name());
    r.option("groups", std::to_string(groups_));
    r.option("members", std::to_string(members_));
    r.option("senders", std::to_string(senders_));
    r.option("absent", std::to_string(absent_));
    return run_talk(t, std::move(r), std::move(casts), talk_);
  }

 private:
  std::size_t groups_ = 1;
  std::size_t members_ = 100;
  std::size_t senders_ = 10;
  std::size_t absent_ = 0;
  talk_options talk_;
};

}  // namespace

std::unique_ptr<scenario> make_group_scenario() {
  return std::make_unique<group_scenario>();
}

}  // namespace conclave::bench
