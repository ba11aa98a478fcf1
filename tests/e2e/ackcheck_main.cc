/// ackcheck: writes through a real node, kills it at random moments, and checks that everything
/// that was acknowledged is there exactly once, in order and without gaps. See tests/e2e/CHECKS.md.
///
/// Exit codes: 0 clean (with --expect-loss: loss was found), 1 a promise is broken, 2 usage, 3 the
/// run itself could not be made.
#include "tests/e2e/ack_run.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>

namespace {

using conclave::ackcheck::run_options;
using conclave::ackcheck::run_result;

/// Empty for a single node.
std::string cluster_part_of(const run_result& r) {
  if (r.injected.empty()) return {};
  std::string text = " silence_ms=" + std::to_string(r.longest_silence_ms) +
                     " seedings=" + std::to_string(r.seedings) + " faults:";
  for (const auto& [name, times] : r.injected) text += ' ' + name + '=' + std::to_string(times);
  return text;
}

std::string line_of(const run_result& r) {
  return to_line(r.found) + " UNANSWERED=" + std::to_string(r.unanswered) +
         " REFUSED=" + std::to_string(r.refused.size()) +
         " BROKEN=" + std::to_string(r.broken.size()) + " rounds=" + std::to_string(r.rounds) +
         " ended=" + std::to_string(r.ended) + " resent=" + std::to_string(r.resent) +
         " logins=" + std::to_string(r.logins) + " removals=" + std::to_string(r.removals) +
         " crashed=" + std::to_string(static_cast<long long>(r.actors_crashed)) +
         " retired=" + std::to_string(static_cast<long long>(r.actors_retired)) +
         cluster_part_of(r) + " seed=" + std::to_string(r.seed);
}

std::string details_of(const run_result& r) {
  std::string all;
  for (const auto* list : {&r.found.details, &r.refused, &r.broken})
    for (const std::string& sentence : *list) all += "  " + sentence + '\n';
  if (!r.node_log.empty()) all += "the end of the node's log:\n" + r.node_log + '\n';
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"ackcheck: is everything that was acknowledged there, once and in order?"};
  run_options o;
  std::string report;
  bool expect_loss = false;
  app.add_option("--rounds", o.rounds, "how often the node is killed");
  app.add_option("--seconds-per-round", o.seconds_per_round, "on average");
  app.add_option("--node", o.node, "conclaved, or conclaved-faulty (the default)");
  app.add_option("--fault", o.fault,
                 "CONCLAVE_FAULT of the node: nosync, torn, torn_sectors, fail_sync_after=N …");
  app.add_option("--crash-actor-every", o.crash_actor_every, "batches");
  app.add_option("--passivate-ms", o.passivate_after_ms, "conversations sleep after so long");
  app.add_flag("--kill,!--no-kill", o.kill, "SIGKILL at the end of each round (default)");
  app.add_flag("--disk-failure", o.disk_failure, "the fault must end the node, with code 74");
  app.add_flag("--idle-gaps", o.idle_gaps, "each group rests for a part of the time");
  app.add_option("--rate", o.rate, "texts per second between the storms before the kills");
  app.add_option("--writers", o.writers);
  app.add_option("--groups", o.groups);
  app.add_option("--receivers", o.receivers);
  app.add_option("--window", o.window, "unanswered texts per writer and group, below 256 in all");
  app.add_option("--seed", o.seed, "of the moments of the kills; 0: from the clock");
  app.add_option("--report", report, "also write the verdict to this file");
  app.add_flag("--cluster", o.cluster, "voters and learners in place of one node");
  app.add_option("--voters", o.voters, "as many as the mode takes");
  app.add_option("--learners", o.learners);
  app.add_option("--mode", o.mode, "single, local3, metro3 or metro5");
  app.add_flag("--namespaces", o.namespaces,
               "each node in a network namespace, with cables that are cut and pulled; as root");
  app.add_option("--faults", o.faults, "what may happen to the cluster; all when not given")
      ->delimiter(',')
      ->check(CLI::IsMember(conclave::ackcheck::cluster_faults()));
  app.add_flag("--wipe", o.wipe, "halfway a voter loses its disk");
  app.add_flag("--join", o.join, "the last learner comes halfway, with an empty disk");
  app.add_flag("--expect-loss", expect_loss, "success is when acknowledged texts are lost");
  app.add_flag("--verbose", o.verbose, "a line per round");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (expect_loss) {
    o.receivers = 0;  // they hold what the node has lost
    o.fence = false;
  }
  try {
    const run_result r = o.cluster ? run_in_cluster(o) : run(o);
    const bool good = expect_loss ? r.found.lost > 0 : r.clean();
    const std::string line = std::string(good ? "GOOD " : "BAD ") + line_of(r) + '\n';
    std::printf("%s%s", good ? "" : details_of(r).c_str(), line.c_str());
    if (!report.empty()) std::ofstream(report) << line << details_of(r);
    return good ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ackcheck: %s\n", e.what());
    return 3;
  }
}
