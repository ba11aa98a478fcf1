/// See irc_replay.h.
#include "tests/e2e/irc_replay.h"

#include "schemas/codec.h"
#include "tests/support/text_request.h"

#include <algorithm>
#include <utility>

namespace conclave::irc {

namespace {

constexpr std::size_t bot = 0;
/// Logins under way at once: the node gives each handshake 5 s.
constexpr std::size_t most_connecting = 32;
/// Texts of one sender under way at once.
constexpr std::size_t most_open = 64;
/// How long surplus deliveries are waited for at the end.
constexpr std::chrono::milliseconds linger{500};

}  // namespace

irc_replay::irc_replay(options o, const std::vector<chat_log>& logs)
    : options_(std::move(o)), connections_(options_.tokens.size()), reactor_(*this) {
  std::unordered_map<std::string, std::size_t> by_nick;
  for (std::size_t i = 0; i < options_.nicks.size(); ++i) by_nick[options_.nicks[i]] = i + 1;
  for (const chat_log& log : logs) {
    group& g = groups_.emplace_back();
    g.log = &log;
    for (const std::string& nick : log.nicks) g.users.push_back(by_nick.at(nick));
  }
  for (connection& c : connections_) c.arrived.resize(groups_.size());
}

std::string irc_replay::run() {
  reactor_.post([this] { connect_more(); });
  reactor_.after(options_.deadline, [this] { fail("the deadline passed"); });
  reactor_.run();
  return failure_;
}

void irc_replay::fail(std::string sentence) {
  if (done_) return;
  done_ = true;
  for (const group& g : groups_)
    sentence += "; " + std::to_string(g.next) + " of " + std::to_string(g.log->steps.size());
  failure_ = std::move(sentence);
  reactor_.stop();
}

std::uint64_t irc_replay::events() const {
  std::uint64_t all = 0;
  for (const group& g : groups_) all += g.events.size();
  return all;
}

// -- connections
// -----------------------------------------------------------------------------------

void irc_replay::connect_more() {
  while (opened_ < connections_.size() && opened_ - ready_ < most_connecting) {
    connection& c = connections_[opened_];
    c.link = reactor_.open(options_.server, options_.tls, options_.tokens[opened_], opened_);
    ++opened_;
  }
  if (ready_ == connections_.size() && !std::exchange(founding_, true)) found_groups();
}

void irc_replay::on_ready(client::session_ref s, const logged_in&, const welcome&) {
  connections_[s.context].ready = true;
  ++ready_;
  connect_more();
}

void irc_replay::on_closed(client::session_ref s, const client::end_of_session& end) {
  fail("connection " + std::to_string(s.context) + " ended: " + end.detail);
}

// -- playing
// ---------------------------------------------------------------------------------------

void irc_replay::found_groups() {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    create_conversation request;
    request.op_id = i + 1;
    request.title = "log";
    connection& c = connections_[bot];
    const std::uint64_t correlation = ++c.correlation;
    c.asked[correlation] = {
        i, expect(groups_[i], i, bot, {event_kind::conversation_created, bot, bot, {}})};
    reactor_.request(c.link, correlation, request);
  }
}

std::uint64_t irc_replay::expect(group& g, std::size_t, std::size_t, played event) {
  g.events.push_back(event);
  ++g.open;
  return g.events.size();
}

void irc_replay::on_iteration_end() {
  if (done_ || !founding_) return;
  bool finished = true;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].id) play(i);
    finished = finished && groups_[i].next == groups_[i].log->steps.size() && groups_[i].open == 0;
  }
  if (!finished) return;
  if (wanted_deliveries_ == 0)
    for (const auto& of_user : expected())
      for (const auto& in_group : of_user) wanted_deliveries_ += in_group.size();
  if (deliveries_ < wanted_deliveries_) return;
  // What must not come would come about now.
  if (!std::exchange(lingering_, true))
    reactor_.after(linger, [this] {
      done_ = true;
      reactor_.stop();
    });
}

void irc_replay::play(std::size_t index) {
  group& g = groups_[index];
  while (g.next < g.log->steps.size()) {
    const step& s = g.log->steps[g.next];
    const bool follows = s.what == deed::say && !g.events.empty() &&
                         g.events.back().kind == event_kind::text &&
                         g.events.back().user == g.users[s.nick];
    if (g.open >= (follows ? most_open : 1)) return;
    ++g.next;
    play_step(index, s);
  }
}

void irc_replay::play_step(std::size_t index, const step& s) {
  group& g = groups_[index];
  const std::size_t subject = g.users[s.nick];
  const std::size_t asker = s.what == deed::join ? bot : subject;
  connection& c = connections_[asker];
  const std::uint64_t correlation = ++c.correlation;
  played event{event_kind::text, asker, subject, s.text};
  if (s.what == deed::join) event.kind = event_kind::members_added;
  if (s.what == deed::leave) event.kind = event_kind::member_removed;
  const std::uint64_t seq = expect(g, index, asker, event);
  c.asked[correlation] = {index, seq};
  bool sent = false;
  if (s.what == deed::join)
    sent = reactor_.request(c.link, correlation, add_members{g.id, seq, {options_.users[subject]}});
  else if (s.what == deed::leave)
    sent = reactor_.request(c.link, correlation, remove_member{g.id, seq, options_.users[subject]});
  else
    sent = reactor_.request(c.link, correlation, test::text_request(g.id, seq, s.text));
  if (!sent) fail("a request cannot be sent");
}

// -- what arrives
// ----------------------------------------------------------------------------------

std::size_t irc_replay::group_of(conversation_id id) const {
  for (std::size_t i = 0; i < groups_.size(); ++i)
    if (groups_[i].id == id) return i;
  return groups_.size();
}

bool irc_replay::is_right(const group& g, const event_view& event) const {
  if (event.seq.value == 0 || event.seq.value > g.events.size()) return false;
  const played& p = g.events[event.seq.value - 1];
  if (event.kind != p.kind || event.sender != options_.users[p.user]) return false;
  if (p.kind == event_kind::text) return event.body == p.text;
  if (p.kind == event_kind::conversation_created) return true;
  const auto body = decode_body<members_body>(event.body);
  return body && body->users.size() == 1 && body->users.front() == options_.users[p.subject];
}

void irc_replay::on_event(client::session_ref s, conversation_id conversation,
                          const event_view& event, std::string_view) {
  const std::size_t index = group_of(conversation);
  if (index == groups_.size()) return fail("an event of an unknown conversation");
  ++deliveries_;
  connections_[s.context].arrived[index].push_back(
      {event.seq.value, false, is_right(groups_[index], event)});
}

void irc_replay::on_head(client::session_ref, conversation_id, event_seq) {
  fail("a reader that keeps up was told HEAD in place of its events");
}

void irc_replay::on_answer(client::session_ref s, std::uint64_t correlation,
                           const frame_view& answer) {
  connection& c = connections_[s.context];
  const auto asked = c.asked.find(correlation);
  if (asked == c.asked.end()) return fail("an answer to nothing");
  const auto [index, seq] = asked->second;
  c.asked.erase(asked);
  group& g = groups_[index];
  std::uint64_t got = 0;
  if (answer.header.type == frame_type::conversation_created) {
    const auto made = decode<conversation_created>(answer.payload);
    if (made) g.id = made->conversation;
    got = 1;
  } else if (const auto ok = decode<ok_answer>(answer.payload);
             ok && answer.header.type == frame_type::ok) {
    got = ok->seq.value;
  } else if (const auto error = decode<error_answer>(answer.payload)) {
    return fail("step " + std::to_string(seq) + " was answered " + std::string(error->error_name) +
                ": " + std::string(error->text));
  }
  if (got != seq || got != ++g.answered)
    return fail("seq " + std::to_string(got) + " in the place of " + std::to_string(seq));
  --g.open;
  ++deliveries_;
  c.arrived[index].push_back({got, true, true});
}

// -- the comparison
// --------------------------------------------------------------------------------

/// By user and group: the seqs that he must receive.
std::vector<std::vector<std::vector<std::uint64_t>>> irc_replay::expected() const {
  std::vector<std::vector<std::vector<std::uint64_t>>> all(connections_.size());
  for (auto& of_user : all) of_user.resize(groups_.size());
  for (std::size_t index = 0; index < groups_.size(); ++index) {
    const group& g = groups_[index];
    std::vector<std::size_t> members{bot};
    for (std::size_t i = 0; i < g.events.size(); ++i) {
      const played& p = g.events[i];
      if (p.kind == event_kind::members_added) members.push_back(p.subject);
      for (const std::size_t user : members) all[user][index].push_back(i + 1);
      if (p.kind == event_kind::member_removed) std::erase(members, p.subject);
    }
  }
  return all;
}

std::string irc_replay::compare() const {
  const auto wanted = expected();
  for (std::size_t user = 0; user < connections_.size(); ++user) {
    for (std::size_t index = 0; index < groups_.size(); ++index) {
      const auto& right = wanted[user][index];
      const auto& got = connections_[user].arrived[index];
      const std::string who = (user == bot ? "the bot" : options_.nicks[user - 1]) +
                              std::string(" in ") + groups_[index].log->file;
      for (std::size_t i = 0; i < std::max(right.size(), got.size()); ++i) {
        if (i >= got.size()) return who + " missed seq " + std::to_string(right[i]);
        if (i >= right.size() || got[i].seq != right[i])
          return who + " received seq " + std::to_string(got[i].seq) + " as his event " +
                 std::to_string(i);
        if (!got[i].right) return who + ": seq " + std::to_string(got[i].seq) + " is another event";
        const bool own = groups_[index].events[right[i] - 1].user == user;
        if (got[i].own != own) return who + ": OK and EVENT are mixed up";
      }
    }
  }
  return {};
}

}  // namespace conclave::irc
