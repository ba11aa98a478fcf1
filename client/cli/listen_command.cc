/// `conclave listen`: prints what happens as it comes, until Ctrl-C: events, inbox entries, bodies
/// that went; with --soft also who types and reads. What has been printed is remembered in the
/// state file, so the next run goes on exactly there. With chosen conversations the others keep
/// their place for later runs, and the inbox its own at the first entry that was not chosen. It
/// ends with the session, and when stdout cannot be written: that line comes again the next time.
#include "client/cli/commands.h"
#include "client/cli/event_feed.h"
#include "client/cli/event_json.h"
#include "client/cli/event_lines.h"
#include "client/cli/interrupt.h"
#include "client/cli/name_book.h"
#include "client/cli/printed_state.h"
#include "client/cli/text.h"
#include "client/cli/titles.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <poll.h>
#include <utility>

namespace conclave::client::cli {

namespace {

using item = event_feed::item;
using what = event_feed::what;

class listening {
 public:
  listening(context& at, session& s, std::string state_file, session_state stored)
      : at_(at),
        session_(s),
        names_(s),
        titles_(s, names_),
        state_file_(std::move(state_file)),
        progress_(std::move(stored)) {}

  bool choose(const listen_options& o) {
    if (!titles_.learn()) {
      at_.fail(titles_.why());
      return false;
    }
    for (const std::string& name : o.conversations) {
      const conversation_id c = at_.find_conversation(session_, name);
      if (!c) return false;
      progress_.choose(c);
      if (!o.soft) continue;
      const status watching = session_.watch(c);
      if (!watching) {
        at_.fail(watching.error());
        return false;
      }
    }
    return true;
  }

  void print(const std::vector<item>& items) {
    learn_names(items);
    for (const item& i : items) print(i);
  }

  /// The session has ended for good, or nobody can read what is printed.
  bool over() const { return ended_ || at_.output_failed(); }

  status save(event_feed& feed) {
    if (!progress_.take_changed()) return done{};
    // What this state counts as received is in the feed by now: printed before it is written down.
    session_state state = session_.export_state();
    print(feed.take());
    return save_state(state_file_, progress_.merged(std::move(state)));
  }

 private:
  void learn_names(const std::vector<item>& items) {
    std::map<conversation_id, std::vector<user_id>> users;
    for (const item& i : items) {
      if (i.user) users[i.conversation].push_back(i.user);
      if (i.entry.user) users[i.conversation].push_back(i.entry.user);
      if (i.kind != what::event) continue;
      const auto event = decode_event(i.bytes);
      if (event) collect_users(*event, users[i.conversation]);
    }
    for (const auto& [c, some] : users) names_.in(c).learn(some);
  }

  void print(const item& i) {
    switch (i.kind) {
      case what::event:
        if (const auto event = decode_event(i.bytes)) print(i.conversation, *event);
        return;
      case what::gone:
        if (wants(i.conversation)) print_gone(i);
        return;
      case what::inbox:
        return print_inbox(i);
      case what::inbox_lost:
        std::fprintf(stderr,
                     "conclave: inbox entries were dropped before this device read them: see "
                     "conclave conv list\n");
        return;
      case what::typing:
      case what::read_by:
        if (wants(i.conversation)) print_soft(i);
        return;
      case what::presence:
        return;
      case what::link:
        return say(i);
    }
  }

  /// Is it to be printed? Nothing is after the first line that could not be written.
  bool wants(conversation_id c) const { return progress_.chosen(c) && !at_.output_failed(); }

  /// False: it is not written, or not for certain.
  bool write(const std::string& line) {
    at_.line(line);
    return !at_.output_failed();
  }

  void print(conversation_id c, const event_view& event) {
    if (wants(c) && write(line_of(c, event))) {
      progress_.printed(c, event.seq);
    } else {
      progress_.left_out(c, event.seq);
    }
  }

  std::string line_of(conversation_id c, const event_view& event) {
    if (at_.json()) return line_of_json(c, event, names_.in(c));
    if (event.kind == event_kind::settings_changed) titles_.forget(c);
    return line_for_people(event, names_.in(c), style_of(c), now_ms());
  }

  void print_inbox(const item& i) {
    if (wants(i.conversation) && write(line_of(i.conversation, i.entry))) {
      progress_.inbox_printed(i.entry.seq);
    } else {
      progress_.inbox_left_out(i.entry.seq);
    }
  }

  std::string line_of(conversation_id c, const inbox_item& entry) {
    if (at_.json()) return line_of_json(entry, names_.in(c));
    return line_for_people(entry, names_.in(c), titles_.of(c), now_ms());
  }

  line_style style_of(conversation_id c) {
    line_style style;
    style.colour = at_.decorated();
    if (progress_.count_chosen() != 1) style.conversation = titles_.of(c);
    return style;
  }

  void print_gone(const item& i) {
    if (at_.json()) return at_.line(gone_line_of_json(i.conversation, i.seqs));
    std::string line = titles_.of(i.conversation) + "  * gone since the last time:";
    for (const event_seq s : i.seqs) line += " #" + std::to_string(s.value);
    at_.line(dimmed(printable(line, " "), at_.decorated()));
  }

  void print_soft(const item& i) {
    const bool typing = i.kind == what::typing;
    const std::string name = names_.in(i.conversation).of(i.user);
    if (at_.json()) {
      nlohmann::ordered_json line{{"conversation", i.conversation.value},
                                  {"kind", typing ? "typing" : "read_by"},
                                  {"user", i.user.value},
                                  {"user_name", name}};
      if (typing) {
        line["stopped"] = !i.on;
      } else {
        line["up_to"] = i.seqs.front().value;
      }
      return at_.line(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    }
    const std::string text =
        name + (!typing ? " has read up to #" + std::to_string(i.seqs.front().value)
                : i.on  ? " is typing…"
                        : " stopped typing");
    at_.line(dimmed(printable(titles_.of(i.conversation) + "  " + text, " "), at_.decorated()));
  }

  void say(const item& i) {
    if (i.link == link_state::lost) {
      std::fprintf(stderr, "conclave: connection lost (%s), connecting again\n",
                   printable(i.why.detail, " ").c_str());
    } else if (i.link == link_state::ended) {
      at_.fail(i.why);
      ended_ = true;
    }
  }

  context& at_;
  session& session_;
  name_book names_;
  titles titles_;
  std::string state_file_;
  printed_state progress_;
  bool ended_ = false;
};

}  // namespace

int listen(context& at, const listen_options& o) {
  if (o.soft && o.conversations.empty()) {
    return at.usage("--soft needs the conversations to be named");
  }
  const interrupt stop;
  event_feed feed;
  session_options options;
  const status prepared = at.prepare();
  if (!prepared) return at.usage(prepared.error().detail);
  auto stored = load_state(at.state_file());
  if (!stored) return at.usage(stored.error().detail);
  options.state = std::move(*stored);
  const auto s = at.open(options, feed.callbacks(true, true));
  if (!s) return at.exit();
  listening to(at, *s, at.state_file(), options.state);
  if (!to.choose(o)) return at.exit();
  using clock = std::chrono::steady_clock;
  auto saved = clock::now();
  bool going = true;
  while (going) {
    pollfd ready[2] = {{feed.readable(), POLLIN, 0}, {stop.readable(), POLLIN, 0}};
    // An end that was met while saving: once more around, for what came after the state was taken.
    poll(ready, 2, to.over() ? 0 : 1'000);
    to.print(feed.take());
    going = !to.over() && ready[1].revents == 0;
    if (going && clock::now() - saved < std::chrono::seconds{1}) continue;
    saved = clock::now();
    const status kept = to.save(feed);
    if (!kept) return at.usage(kept.error().detail);
  }
  return at.exit();
}

}  // namespace conclave::client::cli
