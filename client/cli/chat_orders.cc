/// The way out of a chat: what a person typed, carried out.
#include "client/cli/chat_session.h"
#include "client/cli/event_lines.h"
#include "client/cli/text.h"
#include "client/cli/words.h"

#include <algorithm>

namespace conclave::client::cli {

void chat_session::typed(const std::string& line) {
  carry_out(chat_order_from(line));
}

void chat_session::carry_out(const chat_order& o) {
  message_extras extras;
  switch (o.verb) {
    case chat_verb::say:
      if (!o.text.empty()) say(o.text, extras);
      return;
    case chat_verb::reply:
      extras.reply_to = o.seq;
      return say(o.text, extras);
    case chat_verb::thread:
      extras.thread = o.seq;
      return say(o.text, extras);
    case chat_verb::expire:
      extras.expires_after_ms = o.ms;
      return say(o.text, extras);
    case chat_verb::burn:
      extras.burn_ms = static_cast<std::uint32_t>(std::min<std::uint64_t>(o.ms, 86'400'000));
      return say(o.text, extras);
    case chat_verb::edit:
      return change(session_.edit(here_, o.seq, o.text), "cannot edit it");
    case chat_verb::recall:
      return change(session_.recall(here_, o.seq), "cannot take it back");
    case chat_verb::react:
    case chat_verb::unreact:
      return change(session_.react(here_, o.seq, o.text, o.verb == chat_verb::unreact),
                    "cannot react");
    case chat_verb::pin:
    case chat_verb::unpin:
      return change(session_.pin(here_, o.seq, o.verb == chat_verb::unpin), "cannot pin it");
    case chat_verb::forward:
      return forward(o.seq, o.text);
    case chat_verb::open:
      return open(o.seq);
    case chat_verb::read: {
      const event_seq head = std::max(room_.last(), info_.head);
      const status done = head ? session_.mark_read(here_, head) : status(conclave::done{});
      return done ? note("everything is read") : tell_undone(done.error(), "cannot mark it");
    }
    case chat_verb::readers:
      return readers(o.seq);
    case chat_verb::versions:
      return versions(o.seq);
    case chat_verb::pins:
      return pins();
    case chat_verb::members:
      return members();
    case chat_verb::add:
      return add(o.names);
    case chat_verb::leave: {
      const auto left = session_.remove_member(here_, names_.me());
      if (!left) return tell_undone(left.error(), "cannot leave");
      note("you left");
      quit_ = true;
      return;
    }
    case chat_verb::history: {
      const std::uint64_t count = o.count == 0 ? 50 : std::min<std::uint64_t>(o.count, 1'000);
      show_last(static_cast<std::uint32_t>(count), false);
      return;
    }
    case chat_verb::help:
      return note(chat_help);
    case chat_verb::quit:
      quit_ = true;
      return;
    case chat_verb::wrong:
      return note(printable(o.text, " "));
  }
}

void chat_session::say(const std::string& text, message_extras extras) {
  const auto members = room_.view().members();
  for (const std::string& name : mentioned_names(text)) {
    const user_id user = names_.find(name);
    if (name == "all") {
      extras.mentions_all = true;
    } else if (members.contains(user) && extras.mentions.size() < max_mentions &&
               std::find(extras.mentions.begin(), extras.mentions.end(), user) ==
                   extras.mentions.end()) {
      extras.mentions.push_back(user);
    }
  }
  {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  session_.send_async(here_, text, std::move(extras), [this](outcome<receipt> answer) {
    const std::lock_guard lock(mutex_);
    --under_way_;
    if (!answer) failures_.push_back(answer.error());
  });
}

void chat_session::change(const outcome<receipt>& done, const char* what) {
  if (!done) tell_undone(done.error(), what);
}

void chat_session::tell_undone(const failure& f, const std::string& words) {
  tell(f, exit_code_of(f) == exit_unknown ? "perhaps done" : words);
}

void chat_session::open(event_seq seq) {
  const auto opened = session_.open(here_, seq);
  if (!opened) return tell(opened.error(), "cannot open it");
  const time_ms now = session_.node_time();
  const std::uint64_t left = opened->burns_at > now ? opened->burns_at - now : 0;
  room_.opened(seq, opened->burns_at);
  note("#" + std::to_string(seq.value) + ": " + printable(opened->body) + "   (burns in " +
       duration_text(left) + ")");
}

void chat_session::readers(event_seq seq) {
  if (!seq) seq = room_.mine();
  if (!seq) return note("of which message? /readers N");
  const auto all = session_.list_readers(here_, seq, 50);
  if (!all) return tell(all.error(), "cannot tell who has read it");
  names_.learn(all->users);
  std::string who;
  for (const user_id u : all->users) who += (who.empty() ? ": " : ", ") + names_.of(u);
  note("#" + std::to_string(seq.value) + " is read by " + std::to_string(all->read) + " of " +
       std::to_string(all->members) + printable(who, " "));
}

void chat_session::versions(event_seq seq) {
  const auto all = session_.list_versions(here_, seq);
  if (!all) return tell(all.error(), "cannot tell");
  names_.learn(all->events);
  for (const event_view& e : all->events) note("before: " + said(e, now_ms()));
  if (all->events.empty()) note("it was not edited");
}

void chat_session::pins() {
  const auto all = session_.list_pins(here_);
  if (!all) return tell(all.error(), "cannot list the pins");
  for (const pin_info& p : *all) {
    const std::string shown = room_.quote(p.seq, 60);
    note(shown.empty() ? "#" + std::to_string(p.seq.value) : shown);
  }
  if (all->empty()) note("nothing is pinned");
}

void chat_session::members() {
  const auto all = session_.list_members(here_);
  if (!all) return tell(all.error(), "cannot list the members");
  std::string line;
  for (const member_info& m : *all) {
    names_.know(m.user, m.user_name);
    line += (line.empty() ? "" : ", ") + printable(names_.of(m.user), " ");
    if (m.role != member_role::member) line += " (" + std::string(word_of(m.role)) + ")";
    if (m.muted_until > session_.node_time()) line += " (muted)";
  }
  note(line);
}

void chat_session::add(const std::vector<std::string>& names) {
  if (names_.foreign()) return note("only people of " + info_.host + " add somebody here");
  const std::string& own = session_.who().tenant_name;
  const people_named people = people_from(names, own);
  if (!people.own.empty()) {
    const auto found = session_.resolve(people.own);
    if (!found) return tell(found.error(), "cannot find them");
    if (found->size() < people.own.size()) return note("not all of these users exist");
    std::vector<user_id> users;
    for (const user_info& u : *found) users.push_back(u.user);
    change(session_.add_members(here_, users), "cannot add");
  }
  for (const auto& [tenant, guests] : people.external) {
    const auto added = session_.add_external(here_, tenant, guests);
    if (added) continue;
    tell_undone(added.error(), "cannot add people of " + printable(tenant, " "));
    const std::string advice = advice_for_adding(added.error().code, own, tenant);
    if (!advice.empty()) note(printable(advice, " "));
  }
}

void chat_session::forward(event_seq seq, const std::string& to) {
  const auto there = at_.find_info(session_, to, context::absent::found);
  if (!there) return;  // the sentence has been printed
  const auto done = session_.forward(there->conversation, here_, seq);
  if (!done) return tell_undone(done.error(), "cannot forward it");
  if (there->conversation != here_) note("forwarded to `" + printable(to, " ") + "`");
}

}  // namespace conclave::client::cli
