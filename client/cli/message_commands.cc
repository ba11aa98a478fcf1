/// What is done to a message from the command line: edit, recall, react, pin, forward, open, read,
/// readers, versions.
#include "client/cli/commands.h"
#include "client/cli/event_json.h"
#include "client/cli/event_lines.h"
#include "client/cli/name_book.h"
#include "client/cli/text.h"
#include "client/cli/words.h"

#include <nlohmann/json.hpp>

namespace conclave::client::cli {

namespace {

using nlohmann::ordered_json;

/// A session and a message; `ready` false: the sentence has been printed.
struct at_message {
  at_message(context& at, const message_at& m) : seq(seq_from(m.seq)) {
    if (!seq && !m.seq.empty()) {
      at.usage("`" + m.seq + "` is no seq, such as 12");
      return;
    }
    s = at.open_quiet();
    if (!s) return;
    c = at.find_conversation(*s, m.conversation);
    ready = static_cast<bool>(c);
  }
  std::unique_ptr<session> s;
  conversation_id c{};
  event_seq seq{};
  bool ready = false;
};

}  // namespace

int edit(context& at, const message_at& m, const word_list& text) {
  const at_message here(at, m);
  if (!here.ready) return at.exit();
  return at.tell(here.c, here.s->edit(here.c, here.seq, joined_words(text)), "edited");
}

int recall(context& at, const message_at& m) {
  const at_message here(at, m);
  if (!here.ready) return at.exit();
  return at.tell(here.c, here.s->recall(here.c, here.seq), "taken back");
}

int react(context& at, const message_at& m, const std::string& reaction, bool removed) {
  const at_message here(at, m);
  if (!here.ready) return at.exit();
  return at.tell(here.c, here.s->react(here.c, here.seq, reaction, removed), "done");
}

int pin(context& at, const message_at& m, bool removed) {
  const at_message here(at, m);
  if (!here.ready) return at.exit();
  return at.tell(here.c, here.s->pin(here.c, here.seq, removed), removed ? "unpinned" : "pinned");
}

int forward(context& at, const message_at& m, const std::string& to) {
  const at_message here(at, m);
  if (!here.ready) return at.exit();
  const conversation_id there = at.find_conversation(*here.s, to, context::absent::found);
  if (!there) return at.exit();
  return at.tell(there, here.s->forward(there, here.c, here.seq), "forwarded");
}

int open(context& at, const message_at& m) {
  const at_message here(at, m);
  if (!here.ready) return at.exit();
  const auto opened = here.s->open(here.c, here.seq);
  if (!opened) return at.fail(opened.error());
  if (at.json()) {
    at.line(ordered_json{{"conversation", here.c.value},
                         {"seq", here.seq.value},
                         {"burns_at", opened->burns_at},
                         {"text", opened->body}}
                .dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    return exit_ok;
  }
  const time_ms now = here.s->node_time();
  at.line(printable(opened->body));
  at.line("(burns in " + duration_text(opened->burns_at > now ? opened->burns_at - now : 0) + ")");
  return exit_ok;
}

int mark_read(context& at, const message_at& m) {
  at_message here(at, m);
  if (!here.ready) return at.exit();
  if (!here.seq) {
    const auto info = at.find_info(*here.s, std::to_string(here.c.value));
    if (!info) return at.exit();
    here.seq = info->head;
  }
  if (!here.seq) return at.tell(done{}, "nothing to read");
  return at.tell(here.s->mark_read(here.c, here.seq),
                 "read up to #" + std::to_string(here.seq.value));
}

int readers(context& at, const message_at& m) {
  const at_message here(at, m);
  if (!here.ready) return at.exit();
  const auto all = here.s->list_readers(here.c, here.seq);
  if (!all) return at.fail(all.error());
  name_book book(*here.s);
  name_scope& names = book.in(here.c);
  names.learn(all->users);
  if (at.json()) {
    auto list = ordered_json::array();
    for (const user_id u : all->users) list.push_back({{"user", u.value}, {"name", names.of(u)}});
    at.line(ordered_json{
        {"conversation", here.c.value},
        {"seq", here.seq.value},
        {"read", all->read},
        {"members", all->members},
        {"users",
         list}}.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    return exit_ok;
  }
  std::string who;
  for (const user_id u : all->users) who += (who.empty() ? ": " : ", ") + names.of(u);
  at.line("read by " + std::to_string(all->read) + " of " + std::to_string(all->members) +
          printable(who, " "));
  return exit_ok;
}

int versions(context& at, const message_at& m) {
  const at_message here(at, m);
  if (!here.ready) return at.exit();
  const auto all = here.s->list_versions(here.c, here.seq);
  if (!all) return at.fail(all.error());
  name_book book(*here.s);
  name_scope& names = book.in(here.c);
  names.learn(all->events);
  const line_style style{at.decorated(), {}, {}};
  for (const event_view& event : all->events) {
    at.line(at.json() ? line_of_json(here.c, event, names)
                      : line_for_people(event, names, style, now_ms()));
  }
  if (all->events.empty() && !at.json()) at.line("it was not edited");
  return exit_ok;
}

}  // namespace conclave::client::cli
