/// `conclave conv …`: what holds in a conversation and how one sees it oneself: settings, dissolve,
/// pins, mute-me, pin-me, hide.
#include "client/cli/commands.h"
#include "client/cli/event_lines.h"
#include "client/cli/name_book.h"
#include "client/cli/setting_words.h"
#include "client/cli/text.h"
#include "client/cli/words.h"

#include <nlohmann/json.hpp>

#include <functional>

namespace conclave::client::cli {

using nlohmann::ordered_json;

int conv_settings(context& at, const std::string& conversation, const word_list& changes) {
  if (changes.empty()) return conv_show(at, conversation);
  const auto change = settings_change_from(changes);
  if (!change) return at.usage(change.error().detail);
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, conversation);
  if (!c) return at.exit();
  return at.tell(c, s->change_settings(c, *change), "changed");
}

int conv_dissolve(context& at, const std::string& conversation) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, conversation);
  if (!c) return at.exit();
  if (!at.confirm("Dissolve `" + conversation + "` for everybody? This cannot be undone.")) {
    return at.usage("not done");
  }
  return at.tell(c, s->dissolve(c), "dissolved; its past stays readable");
}

int conv_pins(context& at, const std::string& conversation) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, conversation);
  if (!c) return at.exit();
  const auto all = s->list_pins(c);
  if (!all) return at.fail(all.error());
  name_book book(*s);
  name_scope& names = book.in(c);
  std::vector<user_id> users;
  for (const pin_info& p : *all) users.push_back(p.by);
  names.learn(users);
  for (const pin_info& p : *all) {
    if (at.json()) {
      at.line(ordered_json{{"conversation", c.value},
                           {"seq", p.seq.value},
                           {"by", p.by.value},
                           {"by_name", names.of(p.by)},
                           {"time", p.time}}
                  .dump());
      continue;
    }
    std::string text;
    const auto page = s->history(c, p.seq, history_direction::forward, 1);
    if (page && !page->events.empty() && page->events.front().seq == p.seq) {
      const event_view& m = page->events.front();
      names.learn(page->events);
      text = "  " + printable(names.of(m.sender), " ") + ": " + shortened(said(m, now_ms()), 60);
    }
    at.line("#" + std::to_string(p.seq.value) + "  (by " + printable(names.of(p.by), " ") + ", " +
            clock_time(p.time, now_ms()) + ")" + text);
  }
  if (all->empty() && !at.json()) at.line("nothing is pinned");
  return exit_ok;
}

namespace {

/// Own settings are set as a whole: what is not changed is taken from the list.
int change_own(context& at, const std::string& conversation, const std::string& words,
               const std::function<void(own_settings&, session&)>& change) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto c = at.find_info(*s, conversation);
  if (!c) return at.exit();
  own_settings mine{c->muted_until, c->pinned, c->hidden};
  change(mine, *s);
  return at.tell(s->set_conversation(c->conversation, mine), words);
}

}  // namespace

int conv_mute_me(context& at, const std::string& conversation, const std::string& how) {
  std::uint64_t ms = 0;
  const bool off = how == "off";
  if (!how.empty() && !off && how != "on") {
    const auto given = duration_from(how);
    if (!given) return at.usage(given.error().detail);
    ms = *given;
  }
  return change_own(at, conversation, off ? "not muted any more" : "muted for you",
                    [&](own_settings& mine, session& s) {
                      mine.muted_until = off ? 0 : ms == 0 ? for_ever : s.node_time() + ms;
                    });
}

int conv_pin_me(context& at, const std::string& conversation, const std::string& how) {
  const bool on = truth_from(how).value_or(true);
  return change_own(at, conversation, on ? "shown first" : "shown in its place",
                    [on](own_settings& mine, session&) { mine.pinned = on; });
}

int conv_hide(context& at, const std::string& conversation, const std::string& how) {
  const bool on = truth_from(how).value_or(true);
  return change_own(at, conversation, on ? "hidden until something new is said" : "shown",
                    [on](own_settings& mine, session&) { mine.hidden = on; });
}

}  // namespace conclave::client::cli
