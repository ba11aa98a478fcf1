/// `conclave listen`: prints events as they come, until Ctrl-C. What has been printed is remembered
/// in the state file, so the next run goes on exactly there.
#include "client/cli/commands.h"
#include "client/cli/event_feed.h"
#include "client/cli/event_lines.h"
#include "client/cli/interrupt.h"
#include "client/cli/text.h"

#include <chrono>
#include <poll.h>
#include <set>
#include <unordered_map>
#include <utility>

namespace conclave::client::cli {

namespace {

class listening {
 public:
  listening(context& at, session& s, std::string state_file)
      : at_(at), session_(s), names_(s), state_file_(std::move(state_file)) {
    printed_ = s.export_state();
  }

  bool choose(const std::vector<std::string>& conversations) {
    for (const std::string& name : conversations) {
      const conversation_id c = at_.find_conversation(session_, name);
      if (!c) return false;
      wanted_.insert(c);
    }
    return learn_titles();
  }

  /// False: the session has ended for good.
  bool print(const std::vector<event_feed::item>& items) {
    if (items.empty()) return true;
    std::vector<event_view> events;
    std::vector<user_id> users;
    for (const event_feed::item& i : items) {
      const auto event = i.conversation ? decode_event(i.bytes) : outcome<event_view>(event_view{});
      events.push_back(event ? *event : event_view{});
      if (i.conversation) collect_users(events.back(), users);
    }
    names_.learn(users);
    bool going = true;
    for (std::size_t n = 0; n < items.size(); ++n) {
      if (items[n].conversation) {
        print(items[n].conversation, events[n]);
      } else {
        going = say(items[n]) && going;
      }
    }
    std::fflush(stdout);
    return going;
  }

  status save(event_feed& feed) {
    if (!std::exchange(dirty_, false)) return done{};
    // What this state counts as received is in the feed by now: printed before it is written down.
    session_state state = session_.export_state();
    print(feed.take());
    for (auto& [id, c] : state.conversations) {
      const auto mine = printed_.conversations.find(id);
      if (mine == printed_.conversations.end()) continue;
      if (mine->second.following) c.cursor = mine->second.cursor;
    }
    return save_state(state_file_, state);
  }

  void touch() { dirty_ = true; }

 private:
  void print(conversation_id c, const event_view& event) {
    conversation_state& mine = printed_.conversations[c];
    mine.following = true;
    mine.cursor = event.seq;
    dirty_ = true;
    if (!wanted_.empty() && !wanted_.contains(c)) return;
    if (at_.json()) return at_.line(line_of_json(c, event, names_));
    if (!titles_.contains(c)) learn_titles();
    const auto title = titles_.find(c);
    line_style style;
    style.colour = at_.decorated();
    if (wanted_.size() != 1) {
      style.conversation = title == titles_.end() ? std::to_string(c.value) : title->second;
    }
    at_.line(line_for_people(event, names_, style, now_ms()));
  }

  bool say(const event_feed::item& i) {
    if (i.link == link_state::lost) {
      std::fprintf(stderr, "conclave: connection lost (%s), connecting again\n",
                   printable(i.why.detail, " ").c_str());
    } else if (i.link == link_state::ended) {
      at_.fail(i.why);
      return false;
    }
    return true;
  }

  bool learn_titles() {
    const auto all = session_.list_conversations();
    if (!all) {
      at_.fail(all.error());
      return false;
    }
    for (const conversation_info& c : *all) titles_[c.conversation] = c.title;
    return true;
  }

  context& at_;
  session& session_;
  name_book names_;
  std::string state_file_;
  session_state printed_;
  std::set<conversation_id> wanted_;
  std::unordered_map<conversation_id, std::string> titles_;
  bool dirty_ = false;
};

}  // namespace

int listen(context& at, const std::vector<std::string>& conversations) {
  const interrupt stop;
  event_feed feed;
  session_options options;
  const status prepared = at.prepare();
  if (!prepared) return at.usage(prepared.error().detail);
  auto stored = load_state(at.state_file());
  if (!stored) return at.usage(stored.error().detail);
  options.state = std::move(*stored);
  const auto s = at.open(options, feed.callbacks());
  if (!s) return at.exit();
  listening to(at, *s, at.state_file());
  if (!to.choose(conversations)) return at.exit();
  to.touch();
  using clock = std::chrono::steady_clock;
  auto saved = clock::now();
  bool going = true;
  while (going) {
    pollfd ready[2] = {{feed.readable(), POLLIN, 0}, {stop.readable(), POLLIN, 0}};
    poll(ready, 2, 1'000);
    going = to.print(feed.take()) && ready[1].revents == 0;
    if (going && clock::now() - saved < std::chrono::seconds{1}) continue;
    saved = clock::now();
    const status kept = to.save(feed);
    if (!kept) return at.usage(kept.error().detail);
  }
  return at.exit();
}

}  // namespace conclave::client::cli
