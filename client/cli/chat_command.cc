/// `conclave chat`: one conversation in a terminal. What others write appears above the line being
/// typed; commands begin with a slash. Texts are sent without waiting: the person's own come back
/// in their place, and a failure is told when it is known.
///
/// It keeps no state file: it shows the newest events and then what comes.
#include "client/cli/commands.h"
#include "client/cli/event_feed.h"
#include "client/cli/event_lines.h"
#include "client/cli/interrupt.h"
#include "client/cli/line_editor.h"
#include "client/cli/text.h"

#include <algorithm>
#include <mutex>
#include <poll.h>
#include <sstream>
#include <unistd.h>

namespace conclave::client::cli {

namespace {

constexpr std::uint32_t shown_at_start = 20;

constexpr const char* help_text =
    "/members who is here   /add NAME…   /leave   /history N the last N   /quit\n"
    "A line that begins with // is sent with one slash.";

class chatting {
 public:
  chatting(context& at, session& s, conversation_id c)
      : at_(at),
        session_(s),
        here_(c),
        names_(s),
        style_{at.decorated(), {}},
        editor_(
            "> ", [this](const std::string& l) { typed(l); }, [this] { input_ended_ = true; }) {}

  /// False: this conversation cannot be read.
  bool begin(const std::string& title) {
    if (!at_.json()) {
      note("`" + printable(title, " ") + "` as " + session_.who().user_name + "; /help for help");
    }
    return show_last(shown_at_start, true);
  }

  void read() { editor_.read(); }

  void take(const std::vector<event_feed::item>& items) {
    std::vector<user_id> users;
    for (const event_feed::item& i : items) {
      if (i.conversation != here_) continue;
      const auto event = decode_event(i.bytes);
      if (event) collect_users(*event, users);
    }
    names_.learn(users);
    for (const event_feed::item& i : items) {
      if (!i.conversation) {
        say(i);
      } else if (i.conversation == here_) {
        const auto event = decode_event(i.bytes);
        if (event && event->seq.value > shown_) show(*event);
      }
    }
  }

  /// Failures of send_async, told on the main thread.
  void take_failures() {
    std::vector<failure> failures;
    {
      const std::lock_guard lock(mutex_);
      failures.swap(failures_);
    }
    for (const failure& f : failures) tell(f, "not sent");
  }

  /// Nothing more is to come: asked to quit, ended, or the input ended and all is answered.
  bool over() {
    if (quit_ || ended_) return true;
    const std::lock_guard lock(mutex_);
    return input_ended_ && under_way_ == 0;
  }
  bool wants_input() const { return !input_ended_; }

 private:
  void typed(const std::string& line) {
    if (line.empty()) return;
    if (line.front() == '/' && line.rfind("//", 0) != 0) return command(line);
    {
      const std::lock_guard lock(mutex_);
      ++under_way_;
    }
    session_.send_async(here_, line.front() == '/' ? line.substr(1) : line,
                        [this](outcome<receipt> answer) {
                          const std::lock_guard lock(mutex_);
                          --under_way_;
                          if (!answer) failures_.push_back(answer.error());
                        });
  }

  void command(const std::string& line) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "/quit" || name == "/q") {
      quit_ = true;
    } else if (name == "/help" || name == "/?") {
      note(help_text);
    } else if (name == "/members") {
      members();
    } else if (name == "/add") {
      add(words);
    } else if (name == "/leave") {
      const auto left = session_.remove_member(here_, session_.who().user);
      if (!left) return tell(left.error(), "cannot leave");
      note("you left");
      quit_ = true;
    } else if (name == "/history") {
      std::uint32_t count = 0;
      if (!(words >> count) || count == 0) count = 50;
      show_last(std::min<std::uint32_t>(count, 1'000), false);
    } else {
      note("there is no " + printable(name, " ") + "; /help for help");
    }
  }

  void members() {
    const auto all = session_.list_members(here_);
    if (!all) return tell(all.error(), "cannot list the members");
    std::string line;
    for (const member_info& m : *all) {
      line += (line.empty() ? "" : ", ") + printable(m.user_name, " ") +
              (m.role == member_role::owner ? " (owner)" : "");
    }
    note(line);
  }

  void add(std::istringstream& words) {
    std::vector<std::string> names;
    for (std::string word; words >> word;) {
      names.push_back(word.front() == '@' ? word.substr(1) : word);
    }
    if (names.empty()) return note("whom? /add NAME…");
    const auto found = session_.resolve(names);
    if (!found) return tell(found.error(), "cannot find them");
    if (found->size() < names.size()) return note("not all of these users exist");
    std::vector<user_id> users;
    for (const user_info& u : *found) users.push_back(u.user);
    const auto added = session_.add_members(here_, users);
    if (!added) tell(added.error(), "cannot add");
  }

  bool show_last(std::uint32_t count, bool first) {
    const auto page = session_.history(here_, event_seq{0}, history_direction::backward, count);
    if (!page) {
      if (first) {
        at_.fail(page.error());
      } else {
        tell(page.error(), "cannot read the history");
      }
      return false;
    }
    std::vector<user_id> users;
    for (const event_view& event : page->events) collect_users(event, users);
    names_.learn(users);
    for (const event_view& event : page->events) show(event);
    return true;
  }

  void show(const event_view& event) {
    shown_ = std::max(shown_, event.seq.value);
    editor_.print(at_.json() ? line_of_json(here_, event, names_)
                             : line_for_people(event, names_, style_, now_ms()));
  }

  void say(const event_feed::item& i) {
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

  void tell(const failure& f, const std::string& what) {
    note(what + ": " + printable(f.detail, " ") + " (" + std::string(name_of(f.code)) + ")");
  }

  /// A word of this program, not of the conversation. On stderr when stdout is for scripts.
  void note(const std::string& text) {
    if (editor_.interactive()) {
      editor_.print(at_.decorated() ? "\033[2m" + text + "\033[0m" : text);
    } else {
      std::fprintf(stderr, "%s\n", text.c_str());
    }
  }

  context& at_;
  session& session_;
  conversation_id here_;
  name_book names_;
  line_style style_;
  line_editor editor_;
  std::mutex mutex_;  // guards the two below, which the session's thread writes
  std::size_t under_way_ = 0;
  std::vector<failure> failures_;
  std::uint64_t shown_ = 0;
  bool input_ended_ = false;
  bool quit_ = false;
  bool ended_ = false;
  bool lost_ = false;
};

}  // namespace

int chat(context& at, const std::string& conversation) {
  const interrupt stop;
  event_feed feed;
  session_options options;
  auto s = at.open(std::move(options), feed.callbacks());
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, conversation);
  if (!c) return at.exit();
  chatting here(at, *s, c);
  if (!here.begin(conversation)) return at.exit();
  while (!here.over()) {
    pollfd ready[3] = {{feed.readable(), POLLIN, 0},
                       {stop.readable(), POLLIN, 0},
                       {here.wants_input() ? STDIN_FILENO : -1, POLLIN, 0}};
    poll(ready, 3, 200);
    if (ready[1].revents != 0) break;
    here.take(feed.take());
    here.take_failures();
    if (ready[2].revents != 0) here.read();
  }
  here.take(feed.take());
  here.take_failures();
  s.reset();  // before `here`, to which its callbacks point
  return at.exit();
}

}  // namespace conclave::client::cli
