/// All options in one place: the only user of CLI11 in this folder.
#include "client/cli/app.h"

#include "client/cli/commands.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <functional>

namespace conclave::client::cli {

namespace {

constexpr const char* about =
    "Talks to a Conclave node: chat, scripts, administration.\n"
    "\n"
    "First steps (an operator has given you a token file and the CA's certificate):\n"
    "  conclave --server chat.example.org:7443 --ca ca.pem --token-file me.token login --save\n"
    "  conclave conv create \"Lunch\" --with bob carol\n"
    "  conclave chat Lunch\n"
    "\n"
    "In scripts:\n"
    "  conclave send Alarms \"disk is full on web-3\"\n"
    "  tail -F app.log | conclave send Alarms -\n"
    "  conclave --json listen | while read -r event; do handle \"$event\"; done\n"
    "  conclave --json history Lunch --limit 1000 > lunch.jsonl\n"
    "\n"
    "For operators (on the admin listener, with an operator's token):\n"
    "  conclave --profile op.toml admin tenant create acme\n"
    "  conclave --profile op.toml admin user add --tenant acme alice bob --out tokens\n";

std::string footer() {
  return std::string(
             "CONV is a conversation's id or its unique title. With --json each result is one "
             "JSON\n"
             "object on one line. A token belongs to one device: a second program that logs in "
             "with\n"
             "it ends the first one's connection, so give a listener a token of its own.\n"
             "The profile (default ~/.config/conclave/profile.toml, or CONCLAVE_PROFILE) holds\n"
             "server, ca, token_file and state_file; options go first.\n") +
         exit_codes_help;
}

/// What the parser fills in, and the command that was chosen.
struct choice {
  settings common;
  std::function<int(context&)> command;

  bool save = false;
  bool back = false;
  std::string conversation;
  std::string title;
  std::string name;
  std::string visibility = "joining";
  std::vector<std::string> words;
  history_options history;
  user_add_options user_add;
};

CLI::App* add(CLI::App& to, const char* name, const char* text, choice& c,
              std::function<int(context&)> command) {
  CLI::App* sub = to.add_subcommand(name, text);
  sub->callback([&c, run = std::move(command)] { c.command = run; });
  return sub;
}

void add_conversation_option(CLI::App* to, choice& c) {
  to->add_option("CONV", c.conversation, "id or unique title")->required();
}

void add_talking(CLI::App& app, choice& c) {
  add(app, "login", "check the token and tell who I am", c, [&c](context& at) {
    return login(at, c.save);
  })->add_flag("--save", c.save, "write server, CA and token file to the profile");

  CLI::App* chat_command = add(app, "chat", "talk in a terminal", c,
                               [&c](context& at) { return chat(at, c.conversation); });
  add_conversation_option(chat_command, c);

  CLI::App* send_command = add(app, "send", "send a text, or each line of standard input", c,
                               [&c](context& at) { return send(at, c.conversation, c.words); });
  add_conversation_option(send_command, c);
  send_command->add_option("TEXT", c.words, "words of the text; a single - reads lines")
      ->required();

  add(app, "listen", "print events as they come, going on where the last run ended", c,
      [&c](context& at) { return listen(at, c.words); })
      ->add_option("CONV", c.words, "only these; default: all");

  CLI::App* past = add(app, "history", "print a conversation's past", c,
                       [&c](context& at) { return history(at, c.history); });
  past->add_option("CONV", c.history.conversation, "id or unique title")->required();
  past->add_option("--from", c.history.from, "first seq; default: the first, with --back the last");
  past->add_option("--limit", c.history.limit, "at most this many events")->capture_default_str();
  past->add_flag("--back", c.history.back, "newest first");
}

void add_conversations(CLI::App& app, choice& c) {
  CLI::App* conv = app.add_subcommand("conv", "conversations and their members");
  conv->require_subcommand(1);
  add(*conv, "list", "my conversations", c, conv_list);

  CLI::App* create = add(*conv, "create", "found a conversation", c, [&c](context& at) {
    return conv_create(at, c.title, c.words, c.visibility == "all");
  });
  create->add_option("TITLE", c.title, "its title")->required();
  create->add_option("--with", c.words, "users to add at once");
  create
      ->add_option("--visibility", c.visibility,
                   "what later members see of the past: `joining` nothing, `all` everything")
      ->capture_default_str()
      ->check(CLI::IsMember({"all", "joining"}));

  add_conversation_option(add(*conv, "members", "who is in it", c,
                              [&c](context& at) { return conv_members(at, c.conversation); }),
                          c);
  CLI::App* more = add(*conv, "add", "add members (owner only)", c,
                       [&c](context& at) { return conv_add(at, c.conversation, c.words); });
  add_conversation_option(more, c);
  more->add_option("NAME", c.words, "users")->required();
  CLI::App* less = add(*conv, "remove", "remove a member (owner only)", c,
                       [&c](context& at) { return conv_remove(at, c.conversation, c.name); });
  add_conversation_option(less, c);
  less->add_option("NAME", c.name, "the user")->required();
  add_conversation_option(add(*conv, "leave", "leave it", c,
                              [&c](context& at) { return conv_leave(at, c.conversation); }),
                          c);
}

void add_administration(CLI::App& app, choice& c) {
  CLI::App* admin = app.add_subcommand("admin", "tenants and users (operators)");
  admin->require_subcommand(1);
  CLI::App* tenant = admin->add_subcommand("tenant", "tenants");
  tenant->require_subcommand(1);
  add(*tenant, "create", "create a tenant", c,
      [&c](context& at) { return tenant_create(at, c.name); })
      ->add_option("NAME", c.name, "a-z 0-9 . _ -")
      ->required();
  add(*tenant, "list", "all tenants", c, tenant_list);

  CLI::App* user = admin->add_subcommand("user", "users");
  user->require_subcommand(1);
  CLI::App* more = add(*user, "add",
                       "make sure that users exist and give each a new device: prints name, user, "
                       "device, token",
                       c, [&c](context& at) { return user_add(at, c.user_add); });
  more->add_option("--tenant", c.user_add.tenant, "the tenant's name")->required();
  more->add_option("NAME", c.user_add.names, "a-z 0-9 . _ -")->required();
  more->add_option("--out", c.user_add.folder,
                   "write each token to FOLDER/NAME.token (mode 0600) instead of printing it");
  more->add_option("--device", c.user_add.device, "how the users will know the device")
      ->capture_default_str();
  add(*user, "list", "users of a tenant", c, [&c](context& at) { return user_list(at, c.name); })
      ->add_option("--tenant", c.name, "the tenant's name")
      ->required();
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
  app.add_option("--server", c.common.given.server, "HOST:PORT of the node");
  app.add_option("--ca", c.common.given.ca, "PEM file with the CA to trust");
  app.add_option("--token-file", c.common.given.token_file, "file with the device's token");
  app.add_option("--state", c.common.given.state_file, "where `listen` remembers how far it was");
  app.add_option("--profile", c.common.profile_file, "TOML file with the above");
  app.add_flag("--json", c.common.json, "one JSON object per line");
  add_talking(app, c);
  add_conversations(app, c);
  add_administration(app, c);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
  context at(c.common);
  return c.command(at);
}

}  // namespace conclave::client::cli
