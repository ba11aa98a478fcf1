/// `conclave conv …`: list, create, members, add, remove, leave.
#include "client/cli/commands.h"
#include "client/cli/text.h"

#include <nlohmann/json.hpp>

namespace conclave::client::cli {

namespace {

using nlohmann::ordered_json;

/// All names to ids in one request; false: the sentence has been printed.
bool find_users(context& at, session& s, std::vector<std::string> names,
                std::vector<user_id>& users) {
  for (std::string& name : names) {
    if (!name.empty() && name.front() == '@') name.erase(0, 1);
  }
  if (names.empty()) return true;
  const auto found = s.resolve(names);
  if (!found) {
    at.fail(found.error());
    return false;
  }
  for (const std::string& name : names) {
    bool known = false;
    for (const user_info& u : *found) {
      if (u.user_name != name) continue;
      users.push_back(u.user);
      known = true;
      break;
    }
    if (!known) {
      at.fail({errc::not_found, "there is no user `" + name + "`"});
      return false;
    }
  }
  return true;
}

int tell(context& at, conversation_id c, const outcome<receipt>& done, const std::string& words) {
  if (!done) return at.fail(done.error());
  if (at.json()) {
    at.line(ordered_json{{"conversation", c.value}, {"seq", done->seq.value}, {"time", done->time}}
                .dump());
  } else {
    at.line(words);
  }
  return exit_ok;
}

}  // namespace

int conv_list(context& at) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto all = s->list_conversations();
  if (!all) return at.fail(all.error());
  for (const conversation_info& c : *all) {
    if (at.json()) {
      at.line(ordered_json{{"conversation", c.conversation.value},
                           {"title", c.title},
                           {"head", c.head.value},
                           {"member", c.member}}
                  .dump());
    } else {
      at.line(std::to_string(c.conversation.value) + "  " + printable(c.title, " ") + "  (" +
              std::to_string(c.head.value) + (c.head.value == 1 ? " event" : " events") +
              (c.member ? ")" : ", left)"));
    }
  }
  if (all->empty() && !at.json()) at.line("no conversations yet: conclave conv create TITLE");
  return exit_ok;
}

int conv_create(context& at, const std::string& title, const std::vector<std::string>& with,
                bool visible_to_all) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  std::vector<user_id> members;
  if (!find_users(at, *s, with, members)) return at.exit();
  const auto created = s->create_conversation(
      title, members, visible_to_all ? history_visibility::all : history_visibility::since_joining);
  if (!created) return at.fail(created.error());
  if (at.json()) {
    at.line(ordered_json{
        {"conversation", created->conversation.value}, {"title", title}, {"time", created->time}}
                .dump());
  } else {
    at.line("founded `" + printable(title, " ") + "`, conversation " +
            std::to_string(created->conversation.value));
  }
  return exit_ok;
}

int conv_members(context& at, const std::string& conversation) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, conversation);
  if (!c) return at.exit();
  const auto all = s->list_members(c);
  if (!all) return at.fail(all.error());
  for (const member_info& m : *all) {
    const bool owner = m.role == member_role::owner;
    if (at.json()) {
      at.line(ordered_json{{"user", m.user.value},
                           {"name", m.user_name},
                           {"role", owner ? "owner" : "member"},
                           {"joined", m.joined.value}}
                  .dump());
    } else {
      at.line(printable(m.user_name, " ") + (owner ? "  (owner)" : ""));
    }
  }
  return exit_ok;
}

int conv_add(context& at, const std::string& conversation, const std::vector<std::string>& names) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, conversation);
  if (!c) return at.exit();
  std::vector<user_id> users;
  if (!find_users(at, *s, names, users)) return at.exit();
  return tell(at, c, s->add_members(c, users), "added");
}

int conv_remove(context& at, const std::string& conversation, const std::string& name) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, conversation);
  if (!c) return at.exit();
  const user_id user = at.find_user(*s, name);
  if (!user) return at.exit();
  return tell(at, c, s->remove_member(c, user), "removed");
}

int conv_leave(context& at, const std::string& conversation) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, conversation);
  if (!c) return at.exit();
  return tell(at, c, s->remove_member(c, s->who().user), "left");
}

}  // namespace conclave::client::cli
