/// The help, the common options, and the way from a command line to its command.
#include "client/cli/app.h"

#include "client/cli/options.h"

#include <csignal>
#include <cstdio>

namespace conclave::client::cli {

namespace {

constexpr const char* about =
    "Talks to a Conclave node: chat, scripts, administration.\n"
    "\n"
    "First steps, with a password (an operator has given you name, password and the CA's\n"
    "certificate):\n"
    "  conclave --server chat.example.org:7443 --ca ca.pem login --tenant acme --user alice\n"
    "  conclave conv create \"Lunch\" --with bob carol\n"
    "  conclave chat Lunch\n"
    "or with a token file in place of the password:\n"
    "  conclave --server chat.example.org:7443 --ca ca.pem --token-file me.token login --save\n"
    "\n"
    "People and messages:\n"
    "  conclave chat @bob                            the conversation with bob\n"
    "  conclave conv list                            what is unread, and where\n"
    "  conclave conv add Lunch carol@globex bob      carol is of another tenant\n"
    "  conclave send Lunch --reply 12 \"me too\"       12 as in #12, shown with each message\n"
    "  conclave send @bob --burn 10s \"the code is 4711\"\n"
    "  conclave react Lunch 12 👍; conclave recall Lunch 14\n"
    "\n"
    "In scripts:\n"
    "  tail -F app.log | conclave send Alarms -\n"
    "  conclave --json listen | while read -r event; do handle \"$event\"; done\n"
    "  conclave --json history Lunch --limit 1000 > lunch.jsonl\n"
    "\n"
    "For operators (on the admin listener, with an operator's token):\n"
    "  conclave --profile op.toml admin tenant create acme\n"
    "  conclave --profile op.toml admin user add --tenant acme alice bob --out tokens\n"
    "  conclave --profile op.toml admin user passwd --tenant acme alice\n"
    "  conclave --profile op.toml admin tenant policy set acme recall_window_ms=10m\n"
    "  conclave --profile op.toml admin tenant policy set acme host_external=yes\n";

std::string footer() {
  return std::string(
             "CONV is a conversation's id, its unique title, or @NAME: the direct one with a user. "
             "With\n"
             "--json each result is one JSON object on one line. A token belongs to one device: a "
             "second\n"
             "program that logs in with it ends the first one's connection, so give a listener a "
             "token of\n"
             "its own. A failure is one sentence, the name of its code and what to do.\n"
             "The profile (default ~/.config/conclave/profile.toml, or CONCLAVE_PROFILE) holds\n"
             "server (of a cluster several, with commas), ca, token_file and state_file; options "
             "go first.\n") +
         exit_codes_help;
}

/// A script that got half of the lines must not go on as if it had all.
int checked(const context& at, int code) {
  if (code != exit_ok || !at.output_failed()) return code;
  std::fputs("conclave: standard output could not be written; what was asked may be done\n",
             stderr);
  return exit_output;
}

}  // namespace

int run(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  choice c;
  CLI::App app(about);
  app.name("conclave");
  app.footer(footer());
  app.require_subcommand(1);
  app.set_version_flag("--version", "conclave " CONCLAVE_VERSION);
  app.add_option("--server", c.common.given.server,
                 "HOST:PORT of the node; of a cluster several, with commas or --server again")
      ->join(',');
  app.add_option("--ca", c.common.given.ca, "PEM file with the CA to trust");
  app.add_option("--token-file", c.common.given.token_file, "file with the device's token");
  app.add_option("--state", c.common.given.state_file, "where `listen` remembers how far it was");
  app.add_option("--profile", c.common.profile_file, "TOML file with the above");
  app.add_flag("--json", c.common.json, "one JSON object per line");
  app.add_flag("--yes", c.common.yes, "do not ask before what cannot be undone");
  add_talking(app, c);
  add_messages(app, c);
  add_conversations(app, c);
  add_account(app, c);
  add_administration(app, c);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
  context at(c.common);
  return checked(at, c.command(at));
}

}  // namespace conclave::client::cli
