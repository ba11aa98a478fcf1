/// `conclave conv …`: who is in it and what they may: add, remove, leave, role, mute, unmute; and
/// how people come in by themselves: joincode, join, requests, approve, decline.
#include "client/cli/commands.h"
#include "client/cli/name_book.h"
#include "client/cli/people_words.h"
#include "client/cli/text.h"
#include "client/cli/words.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace conclave::client::cli {

namespace {

using nlohmann::ordered_json;

/// A session, a conversation and a user of it; `ready` false: the sentence has been printed.
struct in_conversation {
  in_conversation(context& at, const std::string& conversation, const std::string& name = {})
      : s(at.open_quiet()) {
    if (!s) return;
    c = at.find_conversation(*s, conversation);
    if (!c) return;
    if (!name.empty()) user = at.find_person(*s, c, name);
    ready = name.empty() || user;
  }
  std::unique_ptr<session> s;
  conversation_id c{};
  user_id user{};
  bool ready = false;
};

int tell_joined(context& at, const outcome<joined>& answer, const char* words) {
  if (!answer) return at.fail(answer.error());
  if (at.json()) {
    at.line(ordered_json{{"conversation", answer->conversation.value},
                         {"state", word_of(answer->state)}}
                .dump());
  } else {
    at.line(words);
  }
  return exit_ok;
}

}  // namespace

namespace {

/// In requests of as many as one takes. The first failure ends it.
int add_guests(context& at, const in_conversation& here, const std::string& tenant,
               const word_list& names) {
  constexpr std::size_t most = 100;
  for (std::size_t from = 0; from < names.size(); from += most) {
    const std::size_t to = std::min(names.size(), from + most);
    const word_list some(names.begin() + static_cast<std::ptrdiff_t>(from),
                         names.begin() + static_cast<std::ptrdiff_t>(to));
    const auto added = here.s->add_external(here.c, tenant, some);
    if (added) {
      at.tell(here.c, added, "added people of " + tenant);
      continue;
    }
    const std::string own = here.s->who().tenant_name;
    const std::string advice = advice_for_adding(added.error().code, own, tenant);
    failure why = failure(added.error()).prefixed("people of " + tenant);
    return advice.empty() ? at.fail(why) : at.fail(why, advice);
  }
  return exit_ok;
}

}  // namespace

int conv_add(context& at, const std::string& conversation, const word_list& names) {
  const in_conversation here(at, conversation);
  if (!here.ready) return at.exit();
  const auto place = here.s->place(here.c);
  if (!place) return at.fail(place.error());
  if (!place->host.empty()) {
    return at.fail({errc::forbidden, "only people of " + place->host + " add somebody here"});
  }
  const people_named people = people_from(names, here.s->who().tenant_name);
  std::vector<user_id> users;
  if (!at.find_users(*here.s, people.own, users)) return at.exit();
  int worst = exit_ok;
  if (!users.empty()) {
    worst = at.tell(here.c, here.s->add_members(here.c, users), "added");
  }
  // Each tenant is a request of its own: one that refuses does not keep the others out.
  for (const auto& [tenant, guests] : people.external) {
    worst = std::max(worst, add_guests(at, here, tenant, guests));
  }
  return worst;
}

int conv_remove(context& at, const std::string& conversation, const std::string& name) {
  const in_conversation here(at, conversation, name);
  if (!here.ready) return at.exit();
  return at.tell(here.c, here.s->remove_member(here.c, here.user), "removed");
}

int conv_leave(context& at, const std::string& conversation) {
  const in_conversation here(at, conversation);
  if (!here.ready) return at.exit();
  const auto place = here.s->place(here.c);
  if (!place) return at.fail(place.error());
  return at.tell(here.c, here.s->remove_member(here.c, place->self), "left");
}

int conv_role(context& at, const std::string& conversation, const std::string& name,
              const std::string& role) {
  const auto wanted = from_word<member_role>(role);
  if (!wanted) return at.usage("a role is member, admin or owner");
  const in_conversation here(at, conversation, name);
  if (!here.ready) return at.exit();
  if (*wanted == member_role::owner &&
      !at.confirm("Hand `" + conversation + "` over to " + name + "?")) {
    return at.usage("not done");
  }
  return at.tell(here.c, here.s->set_role(here.c, here.user, *wanted), "done");
}

int conv_mute(context& at, const std::string& conversation, const std::string& name,
              const std::string& duration) {
  std::uint64_t ms = 0;
  if (!duration.empty()) {
    const auto given = duration_from(duration);
    if (!given) return at.usage(given.error().detail);
    ms = *given;
  }
  const in_conversation here(at, conversation, name);
  if (!here.ready) return at.exit();
  const time_ms until = ms == 0 ? for_ever : std::min(for_ever, here.s->node_time() + ms);
  return at.tell(here.c, here.s->mute_member(here.c, here.user, until), "muted");
}

int conv_unmute(context& at, const std::string& conversation, const std::string& name) {
  const in_conversation here(at, conversation, name);
  if (!here.ready) return at.exit();
  return at.tell(here.c, here.s->mute_member(here.c, here.user, 0), "may speak again");
}

int conv_join_code(context& at, const std::string& conversation) {
  const in_conversation here(at, conversation);
  if (!here.ready) return at.exit();
  const auto code = here.s->new_join_code(here.c);
  if (!code) return at.fail(code.error());
  at.line(at.json() ? ordered_json{{"conversation", here.c.value}, {"code", *code}}.dump() : *code);
  return exit_ok;
}

int conv_join(context& at, const std::string& code, const word_list& text) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto answer = s->join(code, joined_words(text));
  const bool in = answer && answer->state == join_state::joined;
  return tell_joined(at, answer, in ? "joined" : "an admin of the conversation decides");
}

int conv_requests(context& at, const std::string& conversation) {
  const in_conversation here(at, conversation);
  if (!here.ready) return at.exit();
  const auto all = here.s->list_join_requests(here.c);
  if (!all) return at.fail(all.error());
  name_book book(*here.s);
  name_scope& names = book.in(here.c);
  std::vector<user_id> users;
  for (const join_request_info& r : *all) {
    names.know(r.user, r.user_name);
    if (r.invited_by) users.push_back(r.invited_by);
  }
  names.learn(users);
  for (const join_request_info& r : *all) {
    if (at.json()) {
      ordered_json line{{"user", r.user.value}, {"name", names.of(r.user)}, {"time", r.time}};
      if (r.invited_by) {
        line["invited_by"] = {{"user", r.invited_by.value}, {"name", names.of(r.invited_by)}};
      }
      line["text"] = r.text;
      at.line(line.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    } else {
      at.line(printable(names.of(r.user), " ") + "  (since " + clock_time(r.time, now_ms()) +
              (r.invited_by ? ", proposed by " + printable(names.of(r.invited_by), " ") : "") +
              ")" + (r.text.empty() ? "" : "  " + printable(r.text, " ")));
    }
  }
  if (all->empty() && !at.json()) at.line("nobody waits");
  return exit_ok;
}

int conv_answer(context& at, const std::string& conversation, const std::string& name,
                bool accept) {
  const in_conversation here(at, conversation, name);
  if (!here.ready) return at.exit();
  return tell_joined(at, here.s->answer_join(here.c, here.user, accept),
                     accept ? "let in" : "declined");
}

}  // namespace conclave::client::cli
