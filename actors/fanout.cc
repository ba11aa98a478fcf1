/// Deliveries into outboxes; see fanout.h.
#include "actors/fanout.h"

#include "actors/turns.h"
#include "conf/limits.h"
#include "net/event_loop.h"
#include "schemas/codec.h"
#include "schemas/conversation_messages.h"
#include "schemas/inbox_messages.h"
#include "schemas/presence_messages.h"

#include <algorithm>

namespace conclave::actors {

session* fanout::session_of(const delivered_event& event) const {
  if (event.port != self_) return nullptr;
  net::connection* c = loop_.find(event.origin.connection);
  return c == nullptr || c->closing() ? nullptr : static_cast<session*>(c->user.get());
}

void fanout::deliver(const delivery& news) {
  for (const delivery_part& part : news.parts) {
    const net::loop_buffer_ref buffer(part.frames);
    for (const delivery_segment& segment : part.segments)
      deliver_segment(news, part, segment, buffer);
  }
}

void fanout::deliver_segment(const delivery& news, const delivery_part& part,
                             const delivery_segment& segment, const net::loop_buffer_ref& buffer) {
  const delivered_event* const first = &part.events[segment.first_event];
  const delivered_event* const end = first + segment.event_count;
  ++mark_;
  bool asked_here = false;
  for (const delivered_event* e = first; e != end; ++e) {
    if (session* asker = session_of(*e)) {
      asker->fanout_mark = mark_;
      asked_here = true;
    }
  }
  const std::vector<session*>* recipients =
      &online_.resolve(news.tenant, news.conversation, segment.members);
  if (asked_here) {
    put_in_turn(
        *recipients, [this](const session* s) { return s->fanout_mark == mark_; }, turns_);
    recipients = &turns_;
  }
  for (session* s : *recipients) {
    if (s->connection->closing()) continue;
    if (s->fanout_mark != mark_) {
      push(*s, news, buffer, *first, *(end - 1), segment.event_count);
      continue;
    }
    s->fanout_mark = 0;
    walk(*s, news, part, segment, buffer, true);
  }
  if (!asked_here) return;
  // Askers who are no members of this moment (a resend after leaving) still get their answers.
  for (const delivered_event* e = first; e != end; ++e) {
    session* asker = session_of(*e);
    if (asker == nullptr || asker->fanout_mark != mark_) continue;
    asker->fanout_mark = 0;
    walk(*asker, news, part, segment, buffer, false);
  }
}

void fanout::walk(session& s, const delivery& news, const delivery_part& part,
                  const delivery_segment& segment, const net::loop_buffer_ref& buffer,
                  bool member) {
  const delivered_event* const begin = &part.events[segment.first_event];
  const delivered_event* const end = begin + segment.event_count;
  const delivered_event* run = nullptr;  // first of the foreign events not yet pushed
  const auto push_run = [&](const delivered_event* until) {
    if (run != nullptr && member)
      push(s, news, buffer, *run, *(until - 1), static_cast<std::uint64_t>(until - run));
    run = nullptr;
  };
  for (const delivered_event* e = begin; e != end; ++e) {
    if (e->port != self_ || e->origin.connection != s.connection->id()) {
      if (run == nullptr) run = e;
      continue;
    }
    push_run(e);
    if (!s.settle(e->origin)) continue;  // answered by the deadline; he will resend
    std::string& out = s.connection->tail();
    if (e->founding)
      append_frame(out, e->origin.correlation, conversation_created{news.conversation, e->time});
    else
      append_frame(out, e->origin.correlation, ok_answer{e->seq, e->time});
    s.connection->queued();
    ++counters_.answers;
  }
  push_run(end);
}

void fanout::push(session& s, const delivery& news, const net::loop_buffer_ref& buffer,
                  const delivered_event& first, const delivered_event& last, std::uint64_t events) {
  const conversation_id local = s.local_id(news.tenant, news.conversation);
  if (!local) return;  // a guest whose link is on its way: a HEAD follows it
  if (s.lagging || s.connection->above_high()) {
    owe_head(s, local, last.seq);
    return;
  }
  const std::size_t size = last.frame_offset + last.frame_size - first.frame_offset;
  if (s.tenant == news.tenant) {
    s.connection->send(buffer, first.frame_offset, size);
  } else {
    std::string& out = s.connection->tail();
    const std::size_t from = out.size();
    out.append(buffer.bytes(), first.frame_offset, size);
    rename_event_frames(out, from, local);
    s.connection->queued();
  }
  counters_.pushes += events;
}

void fanout::owe_head(session& s, conversation_id conversation, event_seq head) {
  s.lagging = true;
  if (s.owed_heads == nullptr)
    s.owed_heads = std::make_unique<std::unordered_map<conversation_id, event_seq>>();
  event_seq& owed = (*s.owed_heads)[conversation];
  owed = std::max(owed, head);
  ++counters_.heads_owed;
  if (s.owed_heads->size() > limits::max_owed_heads)
    s.connection->close(net::close_reason::outbox_overflow, false);
}

void fanout::hint(const head_hint& hint) {
  if (!hint.only) {
    for (session* s : online_.resolve(hint.tenant, hint.conversation, hint.members))
      hint_one(*s, hint);
    return;
  }
  const auto* sessions = online_.of(hint.tenant, hint.only);
  if (sessions == nullptr) return;
  for (session* s : *sessions)
    if (s->logged_in_at >= hint.logged_in_after) hint_one(*s, hint);
}

void fanout::hint_one(session& s, const head_hint& hint) {
  const conversation_id local = s.local_id(hint.tenant, hint.conversation);
  if (s.connection->closing() || !local) return;
  if (s.lagging) return owe_head(s, local, hint.head);
  append_frame(s.connection->tail(), 0, head_push{local, hint.head});
  s.connection->queued();
}

void fanout::tell_watchers(const signal& news, time_ms now) {
  for (session* s : online_.resolve(news.tenant, news.conversation, news.members)) {
    // Soft news are the first thing that a slow connection goes without.
    const conversation_id local = s->local_id(news.tenant, news.conversation);
    if (s->lagging || s->connection->closing() || !local || !s->watches(local, now) ||
        s->seat_in(local).user == news.user)
      continue;
    if (news.what == signal::kind::typing)
      append_frame(s->connection->tail(), 0, typing_push{local, news.user, news.stopped});
    else
      append_frame(s->connection->tail(), 0, read_by_push{local, news.user, news.seq});
    s->connection->queued();
  }
}

void fanout::tell(const user_news& news) {
  if (news.inbox_head == 0) return;
  const auto* sessions = online_.of(news.tenant, news.user);
  if (sessions == nullptr) return;
  for (session* s : *sessions) {
    if (s->connection->closing()) continue;
    if (s->lagging || s->connection->above_high()) {
      owe_inbox(*s, news.inbox_head);
      continue;
    }
    s->connection->send(news.frames);
    ++counters_.pushes;
  }
}

void fanout::owe_inbox(session& s, std::uint64_t head) {
  s.lagging = true;
  s.owed_inbox_head = std::max(s.owed_inbox_head, head);
  ++counters_.heads_owed;
}

void fanout::pay_heads(session& s) {
  s.lagging = false;
  if (s.owed_inbox_head != 0) {
    append_frame(s.connection->tail(), 0, inbox_head_push{s.owed_inbox_head});
    s.connection->queued();
    s.owed_inbox_head = 0;
  }
  if (s.owed_heads == nullptr) return;
  for (const auto& [conversation, head] : *s.owed_heads)
    append_frame(s.connection->tail(), 0, head_push{conversation, head});
  s.connection->queued();
  s.owed_heads.reset();
}

}  // namespace conclave::actors
