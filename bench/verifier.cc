/// The rules of judging: first the seq (cursor), then who was entitled, then what was said.
#include "bench/verifier.h"

#include <algorithm>

namespace conclave::bench {

namespace {

using client::conversation_cursor;

std::string at_seq(const room_record& room, event_seq seq) {
  return "room " + std::to_string(room.number) + ", seq " + std::to_string(seq.value);
}

bool names(const members_body& body, user_id user) {
  return std::find(body.users.begin(), body.users.end(), user) != body.users.end();
}

/// Does this event let the user in?
bool lets_in(const event_view& event, user_id user) {
  if (event.kind == event_kind::conversation_created) {
    const auto body = decode_body<created_body>(event.body);
    return body &&
           std::find(body->members.begin(), body->members.end(), user) != body->members.end();
  }
  if (event.kind != event_kind::members_added) return false;
  const auto body = decode_body<members_body>(event.body);
  return body && names(*body, user);
}

}  // namespace

verifier::ruling verifier::on_push(room_record& room, seat& at, conversation_id c,
                                   const event_view& event, std::string_view bytes) {
  if (c != room.id) {
    wrong_member(at.user, c, event.seq);
    return {};
  }
  if (!at.inside) {
    if (is_overlap(at, event.seq)) return {};
    if (!lets_in(event, at.user)) {
      wrong_member(at.user, c, event.seq);
      return {};
    }
    at.inside = true;
    at.from_start = event.seq.value == 1;
    at.cursor = conversation_cursor(event_seq{event.seq.value - 1});
  }
  if (at.head_owed_to != 0 && !at.resuming) {
    faults_.add("gap", at_seq(room, event.seq) +
                           ", and no HEAD has spoken of what lies before seq " +
                           std::to_string(at.head_owed_to));
    at.head_owed_to = 0;
  }
  const std::uint64_t known = at.cursor.known().value;
  const auto what = at.cursor.on_event(event.seq, bytes);
  switch (what.what) {
    case conversation_cursor::verdict::deliver:
      return {judge(room, at, event), {}, true};
    case conversation_cursor::verdict::drop:
      judge_repeat(room, at, event.seq, "duplicate");
      return {};
    case conversation_cursor::verdict::gap:
      judge_jump(room, at, event.seq, known);
      return {std::nullopt, what.fetch_from, false};
  }
  return {};
}

/// A second time is right only where a page, or the connection before, was first.
void verifier::judge_repeat(const room_record& room, const seat& at, event_seq seq,
                            const char* kind) {
  if (is_overlap(at, seq)) return;
  faults_.add(kind, at_seq(room, seq) + " at cursor " + std::to_string(at.cursor.cursor().value));
}

/// Pushes may only leave out what a HEAD has spoken of. An own event is told by its OK, which never
/// comes after the events behind it; but it may come before the HEAD for what was left out, which
/// then comes before any push.
void verifier::judge_jump(const room_record& room, const seat& at, event_seq seq,
                          std::uint64_t known) {
  if (at.resuming || seq.value <= known + 1) return;
  faults_.add("gap", at_seq(room, seq) + " where seq " + std::to_string(known + 1) + " was due");
}

void verifier::on_reconnect(seat& at) {
  at.resuming = true;
  at.head_owed_to = 0;
  at.overlaps_from = 0;  // two loops: the old connection may have been the faster one
  at.overlaps_to = at.cursor.cursor().value;
  at.cursor.on_reconnect();
}

event_seq verifier::on_head(seat& at, event_seq head) {
  if (head.value + 1 >= at.head_owed_to) at.head_owed_to = 0;
  return at.cursor.on_head(head).fetch_from;
}

bool verifier::on_page_end(seat& at, event_seq next, event_seq head) {
  const bool moved = at.cursor.on_page_end(next, head);
  at.overlaps_to = std::max(at.overlaps_to, at.cursor.cursor().value);
  if (next.value == 0) at.resuming = false;
  return moved;
}

std::optional<verifier::ruling> verifier::next_kept(room_record& room, seat& at) {
  const auto kept = at.cursor.take_ready();
  if (!kept) return std::nullopt;
  if (kept->own) {
    ++at.own;
    return ruling{std::nullopt, {}, true};
  }
  const auto event = decode_event(kept->bytes);
  if (!event) {
    faults_.add("content", at_seq(room, kept->seq) + " cannot be read");
    return ruling{std::nullopt, {}, true};
  }
  return ruling{judge(room, at, *event), {}, true};
}

verifier::ruling verifier::on_page_event(room_record& room, seat& at, const event_view& event) {
  const std::uint64_t before = at.cursor.cursor().value;
  // Pushes of what lies behind an earlier page and before this one have no excuse.
  if (before > at.overlaps_to) at.overlaps_from = before;
  if (at.cursor.on_page_event(event.seq) != conversation_cursor::verdict::deliver) return {};
  if (event.seq.value != before + 1) {
    faults_.add(
        "gap", at_seq(room, event.seq) + " in a history page, at cursor " + std::to_string(before));
  }
  return {judge(room, at, event), {}, true};
}

verifier::ruling verifier::on_ok(room_record& room, seat& at, std::uint32_t who,
                                 std::uint64_t number, event_seq seq) {
  if (room.ledger.note(seq.value, who, number) == room_ledger::verdict::contradicts) {
    faults_.add("wrong_seq", "the OK for message " + std::to_string(number) + " names " +
                                 at_seq(room, seq) + ", where another one stands");
  }
  return on_own_change(room, at, seq);
}

verifier::ruling verifier::on_own_change(room_record& room, seat& at, event_seq seq) {
  room.last_ack = std::max(room.last_ack, seq.value);
  if (!at.inside) return {};
  const std::uint64_t known = at.cursor.known().value;
  const auto what = at.cursor.on_own(seq);
  switch (what.what) {
    case conversation_cursor::verdict::deliver:
      ++at.own;
      return {std::nullopt, {}, true};
    case conversation_cursor::verdict::drop:
      judge_repeat(room, at, seq, "ack_order");
      return {};
    case conversation_cursor::verdict::gap:
      if (!at.resuming && seq.value > known + 1) at.head_owed_to = seq.value;
      return {std::nullopt, what.fetch_from, false};
  }
  return {};
}

void verifier::wrong_member(user_id user, conversation_id c, event_seq seq) {
  faults_.add("wrong_member", "user " + std::to_string(user.value) + " received seq " +
                                  std::to_string(seq.value) + " of conversation " +
                                  std::to_string(c.value) + ", which he has no part in");
}

void verifier::finish(const room_record& room, const seat& at) {
  if (has_all(room, at)) return;
  faults_.add("missing",
              "user " + std::to_string(at.user.value) + " has room " + std::to_string(room.number) +
                  " up to " + std::to_string(at.cursor.cursor().value) + ", acknowledged is " +
                  std::to_string(room.last_ack),
              room.last_ack - at.cursor.cursor().value);
}

std::optional<verifier::arrival> verifier::judge(room_record& room, seat& at,
                                                 const event_view& event) {
  ++at.received;
  if (!is_message(event.kind)) {
    judge_members(room, at, event);
    return std::nullopt;
  }
  payload::fields f;
  if (event.is_gone()) return std::nullopt;
  if (!payload_.read(event.body, f)) {
    faults_.add("content", at_seq(room, event.seq) + " is not as it was sent");
    return std::nullopt;
  }
  // The body names its room and its speaker, so a body that strayed from elsewhere is noticed.
  const auto who = static_cast<std::uint32_t>(f.sender & 0xffff'ffffu);
  if (f.sender >> 32 != room.number || who >= room.speakers.size()) {
    faults_.add("wrong_conversation", at_seq(room, event.seq) + " holds a body of room " +
                                          std::to_string(f.sender >> 32));
    return std::nullopt;
  }
  const speaker& by = room.speakers[who];
  if (event.sender != by.user || event.device != by.device) {
    faults_.add("wrong_sender", at_seq(room, event.seq));
  }
  const bool own = by.user == at.user;
  if (!own) judge_order(room, at, who, f);
  if (room.ledger.note(event.seq.value, who, f.number) == room_ledger::verdict::contradicts) {
    faults_.add("reorder", at_seq(room, event.seq) + " is not the same for everybody");
  }
  // Own ones come as OKs, and by pages only after a lag: that is no delivery.
  if (own) return std::nullopt;
  return arrival{who, f.sent_ns, event.seq, event.expires,
                 room.ledger.count_arrival(event.seq.value)};
}

void verifier::judge_order(room_record& room, seat& at, std::uint32_t who,
                           const payload::fields& f) {
  if (at.heard.size() < room.speakers.size()) at.heard.resize(room.speakers.size(), 0);
  std::uint64_t& newest = at.heard[who];
  if (f.number == newest + 1) [[likely]] {
    newest = f.number;
    return;
  }
  const std::string words = "message " + std::to_string(f.number) + " of speaker " +
                            std::to_string(who) + " in room " + std::to_string(room.number);
  if (f.number == newest) {
    faults_.add("repeated", words);
  } else if (f.number < newest) {
    faults_.add("reorder", words + " after " + std::to_string(newest));
  } else if ((newest != 0 || at.from_start) && room.speakers[who].refused == 0) {
    faults_.add("missing", words + " where " + std::to_string(newest + 1) + " was due",
                f.number - newest - 1);
  }
  newest = std::max(newest, f.number);
}

void verifier::judge_members(room_record& room, seat& at, const event_view& event) {
  if (event.kind != event_kind::member_removed) return;
  const auto body = decode_body<members_body>(event.body);
  if (!body) {
    faults_.add("content", at_seq(room, event.seq) + " is a removal that cannot be read");
  } else if (names(*body, at.user)) {
    at.inside = false;
  }
}

}  // namespace conclave::bench
