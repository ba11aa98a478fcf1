/// `conclave-bench`: loads a node over TLS, verifies everything that is delivered, and prints what
/// it cost. Exit codes: 0 ok, 1 a fault of delivery, 2 usage, 3 the run could not take place.
#include "bench/scenario.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>

namespace {

void add_target_options(CLI::App& command, conclave::bench::target& t, std::string& json_file) {
  command.add_option("--server", t.server, "HOST:PORT of the client listener")->required();
  command.add_option("--ca", t.ca_file, "PEM file with the CA to trust")->required();
  command.add_option("--admin", t.admin, "HOST:PORT of the admin listener");
  command.add_option("--operator-token-file", t.operator_token_file,
                     "provision users of this run's own with this operator's token");
  command.add_option("--tokens", t.tokens_file,
                     "use the tokens in this file: lines as printed by `conclave admin user add`");
  command.add_option("--tenant", t.tenant, "tenant of the provisioned users; made when absent")
      ->capture_default_str();
  command.add_option("--seconds", t.seconds, "length of the measurement")->capture_default_str();
  command.add_option("--warmup", t.warmup, "seconds before it that do not count")
      ->capture_default_str();
  command.add_option("--server-pid", t.server_pid, "report CPU and memory of this process");
  command.add_option("--threads", t.threads, "threads that generate load")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command.add_option("--json", json_file, "write the report to this file");
  command.add_flag("--quiet", t.quiet, "no progress line");
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{
      "Loads a Conclave node over TLS and verifies every delivery.\n"
      "Exit codes: 0 ok, 1 a fault of delivery, 2 usage, 3 the run could not take place."};
  app.require_subcommand(1);
  app.set_version_flag("--version", "conclave-bench " CONCLAVE_VERSION);
  conclave::bench::target target;
  std::string json_file;
  const auto scenarios = conclave::bench::all_scenarios();
  for (const auto& s : scenarios) {
    CLI::App* command = app.add_subcommand(s->name(), s->summary());
    add_target_options(*command, target, json_file);
    s->add_options(*command);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  for (const auto& s : scenarios) {
    if (!app.got_subcommand(s->name())) continue;
    const auto report = s->run(target);
    if (!report) {
      std::fprintf(stderr, "conclave-bench: %s (%s)\n", report.error().detail.c_str(),
                   std::string(conclave::name_of(report.error().code)).c_str());
      return report.error().code == conclave::errc::invalid_argument ? 2 : 3;
    }
    std::fputs(report->to_text().c_str(), stdout);
    if (!json_file.empty()) {
      const auto written = report->write_json(json_file);
      if (!written) {
        std::fprintf(stderr, "conclave-bench: %s\n", written.error().detail.c_str());
        return 3;
      }
    }
    return report->faultless() ? 0 : 1;
  }
  return 2;
}
