/// The options of `conclave`, group by group. Internal to app.cc and options_*.cc, which are the
/// only users of CLI11 in this folder; its header is large, so the groups are built apart.
#pragma once

#include "client/cli/commands.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace conclave::client::cli {

/// What the parser fills in, and the command that was chosen. Commands share fields where the same
/// words mean the same.
struct choice {
  settings common;
  std::function<int(context&)> command;

  login_options login;
  passwd_options passwd;
  send_options send;
  listen_options listen;
  history_options history;
  create_options create;
  user_add_options user_add;
  user_passwd_options user_passwd;
  notice_options notice;
  message_at message;
  std::string conversation;
  std::string to;
  std::string name;
  std::string word;
  word_list words;
  std::uint64_t number = 0;
  std::uint64_t limit = 100;
  bool all = false;
};

inline CLI::App* add_command(CLI::App& to, const char* name, const char* text, choice& c,
                             std::function<int(context&)> command) {
  CLI::App* sub = to.add_subcommand(name, text);
  sub->callback([&c, run = std::move(command)] { c.command = run; });
  return sub;
}

inline void add_conversation(CLI::App* to, std::string& conversation) {
  to->add_option("CONV", conversation, "id, unique title, or @NAME for the direct one")->required();
}

void add_account(CLI::App& app, choice& c);
void add_talking(CLI::App& app, choice& c);
void add_messages(CLI::App& app, choice& c);
void add_conversations(CLI::App& app, choice& c);
void add_administration(CLI::App& app, choice& c);

}  // namespace conclave::client::cli
