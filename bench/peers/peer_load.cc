/// `peer_load`: puts the loads of conclave-bench on another broker, so that both can be compared on
/// one machine. One thread does it all. Exit codes: 0 ok, 1 something was lost, doubled or refused,
/// 2 usage, 3 the run could not take place.
#include "bench/clock.h"
#include "bench/descriptors.h"
#include "bench/peers/logins.h"
#include "bench/peers/talk.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>

namespace {

using namespace conclave::bench;

void add_common(CLI::App& app, peers::run_options& o) {
  app.add_option("--protocol", o.protocol,
                 "mqtt, nats, jetstream, jetstream-rooms, jetstream-core or amqp")
      ->required()
      ->check(CLI::IsMember(
          {"mqtt", "nats", "jetstream", "jetstream-rooms", "jetstream-core", "amqp"}));
  app.add_option("--address", o.address, "IPv4 address of the broker")->capture_default_str();
  app.add_option("--port", o.port, "its TLS port")->required();
  app.add_option("--ca", o.ca_file, "the authority of its certificate, PEM")->required();
  app.add_option("--server-pid", o.server_pid, "whose CPU time to tell");
  app.add_option("--seconds", o.seconds, "length of the measurement")->capture_default_str();
  app.add_option("--warmup", o.warmup, "seconds before it that do not count")
      ->capture_default_str();
}

void add_pace(CLI::App& app, peers::run_options& o) {
  app.add_option("--rate", o.rate, "open loop: messages a second, latency from the intended time");
  app.add_option("--window", o.window, "messages under way per speaker")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  app.add_option("--body", o.body, "bytes of a body")
      ->capture_default_str()
      ->check(CLI::Range(48, 65'536));
}

int run(const std::string& scenario, const peers::run_options& o) {
  peers::event_loop loop;
  const peers::tls_client tls(o.ca_file, o.resume, o.delayed_acks);
  const peers::broker broker{loop, tls, {o.address, o.port}, o.protocol};
  const std::string name = std::to_string(wall_us() % 1'000'000'000'000);
  if (scenario == "login") return peers::logins(broker, o, name).run();
  return peers::talk(broker, o, name, scenario == "group").run();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  conclave::bench::raise_descriptor_limit();
  CLI::App app{"Loads MQTT, NATS and AMQP brokers the way conclave-bench loads a node."};
  app.require_subcommand(1);
  peers::run_options o;
  auto* pair = app.add_subcommand("pair", "pairs of users, one speaks");
  auto* group = app.add_subcommand("group", "one room, one speaks, all listen");
  auto* login = app.add_subcommand("login", "connect, log in, leave, again");
  for (auto* command : {pair, group, login}) add_common(*command, o);
  for (auto* command : {pair, group}) add_pace(*command, o);
  group->add_flag("--delayed-acks", o.delayed_acks,
                  "no segment for each delivery that says nothing else, as in Conclave's client");
  pair->add_option("--pairs", o.pairs, "pairs of users")->capture_default_str();
  group->add_option("--members", o.members, "users in the room")->capture_default_str();
  login->add_option("--at-once", o.at_once, "logins under way at once")->capture_default_str();
  login->add_flag("--resume", o.resume, "resume TLS sessions by ticket");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return run(app.get_subcommands().front()->get_name(), o);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}
