/// What arrives at the members of rooms: pushes, hints, pages.
#include "bench/room_crowd.h"
#include "client/event_list.h"

#include <chrono>
#include <utility>

namespace conclave::bench {

const room_crowd::seat_key* room_crowd::find(std::size_t caller, conversation_id c) {
  for (const auto& [known, key] : seats_[caller]) {
    if (known == c) return &key;
  }
  return nullptr;
}

void room_crowd::on_event(client::session_ref s, conversation_id c, const event_view& event,
                          std::string_view bytes) {
  const seat_key* known = find(s.context, c);
  if (known == nullptr) known = learn(s.context, c, event);
  if (known == nullptr) return verifier_.wrong_member(callers_[s.context].user, c, event.seq);
  const seat_key key = *known;
  room& r = rooms_[key.room];
  // The founder has the founding from its answer.
  if (key.place == 0 && event.seq.value == 1) return;
  const auto ruling = verifier_.on_push(r, r.places[key.place].at, c, event, bytes);
  if (ruling.taken && !is_message(event.kind)) on_other_event(r, key.place, event);
  take(r, key.place, ruling, false);
}

void room_crowd::take(room& r, std::size_t where, const verifier::ruling& what, bool fetched) {
  if (what.heard) count(r, where, *what.heard, fetched);
  if (what.fetch_from) {
    const auto index = static_cast<std::uint32_t>(&r - rooms_.data());
    fetch(r.places[where].caller, {index, static_cast<std::uint32_t>(where)}, what.fetch_from);
  }
  if (what.taken) drain_kept(r, where);
}

void room_crowd::count(room& r, std::size_t where, const verifier::arrival& what, bool fetched) {
  count_delivery(what.sent_ns, fetched);
  if (what.arrived == 0) ++not_compared_;
  if (what.arrived == r.listeners && r.listeners > 1 && due_when_measured(what.sent_ns))
    now_.reach.record(now_ns() - what.sent_ns);
  on_heard(r, where, what);
}

void room_crowd::drain_kept(room& r, std::size_t where) {
  while (const auto kept = verifier_.next_kept(r, r.places[where].at)) {
    if (kept->heard) count(r, where, *kept->heard, false);
  }
}

void room_crowd::on_head(client::session_ref s, conversation_id c, event_seq head) {
  const seat_key* known = find(s.context, c);
  if (known == nullptr) return;
  const seat_key key = *known;
  seat& at = rooms_[key.room].places[key.place].at;
  if (!at.inside) return;
  fetch(s.context, key, verifier::on_head(at, head));
}

void room_crowd::catch_up(std::size_t index) {
  for (const auto& [c, key] : seats_[index]) {
    seat& at = rooms_[key.room].places[key.place].at;
    if (!at.inside) continue;
    verifier::on_reconnect(at);
    // As if somebody had said that there is one more: the page tells how it is.
    fetch(index, key, at.cursor.on_head(event_seq{at.cursor.known().value + 1}).fetch_from);
  }
}

void room_crowd::fetch(std::size_t caller, seat_key key, event_seq from) {
  if (!from) return;
  reading& reads = reads_[caller];
  if (reads.open >= max_reads) {
    reads.waiting.push_back({key, from});
  } else {
    ask_history(caller, key, from);
  }
}

void room_crowd::ask_history(std::size_t caller, seat_key key, event_seq from) {
  if (!callers_[caller].ready) {
    // Gone again: the next login asks anew.
    return rooms_[key.room].places[key.place].at.cursor.on_fetch_failed();
  }
  history message;
  message.conversation = rooms_[key.room].id;
  message.from = from;
  message.limit = 1000;
  if (ask(caller, {fetching, key.room, key.place, now_ns()}, message)) {
    ++reads_[caller].open;
    return;
  }
  // All slots are taken by messages under way: their answers free some.
  rooms_[key.room].places[key.place].at.cursor.on_fetch_failed();
  reactor_.after(std::chrono::milliseconds(100), [this, caller, key] {
    auto& at = rooms_[key.room].places[key.place].at;
    fetch(caller, key, at.cursor.missing().fetch_from);
  });
}

void room_crowd::take_page(std::size_t caller, seat_key key, const frame_view& answer) {
  reading& reads = reads_[caller];
  --reads.open;
  if (!reads.waiting.empty()) {
    const auto [next, from] = reads.waiting.front();
    reads.waiting.pop_front();
    ask_history(caller, next, from);
  }
  room& r = rooms_[key.room];
  seat& at = r.places[key.place].at;
  const auto page = decode<history_page>(answer.payload);
  if (!page || answer.header.type != frame_type::history_page) {
    at.cursor.on_fetch_failed();
    return fault("wrong_answer", "to HISTORY");
  }
  const bool whole =
      client::for_each_event(page->events, [&](const event_view& event, std::string_view) {
        const auto ruling = verifier_.on_page_event(r, at, event);
        if (!ruling.taken) return;
        if (!is_message(event.kind)) on_other_event(r, key.place, event);
        if (ruling.heard) count(r, key.place, *ruling.heard, true);
      });
  if (!whole) fault("content", "a history page cannot be read");
  // A page that is not the last one says how far it goes.
  if (page->next) at.cursor.on_head(page->head);
  const bool moved = verifier::on_page_end(at, page->next, page->head);
  drain_kept(r, key.place);
  if (moved) return fetch(caller, key, at.cursor.missing().fetch_from);
  reactor_.after(std::chrono::milliseconds(200), [this, caller, key] {
    auto& later = rooms_[key.room].places[key.place].at;
    fetch(caller, key, later.cursor.missing().fetch_from);
  });
}

void room_crowd::on_left(std::size_t index) {
  reads_[index] = {};
}

}  // namespace conclave::bench
