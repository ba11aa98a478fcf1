/// Applying what was acknowledged, in the order of the seqs; see view_model.h.
#include "tests/e2e/view_model.h"

#include <algorithm>

namespace conclave::viewcheck {

namespace {

constexpr std::size_t most_stretches = 16;
constexpr number recall_window_ms = 120'000;
constexpr number broken_by_ms = 5'000;

}  // namespace

view_model::view_model(number conversation, const all_logs& logs, broken how,
                       std::vector<std::pair<number, number>> node_was_down, number late_ms)
    : id_(conversation),
      logs_(logs),
      log_(logs.at(conversation)),
      how_(how),
      down_(std::move(node_was_down)),
      late_ms_(late_ms) {
  auto op = log_.done.begin();
  auto told = log_.gone.begin();
  while (op != log_.done.end() || told != log_.gone.end()) {
    const bool is_op =
        op != log_.done.end() && (told == log_.gone.end() || op->first <= told->first);
    const number seq = is_op ? op->first : told->first;
    if (seq != head_ + 1)
      complain(complaint::kind::unexplained, head_ + 1,
               seq <= head_ ? "belongs to two" : "belongs to nobody");
    head_ = seq;
    if (is_op)
      apply((op++)->second);
    else
      apply_gone((told++)->second);
  }
  if (dissolved_) {
    // What goes later is told to nobody; it is masked all the same.
    for (auto& [seq, m] : messages_)
      if (!m.went && m.expires != 0) go(m, {head_ + 1, "expired at=" + std::to_string(m.expires)});
  }
  for (const auto& [seq, readers] : log_.opened) {
    if (gone(seq)) continue;
    for (const auto& [user, o] : readers) last_due_ = std::max(last_due_, o.burns_at);
  }
  if (how_ != broken::resurrect) return;
  for (auto& [seq, m] : messages_) {
    if (m.went || m.said.burn_ms != 0) continue;
    go(m, {head_, "recalled by=1 at=1"});
    break;
  }
}

void view_model::complain(complaint::kind what, number seq, std::string_view why) {
  complaints_.push_back({what, "conversation " + std::to_string(id_) + " seq " +
                                   std::to_string(seq) + ": " + std::string(why)});
}

bool view_model::admin(number user) const {
  const auto at = members_.find(user);
  return at != members_.end() && at->second.present && at->second.role >= role_admin;
}

bool view_model::sees(number user, number seq) const {
  const auto at = members_.find(user);
  if (at == members_.end()) return false;
  for (const auto& [first, last] : at->second.stretches)
    if (first <= seq && (last == 0 || seq <= last)) return true;
  return false;
}

void view_model::join(number user, number role, number seq) {
  member& m = members_[user];
  m.present = true;
  m.role = role;
  m.muted_until = 0;
  m.joined = seq;
  came_.insert({user, seq});
  if (settings_.visibility == see_all) {
    number next = 1;
    for (const auto& [first, last] : m.stretches) {
      if (first > next) m.passed.emplace_back(next, first - 1);
      next = last + 1;
    }
    m.stretches = {{1, 0}};
  } else {
    m.stretches.push_back({seq, 0});
    if (m.stretches.size() > most_stretches) m.stretches.erase(m.stretches.begin());
  }
}

void view_model::apply(const operation& op) {
  if (op.what != act::create && op.what != act::let_in) {
    const auto at = members_.find(op.user);
    if (at == members_.end() || !at->second.present)
      complain(complaint::kind::illegal, op.seq, "was accepted from somebody who is no member");
  }
  switch (op.what) {
    case act::say:
    case act::forward:
      return apply_message(op);
    case act::edit:
    case act::recall:
    case act::react:
    case act::pin:
      return apply_change(op);
    case act::create:
    case act::settings:
      return apply_settings(op);
    case act::add:
    case act::remove:
    case act::role:
    case act::mute:
    case act::let_in:
    case act::dissolve:
      return apply_membership(op);
  }
}

// -- messages
// --------------------------------------------------------------------------------------

bool view_model::speaks(const operation& op, std::string_view what) {
  const member& m = members_[op.user];
  const bool plain = managed() && !admin(op.user);
  const bool silenced = plain && (kind_ == kind_announcement || settings_.all_muted);
  if (m.muted_until > op.time || silenced) {
    complain(complaint::kind::illegal, op.seq,
             std::string(what) + " was accepted from somebody who may say nothing");
    return false;
  }
  return true;
}

void view_model::apply_message(const operation& op) {
  speaks(op, "a message");
  message m;
  m.said = op;
  m.versions.push_back({op.seq, op.body});
  m.expires = op.expires_at != 0      ? op.expires_at
              : op.expires_after != 0 ? op.time + op.expires_after
                                      : 0;
  if (m.expires != 0 && how_ == broken::early) m.expires += broken_by_ms;
  if (m.expires != 0 && how_ == broken::late) m.expires -= broken_by_ms;
  last_due_ = std::max(last_due_, m.expires);
  for (const number earlier : {op.reply_to, op.thread})
    if (earlier != 0 && (earlier >= op.seq || !sees(op.user, earlier)))
      complain(complaint::kind::illegal, op.seq, "answers what its sender does not see");
  for (const number user : op.mentions)
    if (!members_[user].present)
      complain(complaint::kind::illegal, op.seq, "names somebody who is no member");
  if (op.burn_ms != 0)
    for (const auto& [user, who] : members_)
      if (who.present && user != op.user) m.readers.insert(user);
  if (op.what == act::forward) {
    const auto from = logs_.find(op.origin_conversation);
    if (from == logs_.end() || !from->second.done.contains(op.origin_seq)) {
      complain(complaint::kind::illegal, op.seq, "forwards what nobody said");
    } else {
      const operation& first = from->second.done.at(op.origin_seq);
      m.origin_sender = first.user;
      m.origin_time = first.time;
    }
  }
  messages_[op.seq] = std::move(m);
}

view_model::message* view_model::target_of(const operation& op, std::string_view what) {
  const auto at = messages_.find(op.target);
  const std::string name(what);
  if (at == messages_.end()) {
    complain(complaint::kind::illegal, op.seq, name + " of what is no message");
    return nullptr;
  }
  message& m = at->second;
  if (!sees(op.user, op.target))
    complain(complaint::kind::illegal, op.seq, name + " of what its user does not see");
  const bool over = m.expires != 0 && m.expires <= op.time;
  const bool off = op.what == act::pin && op.removed;
  if ((m.went || over) && !off)
    complain(complaint::kind::illegal, op.seq, name + " of what is gone");
  return &m;
}

std::set<std::string> view_model::reactions_of(const message& m, number user) const {
  std::set<std::string> all;
  for (const mark& one : m.marks) {
    if (one.user != user || one.reaction.empty()) continue;
    if (one.removed)
      all.erase(one.reaction);
    else
      all.insert(one.reaction);
  }
  return all;
}

bool view_model::pinned(const message& m) const {
  bool on = false;
  for (const mark& one : m.marks)
    if (one.reaction.empty()) on = !one.removed;
  return on;
}

void view_model::apply_change(const operation& op) {
  switch (op.what) {
    case act::edit: {
      message* m = target_of(op, "an edit");
      if (m == nullptr) return;
      speaks(op, "an edit");
      if (m->said.user != op.user)
        complain(complaint::kind::illegal, op.seq, "edits somebody else's message");
      if (m->said.burn_ms != 0) complain(complaint::kind::illegal, op.seq, "edits what burns");
      if (how_ != broken::edit) m->versions.push_back({op.seq, op.body});
      return;
    }
    case act::recall: {
      message* m = target_of(op, "a recall");
      if (m == nullptr) return;
      const bool in_time = op.time <= m->said.time + recall_window_ms;
      const bool may = (managed() && admin(op.user)) || (m->said.user == op.user && in_time);
      if (!may) complain(complaint::kind::illegal, op.seq, "is a recall by one who may not");
      if (how_ == broken::recall) return;
      return go(*m, {op.seq,
                     "recalled by=" + std::to_string(op.user) + " at=" + std::to_string(op.time)});
    }
    case act::react: {
      message* m = target_of(op, "a reaction");
      if (m == nullptr) return;
      if (reactions_of(*m, op.user).contains(op.reaction) != op.removed)
        complain(complaint::kind::illegal, op.seq, "is a reaction that changes nothing");
      if (how_ != broken::reaction)
        m->marks.push_back({op.seq, op.user, op.time, op.reaction, op.removed});
      return;
    }
    default: {
      message* m = target_of(op, "a pin");
      if (m == nullptr) return;
      if (managed() && !admin(op.user))
        complain(complaint::kind::illegal, op.seq, "is a pin by one who may not");
      if (pinned(*m) != op.removed)
        complain(complaint::kind::illegal, op.seq, "is a pin that changes nothing");
      m->marks.push_back({op.seq, op.user, op.time, {}, op.removed});
      return;
    }
  }
}

void view_model::go(message& m, going how) {
  m.went = std::move(how);
}

void view_model::apply_gone(const node_event& event) {
  if (event.targets.empty()) complain(complaint::kind::illegal, event.seq, "tells of nothing");
  for (const number seq : event.targets) {
    const auto at = messages_.find(seq);
    if (at == messages_.end()) {
      complain(complaint::kind::illegal, event.seq, "tells of what is no message");
      continue;
    }
    message& m = at->second;
    if (m.went) complain(complaint::kind::illegal, event.seq, "tells of what is gone already");
    if (event.burned) {
      check_burned(m, event);
      go(m, {event.seq, "burned at=" + std::to_string(event.time)});
      continue;
    }
    if (m.expires == 0) {
      complain(complaint::kind::early, event.seq, "tells as expired what never expires");
    } else if (event.time < m.expires) {
      complain(complaint::kind::early, event.seq,
               "is " + std::to_string(m.expires - event.time) + " ms too early");
    } else {
      // While it was down, and until it served again, it could tell nobody.
      number able = m.expires;
      for (const auto& [from, until] : down_)
        if (from <= able + late_ms_ && able < until) able = until;
      const number late = event.time - std::min(able, event.time);
      latest_ms_ = std::max(latest_ms_, late);
      if (late > late_ms_)
        complain(complaint::kind::late, event.seq, "is " + std::to_string(late) + " ms late");
    }
    go(m, {event.seq, "expired at=" + std::to_string(m.expires)});
  }
}

void view_model::check_burned(const message& m, const node_event& event) {
  if (m.said.burn_ms == 0)
    return complain(complaint::kind::early, event.seq, "tells as burned what does not burn");
  for (const number user : m.readers) {
    if (!members_[user].present) continue;  // who has left need not read it
    const auto all = log_.opened.find(m.said.seq);
    const bool asked = all != log_.opened.end() && all->second.contains(user);
    if (!asked) {
      complain(complaint::kind::early, event.seq, "tells as burned what somebody has not opened");
    } else if (all->second.at(user).burns_at > event.time) {
      complain(complaint::kind::early, event.seq,
               "tells as burned what may be looked at until " +
                   std::to_string(all->second.at(user).burns_at));
    }
  }
}

std::vector<number> view_model::overdue(number now) const {
  std::vector<number> all;
  for (const auto& [seq, m] : messages_) {
    if (m.went || dissolved_) continue;
    if (m.expires != 0 && m.expires <= now) {
      all.push_back(seq);
      continue;
    }
    if (m.said.burn_ms == 0) continue;
    const auto opened = log_.opened.find(seq);
    const bool over = std::all_of(m.readers.begin(), m.readers.end(), [&](number user) {
      const auto who = members_.find(user);
      if (who == members_.end() || !who->second.present) return true;
      if (opened == log_.opened.end()) return false;
      const auto at = opened->second.find(user);
      return at != opened->second.end() && at->second.burns_at != 0 && at->second.burns_at <= now;
    });
    if (over) all.push_back(seq);
  }
  return all;
}

bool view_model::gone(number seq) const {
  const auto at = messages_.find(seq);
  return at != messages_.end() && at->second.went.has_value();
}

// -- members and settings
// --------------------------------------------------------------------------

void view_model::apply_membership(const operation& op) {
  const auto illegal = [&](bool is, std::string_view why) {
    if (is) complain(complaint::kind::illegal, op.seq, why);
  };
  const number own_role = members_[op.user].role;
  illegal(!managed(), "changes the members of a direct conversation");
  switch (op.what) {
    case act::add: {
      illegal(!admin(op.user) && settings_.invite != invite_members, "adds without the right to");
      bool any = false;
      for (const number user : op.users) {
        if (members_[user].present) continue;
        any = true;
        join(user, role_member, op.seq);
      }
      return illegal(!any, "adds who is there already");
    }
    case act::remove: {
      const number user = op.users.front();
      member& m = members_[user];
      const bool leaves = user == op.user;
      illegal(!m.present, "removes who is not there");
      illegal(!leaves && (!admin(op.user) || m.role >= own_role), "removes without the right to");
      illegal(leaves && own_role == role_owner, "is the owner's leaving");
      m.present = false;
      if (!m.stretches.empty()) m.stretches.back().second = op.seq;
      return;
    }
    case act::role: {
      const number user = op.users.front();
      illegal(own_role != role_owner, "gives a role without the right to");
      illegal(!members_[user].present || user == op.user, "gives a role to the wrong one");
      members_[user].role = op.role;
      if (op.role == role_owner) members_[op.user].role = role_admin;
      return;
    }
    case act::let_in: {
      const number user = op.users.front();
      const bool himself = user == op.user;
      illegal(members_[user].present, "lets in who is there already");
      illegal(!log_.asked.contains(user), "lets in who has not asked");
      illegal(himself && settings_.join != join_open, "comes in where it is not open");
      illegal(!himself && !admin(op.user), "lets in without the right to");
      return join(user, role_member, op.seq);
    }
    case act::dissolve:
      illegal(own_role != role_owner, "dissolves without the right to");
      return end_at(op.seq);
    default: {
      const number user = op.users.front();
      illegal(!admin(op.user) || members_[user].role >= own_role, "mutes without the right to");
      illegal(!members_[user].present, "mutes who is not there");
      members_[user].muted_until = op.until;
      return;
    }
  }
}

void view_model::end_at(number seq) {
  dissolved_ = true;
  for (auto& [user, m] : members_) {
    if (!m.present) continue;
    m.present = false;
    m.stretches.back().second = seq;
  }
}

void view_model::apply_settings(const operation& op) {
  if (op.what == act::create) {
    if (op.seq != 1) complain(complaint::kind::illegal, op.seq, "is a founding after the first");
    kind_ = op.conversation_kind;
    settings_.title = op.title;
    settings_.topic = op.topic;
    settings_.visibility = kind_ == kind_direct ? see_all : op.visibility;
    settings_at_[op.seq] = settings_;
    join(op.user, managed() ? role_owner : role_member, op.seq);
    for (const number user : op.users) join(user, role_member, op.seq);
    return;
  }
  if (!managed() || !admin(op.user))
    complain(complaint::kind::illegal, op.seq, "changes settings without the right to");
  if (op.sets_title) settings_.title = op.title;
  if (op.sets_topic) settings_.topic = op.topic;
  if (op.sets_invite) settings_.invite = op.invite;
  if (op.sets_all_muted) settings_.all_muted = op.all_muted;
  if (op.sets_join) settings_.join = op.join;
  if (op.sets_visibility) settings_.visibility = op.visibility;
  settings_at_[op.seq] = settings_;
}

}  // namespace conclave::viewcheck
