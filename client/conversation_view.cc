/// Applying events: whatever is decided by an event is kept with that event's seq, and a lower seq
/// decides nothing any more.
#include "client/conversation_view.h"

#include <algorithm>

namespace conclave::client {

namespace {

conversation_view::why_gone why_of(std::uint32_t flags) {
  using why = conversation_view::why_gone;
  if ((flags & event_flags::recalled) != 0) return why::recalled;
  if ((flags & event_flags::burned) != 0) return why::burned;
  return why::expired;
}

}  // namespace

void conversation_view::apply(const event_view& event) {
  last_ = std::max(last_, event.seq.value);
  switch (event.kind) {
    case event_kind::conversation_created:
      return apply_created(event);
    case event_kind::members_added:
      if (const auto body = decode_body<members_body>(event.body)) {
        for (const user_id u : body->users) join_in(u, event.seq.value, event.seq);
      }
      return;
    case event_kind::member_removed:
      if (const auto body = decode_body<members_body>(event.body)) {
        for (const user_id u : body->users) leave(u, event.seq.value);
      }
      return;
    case event_kind::role_changed:
      if (const auto body = decode_body<role_body>(event.body)) {
        if (body->role == member_role::owner) hand_over(event, body->user);
        set_role(body->user, event.seq.value, body->role);
      }
      return;
    case event_kind::member_muted:
      if (const auto body = decode_body<mute_body>(event.body)) {
        set_muted(body->user, event.seq.value, body->until);
      }
      return;
    case event_kind::settings_changed:
      return apply_settings(event);
    case event_kind::dissolved:
      dissolved_ = true;
      return;
    case event_kind::text:
    case event_kind::structured:
    case event_kind::opaque:
      return apply_row(event);
    case event_kind::edited:
      return apply_edit(event);
    case event_kind::recalled:
      return go(event.target, event.seq.value, {why_gone::recalled, event.sender, event.time});
    case event_kind::gone:
      if (const auto body = decode_body<gone_body>(event.body)) {
        const why_gone why =
            body->why == gone_reason::burned ? why_gone::burned : why_gone::expired;
        for (const event_seq s : body->seqs) go(s, event.seq.value, {why, {}, event.time});
      }
      return;
    case event_kind::reaction:
      if (const auto body = decode_body<reaction_body>(event.body)) {
        decide(reactions_[event.target][{body->reaction, event.sender}], event, !body->removed);
      }
      return;
    case event_kind::pinned:
      if (const auto body = decode_body<pin_body>(event.body)) {
        decide(pins_[event.target], event, !body->removed);
      }
      return;
  }
}

void conversation_view::decide(mark& at, const event_view& event, bool on) {
  if (event.seq.value <= at.decided) return;
  at = {event.seq.value, on, event.sender, event.time};
}

// -- messages
// --------------------------------------------------------------------------------------

void conversation_view::apply_row(const event_view& event) {
  record& r = records_[event.seq];
  message& m = r.shown;
  if (!r.known) {
    r.known = true;
    m.seq = event.seq;
    m.kind = event.kind;
    m.sender = event.sender;
    m.time = event.time;
    m.expires = event.expires;
    // Who was named is a part of what was said: it went with the body.
    if (!m.gone) {
      m.mentions_all = (event.flags & event_flags::mentions_all) != 0;
      m.mentions = event.mentions;
    }
    m.burning = (event.flags & event_flags::burning) != 0;
    m.burn_ms = event.burn_ms;
    m.reply_to = event.reply_to;
    m.thread = event.thread;
    m.origin_conversation = event.origin_conversation;
    m.origin_seq = event.origin_seq;
    m.origin_sender = event.origin_sender;
    m.origin_time = event.origin_time;
    if (m.expires != 0 && !m.gone) expiring_.insert({m.expires, m.seq});
  }
  if (event.is_gone()) {
    return go(event.seq, event.changed.value, {why_of(event.flags), event.gone_by, event.gone_at});
  }
  if (m.gone || (r.has_body && event.changed.value <= r.version)) return;
  r.has_body = true;
  r.version = std::max(r.version, event.changed.value);
  m.body = event.body;
  m.edited = (event.flags & event_flags::edited) != 0;
}

void conversation_view::apply_edit(const event_view& event) {
  // A page shows an edit whose message is gone by now without its body; why, another event tells.
  if (event.is_gone() || event.body.empty()) return go(event.target, 0, {});
  record& r = records_[event.target];
  if (r.shown.gone || event.seq.value <= r.version) return;
  r.has_body = true;
  r.version = event.seq.value;
  r.shown.body = event.body;
  r.shown.edited = true;
}

void conversation_view::go(event_seq target, std::uint64_t version, const gone_note& note) {
  record& r = records_[target];
  message& m = r.shown;
  const bool better = !m.gone || version > r.version || m.gone->why == why_gone::unknown;
  if (better) m.gone = note;
  r.version = std::max(r.version, version);
  m.body.clear();
  m.body.shrink_to_fit();
  m.edited = false;
  m.mentions_all = false;
  m.mentions.clear();
  if (r.known && m.expires != 0) expiring_.erase({m.expires, m.seq});
}

void conversation_view::on_gone(const std::vector<event_seq>& seqs) {
  for (const event_seq s : seqs) go(s, 0, {});
}

std::vector<event_seq> conversation_view::expire(time_ms now) {
  std::vector<event_seq> went;
  while (!expiring_.empty() && expiring_.begin()->first <= now) {
    const auto [at, seq] = *expiring_.begin();
    go(seq, 0, {why_gone::expired, {}, at});
    went.push_back(seq);
  }
  return went;
}

void conversation_view::forget_below(event_seq seq) {
  for (auto at = records_.begin(); at != records_.end() && at->first < seq;) {
    if (at->second.shown.expires != 0) expiring_.erase({at->second.shown.expires, at->first});
    at = records_.erase(at);
  }
  reactions_.erase(reactions_.begin(), reactions_.lower_bound(seq));
  pins_.erase(pins_.begin(), pins_.lower_bound(seq));
}

// -- members and settings
// --------------------------------------------------------------------------

void conversation_view::apply_created(const event_view& event) {
  const auto body = decode_body<created_body>(event.body);
  if (!body) return;
  settings_.kind = body->kind;
  if (settings_decided_ < event.seq.value) {
    settings_decided_ = event.seq.value;
    settings_.title = body->name;
    settings_.topic = body->topic;
    settings_.visibility = body->visibility;
  }
  const bool owned =
      body->kind == conversation_kind::group || body->kind == conversation_kind::announcement;
  for (std::size_t i = 0; i < body->members.size(); ++i) {
    join_in(body->members[i], event.seq.value, event.seq);
    if (i == 0 && owned && members_[body->members[i]].role_decided == event.seq.value) {
      members_[body->members[i]].role = member_role::owner;
    }
  }
}

void conversation_view::apply_settings(const event_view& event) {
  if (event.seq.value <= settings_decided_) return;
  auto body = decode_body<settings_body>(event.body);
  if (!body) return;
  settings_decided_ = event.seq.value;
  settings_.title = std::move(body->title);
  settings_.topic = std::move(body->topic);
  settings_.join = body->join;
  settings_.invite = body->invite;
  settings_.visibility = body->visibility;
  settings_.all_muted = body->all_muted;
}

void conversation_view::seed(const conversation_info& info) {
  settings_.kind = info.kind;
  if (info.dissolved) dissolved_ = true;
  if (info.head.value <= settings_decided_) return;
  settings_decided_ = info.head.value;
  settings_.title = info.title;
  settings_.topic = info.topic;
  settings_.join = info.join;
  settings_.invite = info.invite;
  settings_.all_muted = info.all_muted;
}

void conversation_view::seed(const std::vector<member_info>& members, event_seq as_of) {
  for (const member_info& m : members) {
    join_in(m.user, as_of.value, m.joined);
    set_role(m.user, as_of.value, m.role);
    set_muted(m.user, as_of.value, m.muted_until);
  }
}

void conversation_view::join_in(user_id user, std::uint64_t seq, event_seq joined) {
  membership& m = members_[user];
  if (seq > m.decided) {
    m.decided = seq;
    m.present = true;
    m.joined = joined;
  }
  // Whoever comes in begins as a plain member who may speak.
  if (seq > m.role_decided) {
    m.role_decided = seq;
    m.role = member_role::member;
  }
  if (seq > m.muted_decided) {
    m.muted_decided = seq;
    m.muted_until = 0;
  }
}

void conversation_view::leave(user_id user, std::uint64_t seq) {
  membership& m = members_[user];
  if (seq <= m.decided) return;
  m.decided = seq;
  m.present = false;
}

void conversation_view::set_role(user_id user, std::uint64_t seq, member_role role) {
  membership& m = members_[user];
  if (seq < m.role_decided) return;
  m.role_decided = seq;
  m.role = role;
}

void conversation_view::hand_over(const event_view& event, user_id to) {
  if (event.sender && event.sender != to) {
    return set_role(event.sender, event.seq.value, member_role::admin);
  }
  for (auto& [user, m] : members_) {
    if (m.role == member_role::owner && user != to) {
      set_role(user, event.seq.value, member_role::admin);
    }
  }
}

void conversation_view::set_muted(user_id user, std::uint64_t seq, time_ms until) {
  membership& m = members_[user];
  if (seq < m.muted_decided) return;
  m.muted_decided = seq;
  m.muted_until = until;
}

}  // namespace conclave::client
