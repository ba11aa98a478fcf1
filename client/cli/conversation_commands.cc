/// `conclave conv …`: list, show, create, direct, announce, members.
#include "client/cli/commands.h"
#include "client/cli/event_json.h"
#include "client/cli/event_lines.h"
#include "client/cli/name_book.h"
#include "client/cli/text.h"
#include "client/cli/titles.h"
#include "client/cli/words.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>

namespace conclave::client::cli {

namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& line) {
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// 0 is no word: no member, or a node that does not tell.
template <class Enum>
std::string told(Enum value) {
  return static_cast<unsigned>(value) == 0 ? std::string() : std::string(word_of(value));
}

/// `who`: the names of the own tenant; `there`: those that hold in the conversation.
ordered_json json_of(const conversation_info& c, const names& who, const names& there) {
  ordered_json line{{"conversation", c.conversation.value},
                    {"kind", word_of(c.kind)},
                    {"title", c.title},
                    {"name", title_of(c, who)},
                    {"topic", c.topic},
                    {"head", c.head.value},
                    {"member", c.member},
                    {"role", told(c.role)},
                    {"unread", c.unread},
                    {"mentions", c.mentions},
                    {"read", c.read.value},
                    {"muted_until", c.muted_until},
                    {"pinned", c.pinned},
                    {"hidden", c.hidden},
                    {"dissolved", c.dissolved},
                    {"join", told(c.join)},
                    {"invite", told(c.invite)},
                    {"all_muted", c.all_muted},
                    {"silenced_until", c.silenced_until},
                    {"external", c.external}};
  if (!c.host.empty()) {
    line["host"] = c.host;
    line["self"] = c.self.value;
  }
  if (c.peer) line["peer"] = {{"user", c.peer.value}, {"name", who.of(c.peer)}};
  const auto last = decode_event(c.last);
  if (!c.last.empty() && last) {
    line["last"] = ordered_json::parse(line_of_json(c.conversation, *last, there), nullptr, false);
  }
  return line;
}

std::string state_of(const conversation_info& c, time_ms now) {
  std::string out;
  const auto add = [&out](const std::string& word) { out += (out.empty() ? "" : ", ") + word; };
  if (c.unread != 0) add(std::to_string(c.unread) + " unread");
  if (c.mentions != 0) add(std::to_string(c.mentions) + " for you");
  if (c.pinned) add("pinned");
  if (c.muted_until > now) add("muted " + until_text(c.muted_until, now));
  if (c.hidden) add("hidden");
  if (c.dissolved) {
    add("dissolved");
  } else if (!c.member) {
    add("left");
  }
  return out;
}

/// "  [external: acme]" for a guest of acme, "  [external]" where guests are.
std::string label_of(const conversation_info& c) {
  const std::string label = external_label(c);
  return label.empty() ? label : "  " + printable(label, " ");
}

std::string last_line(const conversation_info& c, const names& who, time_ms now) {
  const auto last = decode_event(c.last);
  if (c.last.empty() || !last) return {};
  const std::string what = is_message(last->kind) ? who.of(last->sender) + ": " + said(*last, now)
                                                  : sentence_of(*last, who, now);
  return clock_time(last->time, now) + " " + shortened(what, 60);
}

/// The names that a list of conversations speaks of: one request for the own tenant, and one for
/// each conversation of another.
void learn_names(name_book& names, const std::vector<conversation_info>& all) {
  std::vector<user_id> users;
  for (const conversation_info& c : all) {
    if (c.peer) users.push_back(c.peer);
    const auto last = decode_event(c.last);
    if (c.last.empty() || !last) continue;
    std::vector<user_id> foreign;
    collect_users(*last, c.host.empty() ? users : foreign);
    if (!foreign.empty()) names.in(c.conversation).learn(foreign);
  }
  names.learn(users);
}

int tell_founded(context& at, const outcome<founded>& made, const std::string& title) {
  if (!made) return at.fail(made.error());
  if (at.json()) {
    at.line(
        dump({{"conversation", made->conversation.value}, {"title", title}, {"time", made->time}}));
  } else {
    at.line("founded `" + printable(title, " ") + "`, conversation " +
            std::to_string(made->conversation.value));
  }
  return exit_ok;
}

}  // namespace

int conv_list(context& at, bool everything) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  auto all = s->list_conversations();
  if (!all) return at.fail(all.error());
  name_book names(*s);
  learn_names(names, *all);
  if (!at.json()) {
    // For people: what is pinned first, then what is newest; what they have put away not at all.
    if (!everything) {
      std::erase_if(*all, [](const conversation_info& c) { return c.hidden && c.unread == 0; });
    }
    const auto newest = [](const conversation_info& c) {
      const auto last = decode_event(c.last);
      return c.last.empty() || !last ? time_ms{0} : last->time;
    };
    std::stable_sort(all->begin(), all->end(), [&](const auto& a, const auto& b) {
      if (a.pinned != b.pinned) return a.pinned;
      return newest(a) > newest(b);
    });
  }
  const time_ms now = now_ms();
  for (const conversation_info& c : *all) {
    if (at.json()) {
      at.line(dump(json_of(c, names, names.in(c.conversation))));
      continue;
    }
    const std::string state = state_of(c, now);
    const std::string last = last_line(c, names.in(c.conversation), now);
    at.line(std::to_string(c.conversation.value) + "  " + printable(title_of(c, names), " ") +
            label_of(c) + (state.empty() ? "" : "  (" + state + ")") +
            (last.empty() ? "" : "  " + dimmed(last, at.decorated())));
  }
  if (all->empty() && !at.json()) at.line("no conversations yet: conclave conv create TITLE");
  return exit_ok;
}

int conv_show(context& at, const std::string& conversation) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto c = at.find_info(*s, conversation);
  if (!c) return at.exit();
  name_book names(*s);
  learn_names(names, {*c});
  const name_scope& there = names.in(c->conversation);
  if (at.json()) {
    at.line(dump(json_of(*c, names, there)));
    return exit_ok;
  }
  const time_ms now = now_ms();
  const auto row = [&at](const char* name, const std::string& value) {
    if (!value.empty())
      at.line(std::string(name) + std::string(14 - std::strlen(name), ' ') + value);
  };
  row("title", printable(title_of(*c, names), " "));
  row("topic", printable(c->topic, " "));
  row("conversation", std::to_string(c->conversation.value));
  row("kind", std::string(word_of(c->kind)));
  row("external", !c->host.empty() ? "a conversation of " + printable(c->host, " ")
                  : c->external    ? "people of other tenants are in it"
                                   : "");
  row("your role", c->member ? told(c->role) : "none");
  row("state", state_of(*c, now));
  row("newest", "#" + std::to_string(c->head.value));
  row("read", "#" + std::to_string(c->read.value));
  if (c->kind == conversation_kind::group || c->kind == conversation_kind::announcement) {
    row("join", told(c->join));
    row("invite", told(c->invite));
    row("speaking", c->all_muted ? "owner and admins only" : "everybody");
  }
  if (c->silenced_until > now) row("you are muted", until_text(c->silenced_until, now));
  row("last", last_line(*c, there, now));
  return exit_ok;
}

int conv_create(context& at, const create_options& o) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  new_conversation wanted;
  if (!at.find_users(*s, o.with, wanted.members)) return at.exit();
  wanted.kind = o.announcement ? conversation_kind::announcement : conversation_kind::group;
  wanted.title = o.title;
  wanted.topic = o.topic;
  wanted.visibility =
      o.visibility == "all" ? history_visibility::all : history_visibility::since_joining;
  return tell_founded(at, s->create(wanted), o.title);
}

int conv_direct(context& at, const std::string& name) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const user_id other = at.find_user(*s, name);
  if (!other) return at.exit();
  const auto made = s->create_direct(other);
  const std::string plain = name.front() == '@' ? name : "@" + name;
  if (!made || at.json()) return tell_founded(at, made, "");
  at.line("the conversation with " + printable(plain, " ") + " is " +
          std::to_string(made->conversation.value) + ": conclave chat " + printable(plain, " "));
  return exit_ok;
}

int conv_members(context& at, const std::string& conversation) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, conversation);
  if (!c) return at.exit();
  const auto all = s->list_members(c);
  if (!all) return at.fail(all.error());
  name_book book(*s);
  name_scope& names = book.in(c);
  const time_ms now = now_ms();
  for (const member_info& m : *all) {
    names.know(m.user, m.user_name);
    if (at.json()) {
      at.line(dump({{"user", m.user.value},
                    {"name", names.of(m.user)},
                    {"role", word_of(m.role)},
                    {"joined", m.joined.value},
                    {"muted_until", m.muted_until},
                    {"read", m.read.value}}));
      continue;
    }
    const bool plain = m.role == member_role::member;
    at.line(printable(names.of(m.user), " ") +
            (plain ? "" : "  (" + std::string(word_of(m.role)) + ")") +
            (m.muted_until > now ? "  muted " + until_text(m.muted_until, now) : ""));
  }
  return exit_ok;
}

}  // namespace conclave::client::cli
