/// replication-proof: the simulator by hand. `--seed N` replays one seed with a trace, `--seeds N`
/// runs N seeds from `--from`, `--seconds S` ends earlier. In the build with planted bugs (program
/// replication-mutants) `--mutation N` plants one. Ends with 1 when a seed failed.
#include "replication/mutation.h"
#include "tests/replication/search.h"
#include "tests/replication/simulator.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using namespace conclave::replication;

int run(std::uint64_t from, std::uint64_t count, double seconds, bool stop_early) {
  const auto begin = std::chrono::steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  std::uint64_t done = 0, bad = 0;
  proof::simulation_result sum;
  for (; done < count && passed() < seconds; ++done) {
    const proof::simulation_result r = proof::simulate(from + done);
    sum.events += r.events;
    sum.answers += r.answers;
    sum.takeovers += r.takeovers;
    sum.reconfigurations += r.reconfigurations;
    sum.crashes += r.crashes;
    sum.wipes += r.wipes;
    sum.rollbacks += r.rollbacks;
    sum.seeds += r.seeds;
    sum.given_up += r.given_up;
    if (!r.found && r.lively) continue;
    ++bad;
    if (r.found)
      std::printf("seed %llu: I%d %s\n", static_cast<unsigned long long>(r.seed),
                  static_cast<int>(r.found->broken), r.found->what.c_str());
    else
      std::printf("seed %llu: stuck: %s\n", static_cast<unsigned long long>(r.seed),
                  r.trouble.c_str());
    if (stop_early && r.found) break;
  }
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf(
      "%llu seeds in %.1f s (%.0f/s), %llu bad; %llu events, %llu answers, %llu takeovers, "
      "%llu changes of membership, %llu stops, %llu wipes, %llu rollbacks, %llu seedings, "
      "%llu sources given up\n",
      number(done), passed(), static_cast<double>(done) / passed(), number(bad), number(sum.events),
      number(sum.answers), number(sum.takeovers), number(sum.reconfigurations), number(sum.crashes),
      number(sum.wipes), number(sum.rollbacks), number(sum.seeds), number(sum.given_up));
  return bad == 0 ? 0 : 1;
}

int run_search(std::size_t number, bool all) {
  const std::vector<proof::search_model> models = proof::search_models();
  for (std::size_t i = number; i < (all ? models.size() : number + 1); ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const proof::search_result r = proof::search(models[i]);
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%s: %llu states, %llu steps, stack %zu, %.1f s%s\n", models[i].name.c_str(),
                static_cast<unsigned long long>(r.states), static_cast<unsigned long long>(r.steps),
                r.waiting_max, took, r.complete ? "" : ", incomplete");
    for (const std::string& line : r.path) std::printf("  %s\n", line.c_str());
    if (r.found) {
      std::printf("I%d %s\n", static_cast<int>(r.found->broken), r.found->what.c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t from = 1, count = 1000;
  double seconds = 1e9;
  bool stop_early = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "0";
    if (word == "--seed") {
      const auto r = proof::simulate(std::strtoull(value, nullptr, 10), true, argc > 3);
      if (r.found)
        std::printf("I%d %s\n", static_cast<int>(r.found->broken), r.found->what.c_str());
      else
        std::printf("%s\n", r.lively ? "GOOD" : r.trouble.c_str());
      return r.found || !r.lively ? 1 : 0;
    }
    if (word == "--search") return run_search(std::strtoull(value, nullptr, 10), argc > 3);
    if (word == "--stop") stop_early = true;
    if (word == "--from") from = std::strtoull(value, nullptr, 10);
    if (word == "--seeds") count = std::strtoull(value, nullptr, 10);
    if (word == "--seconds") seconds = std::strtod(value, nullptr);
#ifdef CONCLAVE_REPLICATION_MUTANTS
    if (word == "--mutation")
      planted_mutation = static_cast<mutation>(std::strtol(value, nullptr, 10));
#endif
  }
  return run(from, count, seconds, stop_early);
}
