/// The command line of conclaved and main() as a recipe; see conclaved.h.
#include "node/conclaved.h"

#include "conf/config.h"
#include "conf/descriptors.h"
#include "conf/log.h"
#include "node/cluster_orders.h"
#include "node/node.h"
#include "node/operator_command.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <pthread.h>
#include <signal.h>
#include <string_view>

namespace conclave::node {

namespace {

int fail(int code, const std::string& sentence) {
  std::fprintf(stderr, "conclaved: %s\n", sentence.c_str());
  return code;
}

/// The signals that main() waits for, blocked before the first thread starts so that all inherit
/// it.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return set;
}

log::level level_of(const std::string& name) {
  if (name == "debug") return log::level::debug;
  if (name == "warn") return log::level::warn;
  if (name == "error") return log::level::error;
  return log::level::info;
}

/// Asks the node that runs with this configuration and prints what it says.
int order_node(const conf::config& config, std::string_view order, const std::string& of = {}) {
  const auto answer = ask_node(config.data_dir, std::string(order) + of);
  if (!answer.ok()) return fail(exit_storage, answer.error().detail);
  const std::size_t line = answer->find('\n');
  const std::string text = line == std::string::npos ? *answer : answer->substr(line + 1);
  if (answer->empty()) return fail(exit_storage, "the node ended before it answered; ask again");
  if (answer->rfind("ok\n", 0) != 0) {
    std::fprintf(stderr, "conclaved: %s", text.c_str());
    return exit_storage;
  }
  std::printf("%s", text.c_str());
  return exit_ok;
}

int serve(const conf::config& config, const test_hooks& hooks) {
  const sigset_t signals = block_signals();
  if (!log::start({level_of(config.log_level), config.log_file, config.log_json}))
    return exit_unsafe;
  // Before the store: a large one has more tables than a soft limit of 1024 allows.
  const std::uint64_t descriptors = conf::raise_descriptor_limit();
  int code = exit_ok;
  auto started = node::start(config, hooks, descriptors, code);
  if (!started.ok()) return fail(code, started.error().detail);
  node& running = **started;
  log::info("node", "serving",
            {{"node", config.node_name},
             {"client_port", running.client_port()},
             {"admin_port", running.admin_port()},
             {"data_dir", config.data_dir}});
  for (;;) {
    int received = 0;
    sigwait(&signals, &received);
    if (received != SIGHUP) break;
    const auto reloaded = running.reload_tls();
    if (reloaded.ok())
      log::info("node", "certificates reloaded");
    else
      log::error("node", "certificates not reloaded; the old ones stay",
                 {{"why", reloaded.error().detail}});
  }
  log::info("node", "stopping");
  running.stop();
  log::info("node", "stopped");
  log::flush();
  return exit_ok;
}

}  // namespace

int run_conclaved(int argc, char** argv, const test_hooks& hooks) {
  CLI::App app{"conclaved, the Conclave messaging server " CONCLAVE_VERSION};
  app.set_version_flag("--version", CONCLAVE_VERSION);
  app.footer(
      "Exit codes: 0 orderly end, 2 usage, 3 configuration wrong or unsafe, 4 data folder, "
      "5 address in use, 74 disk failed while running.\n"
      "Signals: SIGTERM and SIGINT end orderly, SIGHUP reloads the certificates.");
  std::string file;
  bool check_only = false;
  bool dump_only = false;
  app.add_option("--config", file, "the node's TOML file")->required();
  app.add_flag("--check-config", check_only,
               "say what is wrong with the file or its certificates, and end");
  app.add_flag("--dump-config", dump_only, "print the effective values, and end");
  app.fallthrough();
  CLI::App* operators = app.add_subcommand("operator", "operators, while the node is stopped");
  operators->require_subcommand(1);
  CLI::App* add = operators->add_subcommand("add", "make an operator, print a token");
  std::string operator_name;
  add->add_option("NAME", operator_name, "a-z 0-9 . _ -")->required();
  CLI::App* cluster = app.add_subcommand("cluster", "the running node's cluster");
  cluster->require_subcommand(1);
  CLI::App* cluster_status = cluster->add_subcommand("status", "print who leads and who lags");
  CLI::App* promote = cluster->add_subcommand("promote", "let this node lead every shard");
  CLI::App* apply = cluster->add_subcommand(
      "apply", "make voters and rules what this node's configuration says; on the node that leads");
  CLI::App* readmit = cluster->add_subcommand(
      "readmit", "give a voter whose disk was emptied its vote back, once it is in sync");
  std::string voter;
  readmit->add_option("NODE", voter, "its number")->required()->check([](const std::string& text) {
    return node_number(text) ? std::string() : "a node has a number from 1 to 65535, not " + text;
  });
  CLI::App* inspect = app.add_subcommand("inspect", "print where each shard stands");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? exit_ok : exit_usage;
  }

  const auto config = conf::load(file);
  if (!config.ok()) return fail(exit_unsafe, config.error().detail);
  if (dump_only) {
    std::printf("%s", conf::dump(*config).c_str());
    return exit_ok;
  }
  const auto unsafe = conf::unsafe_settings(*config);
  for (const auto& sentence : unsafe) std::fprintf(stderr, "conclaved: %s\n", sentence.c_str());
  if (!unsafe.empty()) return exit_unsafe;
  if (check_only) {
    if (const status good = check_certificates(*config); !good.ok())
      return fail(exit_unsafe, good.error().detail);
    std::printf("%s is good.\n", file.c_str());
    return exit_ok;
  }
  if (*add) return add_operator(*config, hooks, operator_name);
  if (*cluster_status) return order_node(*config, order_status);
  if (*promote) return order_node(*config, order_promote);
  if (*apply) return order_node(*config, order_apply);
  if (*readmit) return order_node(*config, order_readmit, voter);
  if (*inspect) return inspect_data(*config, hooks);
  return serve(*config, hooks);
}

}  // namespace conclave::node
