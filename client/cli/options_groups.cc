/// The options of `conv …` and `admin …`.
#include "client/cli/options.h"

namespace conclave::client::cli {

namespace {

/// `conclave conv NAME CONV`.
CLI::App* about_conversation(CLI::App& conv, const char* group, const char* name, const char* text,
                             choice& c, std::function<int(context&)> command) {
  CLI::App* sub = add_command(conv, name, text, c, std::move(command));
  sub->group(group);
  add_conversation(sub, c.conversation);
  return sub;
}

void add_founding(CLI::App& conv, choice& c) {
  constexpr const char* group = "Finding and founding";
  CLI::App* list = add_command(conv, "list", "my conversations, with what is unread", c,
                               [&c](context& at) { return conv_list(at, c.all); });
  list->group(group);
  list->add_flag("--all", c.all, "also those that I have hidden");
  about_conversation(conv, group, "show", "all about one", c,
                     [&c](context& at) { return conv_show(at, c.conversation); });

  const auto founding = [&](const char* name, const char* text, bool announcement) {
    CLI::App* sub = add_command(conv, name, text, c, [&c, announcement](context& at) {
      c.create.announcement = announcement;
      return conv_create(at, c.create);
    });
    sub->group(group);
    sub->add_option("TITLE", c.create.title, "its title")->required();
    sub->add_option("--with", c.create.with, "users to add at once");
    sub->add_option("--topic", c.create.topic, "what it is about");
    sub->add_option("--visibility", c.create.visibility,
                    "what later members see of the past: `joining` nothing, `all` everything")
        ->capture_default_str()
        ->check(CLI::IsMember({"all", "joining"}));
  };
  founding("create", "found a group", false);
  founding("announce", "found a group where only owner and admins speak", true);
  CLI::App* direct = add_command(conv, "direct", "the conversation with one other person", c,
                                 [&c](context& at) { return conv_direct(at, c.name); });
  direct->group(group);
  direct->add_option("NAME", c.name, "the user; myself: for notes")->required();
}

void add_people(CLI::App& conv, choice& c) {
  constexpr const char* group = "People";
  const auto about = [&](const char* name, const char* text, std::function<int(context&)> run) {
    return about_conversation(conv, group, name, text, c, std::move(run));
  };
  const auto whom = [&c](CLI::App* sub) {
    sub->add_option("NAME", c.name, "the user, as `conv members` shows him")->required();
    return sub;
  };
  about("members", "who is in it", [&c](context& at) { return conv_members(at, c.conversation); });
  about("add", "add members: bob, or carol@globex of another tenant",
        [&c](context& at) { return conv_add(at, c.conversation, c.words); })
      ->add_option("NAME", c.words,
                   "users; NAME@TENANT: of another tenant, where both tenants' policies allow it "
                   "(host_external, visit_external)")
      ->required();
  whom(about("remove", "remove a member",
             [&c](context& at) { return conv_remove(at, c.conversation, c.name); }));
  about("leave", "leave it", [&c](context& at) { return conv_leave(at, c.conversation); });
  whom(about("role", "make a member admin, plain member, or the owner",
             [&c](context& at) { return conv_role(at, c.conversation, c.name, c.word); }))
      ->add_option("ROLE", c.word, "member, admin or owner")
      ->required();
  whom(about("mute", "a member may say nothing for a while", [&c](context& at) {
    return conv_mute(at, c.conversation, c.name, c.word);
  }))->add_option("DURATION", c.word, "30m, 2h, 7d; default: for ever");
  whom(about("unmute", "a member may speak again",
             [&c](context& at) { return conv_unmute(at, c.conversation, c.name); }));
  about("joincode", "a new code to come in with; the one before ends",
        [&c](context& at) { return conv_join_code(at, c.conversation); });
  CLI::App* in = add_command(conv, "join", "come in with a code", c,
                             [&c](context& at) { return conv_join(at, c.word, c.words); });
  in->group(group);
  in->add_option("CODE", c.word, "as it was passed on to you")->required();
  in->add_option("TEXT", c.words, "a word to those who approve");
  about("requests", "who waits for approval",
        [&c](context& at) { return conv_requests(at, c.conversation); });
  whom(about("approve", "let in who waits",
             [&c](context& at) { return conv_answer(at, c.conversation, c.name, true); }));
  whom(about("decline", "do not let him in",
             [&c](context& at) { return conv_answer(at, c.conversation, c.name, false); }));
}

void add_settings(CLI::App& conv, choice& c) {
  constexpr const char* group = "Settings";
  const auto about = [&](const char* name, const char* text, std::function<int(context&)> run) {
    return about_conversation(conv, group, name, text, c, std::move(run));
  };
  about("settings", "change what holds in it, or show it",
        [&c](context& at) { return conv_settings(at, c.conversation, c.words); })
      ->add_option("KEY=VALUE", c.words,
                   "title=, topic=, join=closed|open|approval, invite=admins|members|approval, "
                   "visibility=joining|all, all_muted=yes|no");
  about("pins", "what is pinned", [&c](context& at) { return conv_pins(at, c.conversation); });
  about("dissolve", "end it for everybody; its past stays readable",
        [&c](context& at) { return conv_dissolve(at, c.conversation); });
  about("mute-me", "be quiet about it, for me", [&c](context& at) {
    return conv_mute_me(at, c.conversation, c.word);
  })->add_option("HOW", c.word, "on, off, or how long: 2h, 7d");
  about("pin-me", "show it first, for me",
        [&c](context& at) { return conv_pin_me(at, c.conversation, c.word); })
      ->add_option("HOW", c.word, "on or off")
      ->check(CLI::IsMember({"on", "off"}));
  about("hide", "do not show it until something new is said",
        [&c](context& at) { return conv_hide(at, c.conversation, c.word); })
      ->add_option("HOW", c.word, "on or off")
      ->check(CLI::IsMember({"on", "off"}));
}

void add_users(CLI::App& user, choice& c) {
  CLI::App* more = add_command(user, "add", "make sure that users exist and give each a new device",
                               c, [&c](context& at) { return user_add(at, c.user_add); });
  more->add_option("--tenant", c.user_add.tenant, "the tenant's name")->required();
  more->add_option("NAME", c.user_add.names, "a-z 0-9 . _ -")->required();
  more->add_option("--out", c.user_add.folder,
                   "write each token to FOLDER/NAME.token (mode 0600) instead of printing it");
  more->add_option("--device", c.user_add.device, "how the users will know the device")
      ->capture_default_str();
  add_command(user, "list", "users of a tenant", c,
              [&c](context& at) { return user_list(at, c.name); })
      ->add_option("--tenant", c.name, "the tenant's name")
      ->required();
  CLI::App* secret = add_command(user, "passwd", "give a user a password", c,
                                 [&c](context& at) { return user_passwd(at, c.user_passwd); });
  secret->add_option("--tenant", c.user_passwd.tenant, "the tenant's name")->required();
  secret->add_option("NAME", c.user_passwd.name, "the user")->required();
  secret->add_option("--password-file", c.user_passwd.password_file,
                     "read it from there (mode 0600), - from standard input; default: ask");
  secret->add_flag("--end-devices", c.user_passwd.end_devices, "also end all devices of the user");
}

}  // namespace

void add_conversations(CLI::App& app, choice& c) {
  CLI::App* conv = app.add_subcommand(
      "conv", "conversations: list show create direct announce members add … (conv --help)");
  conv->group("Conversations");
  conv->require_subcommand(1);
  add_founding(*conv, c);
  add_people(*conv, c);
  add_settings(*conv, c);
}

void add_administration(CLI::App& app, choice& c) {
  CLI::App* admin =
      app.add_subcommand("admin", "tenants, their rules, users, notices (admin --help)");
  admin->group("Operators");
  admin->require_subcommand(1);
  CLI::App* tenant = admin->add_subcommand("tenant", "tenants and their rules");
  tenant->require_subcommand(1);
  add_command(*tenant, "create", "create a tenant", c,
              [&c](context& at) { return tenant_create(at, c.name); })
      ->add_option("NAME", c.name, "a-z 0-9 . _ -")
      ->required();
  add_command(*tenant, "list", "all tenants", c, tenant_list);
  CLI::App* policy = tenant->add_subcommand("policy", "what a tenant allows");
  policy->require_subcommand(1);
  add_command(*policy, "show", "all rules with their meaning", c,
              [&c](context& at) { return policy_show(at, c.name); })
      ->add_option("TENANT", c.name, "the tenant's name")
      ->required();
  CLI::App* set = add_command(*policy, "set", "change rules; the others stay", c,
                              [&c](context& at) { return policy_set(at, c.name, c.words); });
  set->add_option("TENANT", c.name, "the tenant's name")->required();
  set->add_option("KEY=VALUE", c.words,
                  "as `show` names them; times also as 2m or 90d, kinds as mobile,web, yes or no")
      ->required();

  CLI::App* user = admin->add_subcommand("user", "users");
  user->require_subcommand(1);
  add_users(*user, c);

  CLI::App* said = add_command(*admin, "notice", "say something to users, as the node", c,
                               [&c](context& at) { return notice(at, c.notice); });
  said->add_option("--tenant", c.notice.tenant, "the tenant's name")->required();
  said->add_option("--to", c.notice.names, "user (may be repeated)")
      ->required()
      ->delimiter(',')
      ->allow_extra_args(false);
  said->add_option("--number", c.notice.number, "repeat a notice that failed");
  said->add_option("TEXT", c.notice.text, "words of the text")->required();
}

}  // namespace conclave::client::cli
