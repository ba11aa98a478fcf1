/// viewcheck: random operations by random users on random devices, against a reference model: does
/// every device end with exactly the view that the model says? See tests/e2e/CHECKS.md.
///
/// Exit codes: 0 good, 1 something differs, 2 usage, 3 the run itself could not be made.
#include "tests/e2e/view_run.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>

namespace {

using conclave::viewcheck::broken;
using conclave::viewcheck::run_options;
using conclave::viewcheck::run_result;

std::string line_of(const run_result& r) {
  std::uint64_t rejections = 0;
  for (const auto& [code, times] : r.rejections) rejections += times;
  return to_line(r.found) + " UNANSWERED=" + std::to_string(r.unanswered.size()) +
         " ops=" + std::to_string(r.operations) + " events=" + std::to_string(r.events) +
         " rejected=" + std::to_string(rejections) + " kills=" + std::to_string(r.kills) +
         " returns=" + std::to_string(r.returns) + " came_in=" + std::to_string(r.came_in) +
         " dissolved=" + std::to_string(r.dissolved) +
         " crashed=" + std::to_string(static_cast<long long>(r.actors_crashed)) +
         " latest_ms=" + std::to_string(r.latest_ms) + " seed=" + std::to_string(r.seed);
}

std::string details_of(const run_result& r) {
  std::string all;
  for (const auto* list : {&r.found.details, &r.unanswered})
    for (std::size_t i = 0; i < list->size() && i < 40; ++i) all += "  " + (*list)[i] + '\n';
  if (!r.node_log.empty()) all += "the end of the node's log:\n" + r.node_log + '\n';
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"viewcheck: does every device show what was done, and nothing else?"};
  run_options o;
  app.add_option("--seconds", o.seconds, "how long it is played");
  app.add_option("--kills", o.kills, "of the node, meanwhile");
  app.add_option("--users", o.users, "each with two devices")->check(CLI::Range(3, 50));
  app.add_option("--pause-ms", o.pause_ms, "between two operations of a device, on average");
  app.add_option("--crash-actor-every", o.crash_actor_every, "batches");
  app.add_option("--passivate-ms", o.passivate_after_ms, "conversations sleep after so long");
  app.add_option("--late-ms", o.late_ms, "what goes later is LATE; a crash of an actor costs time");
  app.add_option("--node", o.node, "conclaved, or conclaved-faulty (the default)");
  app.add_option("--seed", o.seed, "of everything random here; 0: from the clock");
  app.add_option("--break", o.how, "a model that is wrong on purpose")
      ->transform(CLI::CheckedTransformer(std::map<std::string, broken>{
          {"recall", broken::recall},
          {"edit", broken::edit},
          {"reaction", broken::reaction},
          {"member", broken::member},
          {"versions", broken::versions},
          {"readers", broken::readers},
          {"early", broken::early},
          {"late", broken::late},
          {"resurrect", broken::resurrect},
      }));
  app.add_flag("--verbose", o.verbose);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    const run_result r = run(o);
    if (o.verbose)
      for (const auto& [code, times] : r.rejections)
        std::printf("%llu times %s\n", static_cast<unsigned long long>(times), code.c_str());
    std::printf("%s%s%s\n", r.clean() ? "" : details_of(r).c_str(), r.clean() ? "GOOD " : "BAD ",
                line_of(r).c_str());
    return r.clean() ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "viewcheck: %s\n", e.what());
    return 3;
  }
}
