/// Finding conversations and users by what people call them.
#include "client/cli/context.h"
#include "client/cli/name_book.h"

#include <algorithm>
#include <cstdlib>

namespace conclave::client::cli {

namespace {

/// Zero: it is no id.
conversation_id id_from(const std::string& name) {
  if (name.empty() || name.find_first_not_of("0123456789") != std::string::npos) return {};
  const std::uint64_t id = std::strtoull(name.c_str(), nullptr, 10);
  return conversation_id{id < id_limit ? id : 0};
}

}  // namespace

conversation_id context::find_conversation(session& s, const std::string& name, absent then) {
  if (const conversation_id id = id_from(name)) return id;
  const auto info = find_info(s, name, then);
  return info ? info->conversation : conversation_id{};
}

std::optional<conversation_info> context::find_info(session& s, const std::string& name,
                                                    absent then) {
  const conversation_id id = id_from(name);
  const bool direct = !id && name.size() > 1 && name.front() == '@';
  user_id peer{};
  if (direct) {
    const user_id user = find_user(s, name);
    if (!user) return std::nullopt;
    if (then == absent::found) {
      // There is one per pair, and asking for it is how it is found.
      const auto made = s.create_direct(user);
      if (!made) {
        fail(made.error());
        return std::nullopt;
      }
      // The list may not have a new one yet: this is what is known without it.
      conversation_info info;
      info.conversation = made->conversation;
      info.kind = conversation_kind::direct;
      if (user != s.who().user) info.peer = user;
      return info;
    }
    // The conversation with oneself has no other one.
    if (user != s.who().user) peer = user;
  }
  const auto all = s.list_conversations();
  if (!all) {
    fail(all.error());
    return std::nullopt;
  }
  std::vector<conversation_info> same;
  std::copy_if(all->begin(), all->end(), std::back_inserter(same), [&](const conversation_info& c) {
    if (id) return c.conversation == id;
    if (direct) return c.kind == conversation_kind::direct && c.peer == peer;
    return c.title == name;
  });
  // One that was left does not compete with one of today.
  if (same.size() > 1) std::erase_if(same, [](const conversation_info& c) { return !c.member; });
  if (same.size() == 1) return same.front();
  if (same.empty()) {
    fail({errc::not_found, "you have no conversation `" + name + "`"});
    return std::nullopt;
  }
  std::string ids;
  for (const conversation_info& c : same) ids += " " + std::to_string(c.conversation.value);
  usage("`" + name + "` is the title of several conversations; name one by its id:" + ids);
  return std::nullopt;
}

user_id context::find_user(session& s, const std::string& name) {
  std::vector<user_id> users;
  return find_users(s, {name}, users) ? users.front() : user_id{};
}

bool context::find_users(session& s, std::vector<std::string> names, std::vector<user_id>& users) {
  for (std::string& name : names) {
    if (!name.empty() && name.front() == '@') name.erase(0, 1);
  }
  if (names.empty()) return true;
  const auto found = s.resolve(names);
  if (!found) {
    fail(found.error());
    return false;
  }
  for (const std::string& name : names) {
    const auto at = std::find_if(found->begin(), found->end(),
                                 [&](const user_info& u) { return u.user_name == name; });
    if (at == found->end()) {
      const failure nobody{errc::not_found, "there is no user `" + name + "`"};
      if (name.find('@') == std::string::npos) {
        fail(nobody);
      } else {
        fail(nobody,
             "People of other tenants come into groups only: conclave conv add CONV NAME@TENANT");
      }
      return false;
    }
    users.push_back(at->user);
  }
  return true;
}

user_id context::find_person(session& s, conversation_id c, const std::string& name) {
  std::vector<user_id> users;
  return find_people(s, c, {name}, users) ? users.front() : user_id{};
}

bool context::find_people(session& s, conversation_id c, const std::vector<std::string>& names,
                          std::vector<user_id>& users) {
  if (names.empty()) return true;
  const auto place = s.place(c);
  if (!place) {
    fail(place.error());
    return false;
  }
  std::vector<std::vector<std::string>> wanted;
  std::vector<std::string> asked;
  for (std::string name : names) {
    if (!name.empty() && name.front() == '@') name.erase(0, 1);
    wanted.push_back(host_names(name, place->host, s.who().tenant_name));
    asked.insert(asked.end(), wanted.back().begin(), wanted.back().end());
  }
  // Of the own tenant anybody may be meant: also who waits to be let in.
  const auto found = s.resolve(asked, {}, place->host.empty() ? conversation_id{} : c);
  if (!found) {
    fail(found.error());
    return false;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    user_id user{};
    for (const std::string& name : wanted[i]) {
      for (const user_info& u : *found) {
        if (!user && u.user_name == name) user = u.user;
      }
    }
    if (!user) {
      const bool here = !place->host.empty();
      fail({errc::not_found,
            "there is no user `" + names[i] + "`" + (here ? " in this conversation" : "")},
           here ? "Names as they are called there: conclave conv members CONV" : "");
      return false;
    }
    users.push_back(user);
  }
  return true;
}

}  // namespace conclave::client::cli
