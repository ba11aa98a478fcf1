/// The way in: what the node tells, what the clock brings, and what is shown of it.
#include "client/cli/chat_session.h"

#include "client/cli/event_json.h"
#include "client/cli/event_lines.h"
#include "client/cli/text.h"
#include "client/cli/titles.h"
#include "client/session_clock.h"

#include <algorithm>
#include <unistd.h>

namespace conclave::client::cli {

namespace {

constexpr std::uint32_t shown_at_start = 20;
/// Whose coming and going is of interest to people.
constexpr std::size_t watched_people = 50;
constexpr std::uint64_t typing_again_ms = 3'500;

using what = event_feed::what;

}  // namespace

chat_session::chat_session(context& at, session& s, const conversation_info& here)
    : at_(at),
      session_(s),
      info_(here),
      here_(here.conversation),
      book_(s),
      names_(book_.in(here.conversation)),
      room_(names_.me(), names_, at.decorated()),
      editor_(
          "> ", [this](const std::string& l) { typed(l); }, [this] { input_ended_ = true; }) {}

bool chat_session::begin() {
  if (info_.peer) book_.learn(std::vector<user_id>{info_.peer});
  if (!at_.json()) {
    const std::string label = external_label(info_);
    note("`" + printable(title_of(info_, book_), " ") + "`" +
         (label.empty() ? "" : " " + printable(label, " ")) + " as " + session_.who().user_name +
         "; /help for help");
    if (!info_.host.empty()) {
      note("a conversation of " + printable(info_.host, " ") + ": people of more than one tenant " +
           "read what is said here");
    } else if (info_.external) {
      note("people of more than one tenant read what is said here");
    }
    if (!info_.topic.empty()) note("topic: " + printable(info_.topic, " "));
  }
  if (!show_last(shown_at_start, true)) return false;
  learn_members();
  watch();
  mark_read();
  return true;
}

void chat_session::learn_members() {
  const auto all = session_.list_members(here_);
  if (!all) return;  // left, or dissolved: the past can be read all the same
  for (const member_info& m : *all) names_.know(m.user, m.user_name);
  room_.seed(*all, std::max(info_.head, room_.last()));
}

void chat_session::watch() {
  if (at_.json() || !editor_.interactive()) return;
  // Soft state is a courtesy: a node that does not have it is no reason to say anything.
  if (!session_.watch(here_)) return;
  // Who is online is told of the own tenant only, whose ids are not those of this conversation.
  if (names_.foreign()) return;
  std::vector<user_id> people;
  for (const auto& [user, member] : room_.view().members()) {
    if (user != names_.me()) people.push_back(user);
  }
  if (people.empty() || people.size() > watched_people) return;
  const auto online = session_.watch_presence(people);
  if (!online || online->empty()) return;
  std::string line;
  for (const user_id u : *online) line += (line.empty() ? "" : ", ") + names_.of(u);
  note("online: " + printable(line, " "));
}

void chat_session::take(const std::vector<event_feed::item>& items) {
  std::vector<user_id> users;
  for (const event_feed::item& i : items) {
    if (i.user) users.push_back(i.user);
    if (i.kind != what::event || i.conversation != here_) continue;
    const auto event = decode_event(i.bytes);
    if (event) collect_users(*event, users);
  }
  names_.learn(users);
  for (const event_feed::item& i : items) {
    if (i.kind == what::link) {
      take_link(i);
    } else if (i.kind == what::presence) {
      print(room_.presence(i.user, i.on));
    } else if (i.conversation != here_) {
      continue;
    } else if (i.kind == what::event) {
      const auto event = decode_event(i.bytes);
      if (event && event->seq.value > shown_) show(*event);
    } else if (i.kind == what::gone) {
      print(room_.take_gone(i.seqs));
    } else if (i.kind == what::typing) {
      room_.typing(i.user, i.on, steady_ms());
    } else if (i.kind == what::read_by) {
      print(room_.read_by(i.user, i.seqs.front()));
    } else if (i.kind == what::inbox) {
      take_inbox(i.entry);
    }
  }
  mark_read();
}

void chat_session::take_inbox(const inbox_item& entry) {
  if (entry.kind == inbox_kind::burned) {
    print(room_.burned(entry.at));
  } else if (entry.kind == inbox_kind::join_requested) {
    names_.learn(std::vector<user_id>{entry.user});
    note(printable(names_.of(entry.user), " ") + " wants to come in: conclave conv requests");
  }
}

void chat_session::take_link(const event_feed::item& i) {
  if (i.link == link_state::connected) {
    if (lost_) note("connected again");
    lost_ = false;
  } else if (i.link == link_state::lost) {
    note("connection lost, connecting again: " + printable(i.why.detail, " "));
    lost_ = true;
  } else if (!quit_) {
    at_.fail(i.why);
    ended_ = true;
  }
}

bool chat_session::show_last(std::uint32_t count, bool first) {
  const auto page = session_.history(here_, event_seq{0}, history_direction::backward, count);
  if (!page) {
    if (first) {
      at_.fail(page.error());
    } else {
      tell(page.error(), "cannot read the history");
    }
    return false;
  }
  names_.learn(page->events);
  for (const event_view& event : page->events) show(event);
  return true;
}

void chat_session::show(const event_view& event) {
  shown_ = std::max(shown_, event.seq.value);
  const auto lines = room_.take(event, now_ms());
  if (at_.json()) return editor_.print(line_of_json(here_, event, names_));
  print(lines);
}

void chat_session::print(const chat_room::lines& lines) {
  if (at_.json()) return;
  for (const std::string& line : lines) editor_.print(line);
}

void chat_session::tick() {
  tell_failures();
  print(room_.tick(session_.node_time()));
  editor_.set_status(room_.typing_line(steady_ms()));
}

void chat_session::tell_failures() {
  std::vector<failure> failures;
  {
    const std::lock_guard lock(mutex_);
    failures.swap(failures_);
  }
  const bool scripted = isatty(STDIN_FILENO) != 1;
  for (const failure& f : failures) {
    tell(f, exit_code_of(f) == exit_unknown ? "perhaps sent" : "not sent");
    const bool worse = !worst_ || exit_code_of(f) > exit_code_of(*worst_);
    if (scripted && worse) worst_ = f;
  }
  // Again each time: the end of the session sets another code.
  if (worst_) at_.remember(*worst_);
}

void chat_session::mark_read() {
  if (shown_ <= marked_) return;
  marked_ = shown_;
  session_.mark_read_async(here_, event_seq{shown_});
}

void chat_session::tell_typing() {
  if (!editor_.interactive()) return;
  const std::string line = editor_.typed();
  const bool typing = !line.empty() && line.front() != '/';
  const std::uint64_t now = steady_ms();
  if (typing && (typing_told_ms_ == 0 || now - typing_told_ms_ >= typing_again_ms)) {
    typing_told_ms_ = now;
    session_.typing(here_);
  } else if (!typing && typing_told_ms_ != 0) {
    typing_told_ms_ = 0;
    // What was said tells it by itself; what was taken out again does not.
    if (line.empty()) session_.typing(here_, true);
  }
}

void chat_session::read() {
  editor_.read();
  tell_typing();
}

bool chat_session::over() {
  return quit_ || ended_ || (input_ended_ && !under_way());
}

bool chat_session::under_way() {
  const std::lock_guard lock(mutex_);
  return under_way_ != 0;
}

void chat_session::tell(const failure& f, const std::string& words) {
  const std::string why = f.detail.empty() ? std::string(describe(f.code).text) : f.detail;
  note(words + ": " + printable(why, " ") + " (" + std::string(name_of(f.code)) + ")");
}

/// A word of this program, not of the conversation. On stderr when stdout is for scripts.
void chat_session::note(const std::string& text) {
  if (editor_.interactive()) {
    editor_.print(dimmed(text, at_.decorated()));
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

}  // namespace conclave::client::cli
