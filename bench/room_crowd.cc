/// Founding the rooms and speaking in them. Receiving is in room_receive.cc.
#include "bench/room_crowd.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace conclave::bench {

namespace {

constexpr std::size_t most_users_per_request = 500;
constexpr std::size_t founding_at_once = 16;
constexpr std::string_view title_prefix = "bench room ";

std::uint64_t random_id() {
  return std::random_device{}() + (std::uint64_t{std::random_device{}()} << 32);
}

}  // namespace

room_crowd::room_crowd(crowd_settings settings, std::vector<account> accounts,
                       std::vector<room_plan> plans, std::size_t body_size,
                       std::size_t compared_per_speaker)
    : crowd(std::move(settings), std::move(accounts)),
      payload_(body_size),
      verifier_(payload_, faults_),
      seats_(accounts_.size()),
      reads_(accounts_.size()) {
  for (room_plan& plan : plans) {
    room r;
    r.number = plan.number;
    r.ledger = room_ledger(compared_per_speaker * plan.speakers.size());
    r.listeners = static_cast<std::uint32_t>(plan.callers.size()) - 1;
    r.plan = std::move(plan);
    rooms_by_number_[r.number] = static_cast<std::uint32_t>(rooms_.size());
    rooms_.push_back(std::move(r));
  }
}

room_crowd::~room_crowd() {
  join();
}

void room_crowd::on_logged_in(std::size_t index) {
  if (phase_ != phase::connecting || !rooms_.empty()) catch_up(index);
}

void room_crowd::on_everybody_logged_in() {
  for (room& r : rooms_) {
    for (const std::uint32_t index : r.plan.callers) {
      place p;
      p.caller = index;
      p.at.user = callers_[index].user;
      r.places.push_back(std::move(p));
    }
    for (const std::uint32_t index : r.plan.speakers) {
      speaker s;
      s.user = callers_[index].user;
      s.device = callers_[index].device;
      r.speakers.push_back(s);
    }
  }
  if (rooms_.empty()) return on_all_rooms_open();
  const std::size_t first = std::min(founding_at_once, rooms_.size());
  while (next_to_found_ < first) found(static_cast<std::uint32_t>(next_to_found_++));
}

void room_crowd::found(std::uint32_t index) {
  room& r = rooms_[index];
  create_conversation message;
  message.op_id = random_id();
  const std::string title = std::string(title_prefix) + std::to_string(r.number);
  message.title = title;
  for (std::size_t i = 1; i < r.places.size(); ++i) {
    if (message.members.size() < most_users_per_request) {
      message.members.push_back(r.places[i].at.user);
    } else {
      // Added afterwards: not a member before the event that says so.
      r.places[i].at.inside = false;
      r.plan.absent.push_back(r.places[i].at.user);
    }
  }
  if (!ask(r.places.front().caller, {founding, index, 0, now_ns()}, message)) {
    break_off("not_founded", title);
  }
}

void room_crowd::add_absent(room& r) {
  if (r.absent_added == r.plan.absent.size()) return room_is_open(r);
  const std::uint32_t owner = r.places.front().caller;
  add_members message;
  message.conversation = r.id;
  message.client_seq = callers_[owner].next_client_seq++;
  const std::size_t end = std::min(r.plan.absent.size(), r.absent_added + most_users_per_request);
  message.users.assign(r.plan.absent.begin() + static_cast<std::ptrdiff_t>(r.absent_added),
                       r.plan.absent.begin() + static_cast<std::ptrdiff_t>(end));
  r.absent_added = end;
  if (!ask(owner, {adding, rooms_by_number_[r.number], 0, now_ns()}, message)) {
    break_off("not_founded", "members of room " + std::to_string(r.number));
  }
}

void room_crowd::room_is_open(room& r) {
  r.open = true;
  on_room_open(r);
  if (next_to_found_ < rooms_.size()) found(static_cast<std::uint32_t>(next_to_found_++));
  if (++open_rooms_ == rooms_.size()) on_all_rooms_open();
}

void room_crowd::name_room(room& r, conversation_id c) {
  if (r.id == c) return;
  if (r.id) return fault("wrong_conversation", "room " + std::to_string(r.number));
  r.id = c;
  const std::uint32_t index = rooms_by_number_[r.number];
  for (std::size_t i = 0; i < r.places.size(); ++i) {
    seats_[r.places[i].caller].push_back({c, {index, static_cast<std::uint32_t>(i)}});
  }
}

const room_crowd::seat_key* room_crowd::learn(std::size_t caller, conversation_id c,
                                              const event_view& event) {
  // The founding reaches members before or after its answer reaches the founder.
  if (event.kind != event_kind::conversation_created) return nullptr;
  const auto body = decode_body<created_body>(event.body);
  if (!body || !std::string_view(body->name).starts_with(title_prefix)) return nullptr;
  const std::string digits = body->name.substr(title_prefix.size());
  std::uint64_t number = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return nullptr;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  const auto found = rooms_by_number_.find(number);
  if (found == rooms_by_number_.end() || rooms_[found->second].id) return nullptr;
  name_room(rooms_[found->second], c);
  return find(caller, c);
}

std::size_t room_crowd::place_of(const room& r, std::uint32_t caller) const {
  for (const auto& [c, key] : seats_[caller]) {
    if (c == r.id) return key.place;
  }
  return r.places.size();
}

bool room_crowd::say(room& r, std::uint32_t who, std::uint64_t intended_ns) {
  const std::uint32_t index = r.plan.speakers[who];
  person& c = callers_[index];
  if (!may_ask(c)) return false;
  speaker& s = r.speakers[who];
  const std::uint64_t number = ++s.said;
  payload_.write(body_, {r.number << 32 | who, number, intended_ns});
  send message;
  message.conversation = r.id;
  message.client_seq = c.next_client_seq++;
  message.body.data = body_;
  adorn(message);
  const auto room_index = static_cast<std::uint32_t>(&r - rooms_.data());
  // The speaker's place in the room is looked up at the OK; the number holds who it was.
  return ask(index, {saying, room_index, number << 24 | who, intended_ns}, message);
}

void room_crowd::on_reply(std::size_t index, const request_slot& asked, const frame_view& answer) {
  room& r = rooms_[asked.room];
  switch (asked.what) {
    case saying:
      return take_ok(index, asked, answer);
    case fetching:
      return take_page(index, {asked.room, static_cast<std::uint32_t>(asked.number)}, answer);
    case founding: {
      const auto created = decode<conversation_created>(answer.payload);
      if (!created || answer.header.type != frame_type::conversation_created) {
        return break_off("wrong_answer", "to CREATE_CONVERSATION");
      }
      name_room(r, created->conversation);
      verifier_.on_own_change(r, r.places.front().at, event_seq{1});
      return add_absent(r);
    }
    case adding: {
      const auto ok = decode<ok_answer>(answer.payload);
      if (!ok || answer.header.type != frame_type::ok) {
        return break_off("wrong_answer", "to ADD_MEMBERS");
      }
      take(r, 0, verifier_.on_own_change(r, r.places.front().at, ok->seq), false);
      return add_absent(r);
    }
    default:
      return;
  }
}

void room_crowd::on_refusal(std::size_t index, const request_slot& asked,
                            const error_answer& error) {
  if (asked.what == fetching) {
    --reads_[index].open;
    const seat_key key{asked.room, static_cast<std::uint32_t>(asked.number)};
    rooms_[key.room].places[key.place].at.cursor.on_fetch_failed();
    if (error.kind == error_class::retry) {
      reactor_.after(std::chrono::milliseconds(100), [this, index, key] {
        auto& at = rooms_[key.room].places[key.place].at;
        fetch(index, key, at.cursor.missing().fetch_from);
      });
      return;
    }
  }
  crowd::on_refusal(index, asked, error);
  if (asked.what != saying || broken_) return;
  room& r = rooms_[asked.room];
  const auto who = static_cast<std::uint32_t>(asked.number & 0xff'ffff);
  ++r.speakers[who].refused;
  on_refused(r, who);
}

void room_crowd::take_ok(std::size_t index, const request_slot& asked, const frame_view& answer) {
  const auto ok = decode<ok_answer>(answer.payload);
  if (!ok || answer.header.type != frame_type::ok) return fault("wrong_answer", "to SEND");
  room& r = rooms_[asked.room];
  const auto who = static_cast<std::uint32_t>(asked.number & 0xff'ffff);
  const std::uint64_t number = asked.number >> 24;
  const std::size_t where = place_of(r, static_cast<std::uint32_t>(index));
  count_ack(asked.sent_ns);
  take(r, where, verifier_.on_ok(r, r.places[where].at, who, number, ok->seq), false);
  on_said(r, who, number, ok->seq);
}

bool room_crowd::is_quiet() {
  for (const person& c : callers_) {
    if (c.open != 0) return false;
  }
  for (const room& r : rooms_) {
    for (const place& p : r.places) {
      if (!verifier::has_all(r, p.at)) return false;
    }
  }
  return true;
}

void room_crowd::settle() {
  for (const room& r : rooms_) {
    if (!r.open) continue;
    for (const place& p : r.places) verifier_.finish(r, p.at);
  }
}

}  // namespace conclave::bench
