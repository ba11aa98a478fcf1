/// The options of account, talking and messages.
#include "client/cli/options.h"

namespace conclave::client::cli {

void add_account(CLI::App& app, choice& c) {
  constexpr const char* group = "Account";
  CLI::App* login_command =
      add_command(app, "login", "log in by password, or check the token and tell who I am", c,
                  [&c](context& at) { return login(at, c.login); });
  login_command->group(group);
  login_command->add_option("--tenant", c.login.tenant, "by password: the tenant's name");
  login_command->add_option("--user", c.login.user, "by password: the user's name");
  login_command->add_option("--password-file", c.login.password_file,
                            "read it from there (mode 0600), - from standard input; default: ask");
  login_command->add_option("--device", c.login.device_name, "how I will know this device")
      ->capture_default_str();
  login_command->add_option("--kind", c.login.device_kind, "what it is")
      ->capture_default_str()
      ->check(CLI::IsMember({"desktop", "mobile", "tablet", "web", "other"}));
  login_command->add_flag("--save", c.login.save, "write server, CA and token file to the profile");

  add_command(app, "logout", "end this device and remove its token", c, logout)->group(group);
  add_command(app, "devices", "my devices", c, devices)->group(group);
  CLI::App* device = app.add_subcommand("device", "one of my devices: device end ID");
  device->group(group);
  device->require_subcommand(1);
  add_command(*device, "end", "end one: its token is worth nothing any more", c,
              [&c](context& at) { return device_end(at, c.number); })
      ->add_option("ID", c.number, "as `conclave devices` tells it")
      ->required();

  CLI::App* change = add_command(app, "passwd", "change my password", c,
                                 [&c](context& at) { return passwd(at, c.passwd); });
  change->group(group);
  change->add_option("--old-file", c.passwd.old_file, "the password so far; default: ask");
  change->add_option("--new-file", c.passwd.new_file, "the new one; default: ask");
  change->add_flag("--end-others", c.passwd.end_others, "end all my other devices");

  CLI::App* mine = add_command(app, "inbox", "what happened to me: invitations, devices, marks", c,
                               [&c](context& at) { return inbox(at, c.number, c.limit); });
  mine->group(group);
  mine->add_option("--after", c.number, "only entries after this one");
  mine->add_option("--limit", c.limit, "at most this many")->capture_default_str();
}

void add_talking(CLI::App& app, choice& c) {
  constexpr const char* group = "Talking";
  CLI::App* chat_command = add_command(app, "chat", "talk in a terminal; /help there", c,
                                       [&c](context& at) { return chat(at, c.conversation); });
  chat_command->group(group);
  add_conversation(chat_command, c.conversation);

  CLI::App* send_command = add_command(app, "send", "send a text, or each line of standard input",
                                       c, [&c](context& at) { return send(at, c.send); });
  send_command->group(group);
  add_conversation(send_command, c.send.conversation);
  send_command->add_option("TEXT", c.send.text, "words of the text; a single - reads lines")
      ->required();
  send_command->add_option("--reply", c.send.reply, "answer to message SEQ");
  send_command->add_option("--thread", c.send.thread, "in the thread that began with message SEQ");
  send_command->add_option("--mention", c.send.mentions, "name a member (may be repeated)")
      ->allow_extra_args(false);
  send_command->add_flag("--all", c.send.mention_all, "name everybody");
  send_command->add_option("--expires", c.send.expires, "goes by itself: 30s, 5m, 2h, 7d");
  send_command->add_option("--burn", c.send.burn, "goes this long after each reader opened it");
  send_command->add_option("--kind", c.send.kind, "what the text is for clients")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "structured", "opaque"}));

  CLI::App* ear = add_command(app, "listen",
                              "print what happens as it comes, going on where the last run ended",
                              c, [&c](context& at) { return listen(at, c.listen); });
  ear->group(group);
  ear->add_option("CONV", c.listen.conversations, "only these; default: all");
  ear->add_flag("--soft", c.listen.soft, "also who is typing and who has read (named CONVs)");

  CLI::App* past = add_command(app, "history", "print a conversation's past", c,
                               [&c](context& at) { return history(at, c.history); });
  past->group(group);
  add_conversation(past, c.history.conversation);
  past->add_option("--from", c.history.from, "first seq; default: the first, with --back the last");
  past->add_option("--limit", c.history.limit, "at most this many events")->capture_default_str();
  past->add_flag("--back", c.history.back, "newest first");
}

namespace {

/// A command about one message: CONV SEQ.
CLI::App* about_message(CLI::App& app, const char* name, const char* text, choice& c,
                        std::function<int(context&)> command) {
  CLI::App* sub = add_command(app, name, text, c, std::move(command));
  sub->group("Messages (SEQ is the number behind the #)");
  add_conversation(sub, c.message.conversation);
  return sub;
}

CLI::App* with_seq(CLI::App* sub, choice& c) {
  sub->add_option("SEQ", c.message.seq, "the message")->required();
  return sub;
}

}  // namespace

void add_messages(CLI::App& app, choice& c) {
  with_seq(about_message(app, "edit", "give my message another text", c,
                         [&c](context& at) { return edit(at, c.message, c.words); }),
           c)
      ->add_option("TEXT", c.words, "words of the new text")
      ->required();
  with_seq(about_message(app, "recall", "take a message back, for everybody", c,
                         [&c](context& at) { return recall(at, c.message); }),
           c);
  with_seq(about_message(app, "react", "react to a message", c,
                         [&c](context& at) { return react(at, c.message, c.word, false); }),
           c)
      ->add_option("EMOJI", c.word, "an emoji, or a short word")
      ->required();
  with_seq(about_message(app, "unreact", "take a reaction of mine back", c,
                         [&c](context& at) { return react(at, c.message, c.word, true); }),
           c)
      ->add_option("EMOJI", c.word, "the same")
      ->required();
  with_seq(about_message(app, "pin", "pin a message for everybody", c,
                         [&c](context& at) { return pin(at, c.message, false); }),
           c);
  with_seq(about_message(app, "unpin", "take the pin off", c,
                         [&c](context& at) { return pin(at, c.message, true); }),
           c);
  with_seq(about_message(app, "forward", "say it in another conversation", c,
                         [&c](context& at) { return forward(at, c.message, c.to); }),
           c)
      ->add_option("TO", c.to, "where to: id, unique title or @NAME")
      ->required();
  with_seq(about_message(app, "open", "look at a burning message; its time runs from then on", c,
                         [&c](context& at) { return open(at, c.message); }),
           c);
  about_message(app, "read", "mark as read, up to a message or all", c, [&c](context& at) {
    return mark_read(at, c.message);
  })->add_option("SEQ", c.message.seq, "up to here; default: everything");
  with_seq(about_message(app, "readers", "who has read a message", c,
                         [&c](context& at) { return readers(at, c.message); }),
           c);
  with_seq(about_message(app, "versions", "what an edited message was before", c,
                         [&c](context& at) { return versions(at, c.message); }),
           c);
}

}  // namespace conclave::client::cli
