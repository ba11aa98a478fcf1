/// Playing the steps and comparing the arrivals.
#include "bench/replay_crowd.h"

#include <algorithm>
#include <random>
#include <utility>

namespace conclave::bench {

namespace {

std::string where(const chat_log& log, std::uint64_t seq) {
  return log.name + ", seq " + std::to_string(seq);
}

}  // namespace

replay_crowd::replay_crowd(crowd_settings settings, std::vector<account> accounts,
                           std::vector<casting> plays)
    : crowd(std::move(settings), std::move(accounts)), roles_(accounts_.size()) {
  for (casting& cast : plays) {
    play p;
    p.seats.resize(cast.people.size());
    for (std::size_t i = 0; i < cast.people.size(); ++i) {
      roles_[cast.people[i]] = {static_cast<std::uint32_t>(plays_.size()),
                                static_cast<std::uint32_t>(i)};
    }
    p.cast = std::move(cast);
    plays_.push_back(std::move(p));
  }
}

replay_crowd::~replay_crowd() {
  join();
}

void replay_crowd::on_everybody_logged_in() {
  std::mt19937_64 random{std::random_device{}()};
  for (std::uint32_t i = 0; i < plays_.size(); ++i) {
    create_conversation message;
    message.op_id = random();
    message.title = "bench replay";
    if (!ask(plays_[i].cast.people.front(), {founding, i, 0, now_ns()}, message)) {
      break_off("not_founded", plays_[i].cast.log->name);
    }
  }
}

void replay_crowd::on_begin() {
  for (std::uint32_t i = 0; i < plays_.size(); ++i) go_on(i);
}

void replay_crowd::go_on(std::uint32_t index) {
  play& p = plays_[index];
  const auto& steps = p.cast.log->steps;
  while (p.next_step < steps.size() && phase_ == phase::sending && !broken_) {
    const chat_step& step = steps[p.next_step];
    const chat_step* const before = p.open == 0 ? nullptr : p.events.back().step;
    const bool follows = before == nullptr || (before->what == deed::say &&
                                               step.what == deed::say && before->nick == step.nick);
    if (!follows || !ask_step(p, index, step)) return;
    ++p.next_step;
  }
  if (p.next_step == steps.size() && p.open == 0 && ++finished_ == plays_.size()) over_ = true;
}

bool replay_crowd::ask_step(play& p, std::uint32_t index, const chat_step& step) {
  const std::size_t who = step.nick + 1;
  const std::uint32_t asker = p.cast.people[step.what == deed::say ? who : 0];
  if (!may_ask(callers_[asker])) return false;
  const std::uint64_t now = now_ns();
  const request_slot slot{stepping, index, p.events.size() + 2, now};
  const std::uint64_t client_seq = callers_[asker].next_client_seq++;
  const user_id subject = callers_[p.cast.people[who]].user;
  // Before it is asked: its event may reach others before the answer.
  p.events.push_back({&step, now});
  ++p.open;
  switch (step.what) {
    case deed::say: {
      send message;
      message.conversation = p.id;
      message.client_seq = client_seq;
      message.body.data = step.text;
      return ask(asker, slot, message);
    }
    case deed::join: {
      add_members message;
      message.conversation = p.id;
      message.client_seq = client_seq;
      message.users = {subject};
      return ask(asker, slot, message);
    }
    case deed::leave: {
      remove_member message;
      message.conversation = p.id;
      message.client_seq = client_seq;
      message.user = subject;
      return ask(asker, slot, message);
    }
  }
  return false;
}

void replay_crowd::on_reply(std::size_t index, const request_slot& asked,
                            const frame_view& answer) {
  play& p = plays_[asked.room];
  if (asked.what == founding) {
    const auto created = decode<conversation_created>(answer.payload);
    if (!created || answer.header.type != frame_type::conversation_created) {
      return break_off("wrong_answer", "to CREATE_CONVERSATION");
    }
    p.id = created->conversation;
    p.seats.front() = {true, 2};
    if (++founded_ == plays_.size()) say_ready();
    return;
  }
  const auto ok = decode<ok_answer>(answer.payload);
  if (!ok || answer.header.type != frame_type::ok) return break_off("wrong_answer", "to a step");
  --p.open;
  if (ok->seq.value != asked.number) {
    fault("wrong_seq",
          where(*p.cast.log, asked.number) + " became " + std::to_string(ok->seq.value));
  }
  take_own(p, roles_[index].second, asked.number);
  count_ack(asked.sent_ns);
  go_on(asked.room);
}

void replay_crowd::take_own(play& p, std::size_t who, std::uint64_t seq) {
  seat& at = p.seats[who];
  if (at.next != seq) {
    fault(at.next < seq ? "gap" : "ack_order",
          where(*p.cast.log, seq) + " acknowledged where " + std::to_string(at.next) + " was due");
  }
  at.next = std::max(at.next, seq + 1);
}

bool replay_crowd::is_right(const play& p, const happening& what, const event_view& event) const {
  const std::size_t who = what.step->nick + 1;
  const std::size_t asker = what.step->what == deed::say ? who : 0;
  if (event.sender != callers_[p.cast.people[asker]].user) return false;
  if (what.step->what == deed::say) {
    return event.kind == event_kind::text && event.body == what.step->text;
  }
  const auto body = decode_body<members_body>(event.body);
  const auto kind =
      what.step->what == deed::join ? event_kind::members_added : event_kind::member_removed;
  return event.kind == kind && body && body->users.size() == 1 &&
         body->users.front() == callers_[p.cast.people[who]].user;
}

void replay_crowd::on_event(client::session_ref s, conversation_id c, const event_view& event,
                            std::string_view) {
  const auto [play_index, who] = roles_[s.context];
  play& p = plays_[play_index];
  const std::uint64_t seq = event.seq.value;
  // The bot has the founding from its answer.
  if (seq == 1 && who == 0) return;
  if (c != p.id) return fault("wrong_member", where(*p.cast.log, seq) + " is not of his group");
  if (seq < 2 || seq - 2 >= p.events.size()) return fault("unasked", where(*p.cast.log, seq));
  const happening& what = p.events[seq - 2];
  if (!is_right(p, what, event)) fault("content", where(*p.cast.log, seq) + " is not as asked");
  seat& at = p.seats[who];
  const bool about_me = what.step->nick + 1 == who;
  if (!at.inside) {
    if (!about_me || what.step->what != deed::join) {
      return fault("wrong_member", where(*p.cast.log, seq) + " reached somebody outside");
    }
    at = {true, seq};
  }
  if (seq != at.next) {
    fault(seq < at.next ? "duplicate" : "gap",
          where(*p.cast.log, seq) + " where " + std::to_string(at.next) + " was due");
  }
  at.next = std::max(at.next, seq + 1);
  if (about_me && what.step->what == deed::leave) at.inside = false;
  count_delivery(what.asked_ns, false);
}

void replay_crowd::on_head(client::session_ref, conversation_id, event_seq head) {
  // A replay waits for answers, so nobody falls a megabyte behind.
  break_off("lagged", "the node would not push seq " + std::to_string(head.value));
}

/// Has this who everything of his newest stretch? The log says where that begins and ends.
bool replay_crowd::seat_complete(const play& p, std::size_t who) const {
  std::uint64_t joined = who == 0 ? 1 : 0;
  std::uint64_t last = p.events.size() + 1;
  bool inside = who == 0;
  for (std::size_t i = 0; i < p.events.size(); ++i) {
    const chat_step& step = *p.events[i].step;
    if (step.nick + 1 != who || step.what == deed::say) continue;
    inside = step.what == deed::join;
    (inside ? joined : last) = i + 2;
    if (inside) last = p.events.size() + 1;
  }
  const seat& at = p.seats[who];
  return joined == 0 || (at.inside == inside && at.next == last + 1);
}

bool replay_crowd::complete() const {
  for (const play& p : plays_) {
    if (p.open != 0) return false;
    // Cheap first: who is inside has everything, or somebody still waits.
    for (const seat& at : p.seats) {
      if (at.inside && at.next != p.events.size() + 2) return false;
    }
  }
  return true;
}

std::size_t replay_crowd::steps_left() const {
  std::size_t sum = 0;
  for (const play& p : plays_) sum += p.cast.log->steps.size() - p.next_step;
  return sum;
}

void replay_crowd::settle() {
  for (const play& p : plays_) {
    for (std::size_t who = 0; who < p.seats.size(); ++who) {
      if (!seat_complete(p, who)) {
        faults_.add("missing", p.cast.log->name + ": person " + std::to_string(who) +
                                   " stands at seq " + std::to_string(p.seats[who].next));
      }
    }
  }
}

}  // namespace conclave::bench
