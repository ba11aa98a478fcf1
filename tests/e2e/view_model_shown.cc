/// What each user is shown, in the words of a view's dump; see view_model.h.
///
/// A view knows what it was told: whoever joined later and sees nothing of the past knows the
/// members and settings only as far as events spoke of them since.
#include "tests/e2e/view_model.h"

#include <algorithm>

namespace conclave::viewcheck {

namespace {

std::string quoted(const std::string& text) {
  return '"' + text + '"';  // the operations use letters, digits and blanks only
}

std::string field(const std::string& name, number value) {
  return value == 0 ? std::string() : ' ' + name + '=' + std::to_string(value);
}

std::string always(const std::string& name, number value) {
  return ' ' + name + '=' + std::to_string(value);
}

}  // namespace

std::string view_model::facts(const message& m, bool gone) {
  const operation& said = m.said;
  std::string out = "message " + std::to_string(said.seq) + always("kind", said.kind);
  out += field("sender", said.user) + field("time", said.time) + field("expires", m.expires);
  out += field("reply_to", said.reply_to) + field("thread", said.thread);
  // Who was named is a part of what was said.
  if (said.mentions_all && !gone) out += " mentions_all";
  if (!gone) {
    std::vector<number> named;
    for (const number user : said.mentions)
      if (std::find(named.begin(), named.end(), user) == named.end()) named.push_back(user);
    for (const number user : named) out += field("mentions", user);
  }
  out += field("origin_conversation", said.origin_conversation);
  out += field("origin_seq", said.origin_seq) + field("origin_sender", m.origin_sender);
  out += field("origin_time", m.origin_time);
  if (said.burn_ms != 0) out += " burning";
  return out + field("burn_ms", said.burn_ms);
}

std::string view_model::gone_block(const message& m, const std::string& words) const {
  return facts(m, true) + " gone=" + words + '\n';
}

std::string view_model::block(const message& m, const std::string& body, bool edited,
                              number user) const {
  std::string out = facts(m, false);
  if (edited) out += " edited";
  out += " body=" + quoted(m.said.burn_ms != 0 ? std::string() : body) + '\n';
  std::map<std::string, std::map<number, bool>> reactions;
  const mark* pin = nullptr;
  for (const mark& one : m.marks) {
    if (!sees(user, one.seq)) continue;
    if (one.reaction.empty())
      pin = &one;
    else
      reactions[one.reaction][one.user] = !one.removed;
  }
  for (const auto& [reaction, users] : reactions) {
    std::string who;
    for (const auto& [one, on] : users)
      if (on) who += ' ' + std::to_string(one);
    if (!who.empty()) out += "  reaction " + quoted(reaction) + who + '\n';
  }
  if (pin != nullptr && !pin->removed)
    out += "  pinned" + field("by", pin->user) + field("at", pin->time) + '\n';
  return out;
}

std::string view_model::about(number user) const {
  settings known;
  std::map<number, member> people;
  const auto come = [&](number who, number role, number seq) {
    people[who] = {true, role, 0, seq, {}, {}};
  };
  number last = 0;
  number kind = kind_group;
  bool over = false;
  for (const auto& [seq, op] : log_.done) {
    if (!sees(user, seq)) continue;
    switch (op.what) {
      case act::create:
        kind = op.conversation_kind;
        known = settings_at_.at(seq);
        come(op.user, managed() ? role_owner : role_member, seq);
        for (const number one : op.users) come(one, role_member, seq);
        break;
      case act::settings:
        known = settings_at_.at(seq);
        break;
      case act::let_in:
      case act::add:
        // The event names those who were not there.
        for (const number one : op.users)
          if (came_.contains({one, seq})) come(one, role_member, seq);
        break;
      case act::remove:
        people[op.users.front()].present = false;
        break;
      case act::role:
        people[op.users.front()].role = op.role;
        if (op.role == role_owner) people[op.user].role = role_admin;
        break;
      case act::dissolve:
        over = true;
        break;
      case act::mute:
        people[op.users.front()].muted_until = op.until;
        break;
      default:
        break;
    }
  }
  for (number seq = head_; seq != 0 && last == 0; --seq)
    if (sees(user, seq)) last = seq;
  if (how_ == broken::member && people.size() > 1) people.erase(std::prev(people.end()));
  std::string out = "conversation last=" + std::to_string(last) + always("kind", kind) +
                    " title=" + quoted(known.title) + " topic=" + quoted(known.topic) +
                    always("join", known.join) + always("invite", known.invite) +
                    always("visibility", known.visibility) + (known.all_muted ? " all_muted" : "") +
                    (over ? " dissolved" : "") + '\n';
  if (over) people.clear();
  for (const auto& [one, who] : people) {
    if (!who.present) continue;
    out += "member " + std::to_string(one) + always("role", who.role) +
           field("joined", who.joined) + field("muted_until", who.muted_until) + '\n';
  }
  return out;
}

expected_view view_model::view_of(number user) const {
  expected_view view;
  const auto who = members_.find(user);
  if (who == members_.end() || who->second.stretches.empty()) return view;
  view.ever_member = true;
  view.member = who->second.present;
  for (number seq = head_; seq != 0 && view.last == 0; --seq)
    if (sees(user, seq)) view.last = seq;
  view.about = about(user);
  view.passed = who->second.passed;
  for (const auto& [seq, m] : messages_) {
    if (!sees(user, seq)) continue;
    expected_message& shown = view.messages.emplace_back();
    shown.seq = seq;
    // As the events tell it that he has received, and as its row stands for him now: a present
    // member is shown the newest, a former one what was there when he left; what is gone is gone.
    const version* told = &m.versions.front();
    const version* stands = told;
    for (const version& v : m.versions) {
      if (sees(user, v.seq)) told = &v;
      if (view.member || v.seq <= view.last) stands = &v;
    }
    if (stands->seq < told->seq) stands = told;
    const auto as = [&](const version* v) {
      return block(m, v->body, v != &m.versions.front(), user);
    };
    if (!m.went) {
      shown.fresh = {as(stands)};
      // A page that he read between two absences may have shown any version in between.
      for (auto v = stands; v >= told; --v) shown.kept.push_back(as(v));
      continue;
    }
    shown.fresh = {gone_block(m, m.went->words)};
    shown.kept = shown.fresh;
    if (sees(user, m.went->by_event)) continue;
    // No event told him. LIST_GONE tells that it went, but not why; a clock, that it expired.
    shown.kept.push_back(gone_block(m, "unknown"));
    if (m.expires != 0)
      shown.kept.push_back(gone_block(m, "expired at=" + std::to_string(m.expires)));
    if (!view.member)
      for (auto v = stands; v >= told; --v) shown.kept.push_back(as(v));
  }
  return view;
}

number view_model::read_mark(number user) const {
  // What was said before one came does not count as unread.
  const auto up_to = log_.read.find(user);
  return std::max(members_.at(user).joined, up_to == log_.read.end() ? 0 : up_to->second);
}

std::map<number, std::vector<std::string>> view_model::versions_for(number user,
                                                                    std::size_t most) const {
  std::map<number, std::vector<std::string>> all;
  for (auto at = messages_.rbegin(); at != messages_.rend() && all.size() < most; ++at) {
    const message& m = at->second;
    if (m.went || m.said.burn_ms != 0 || !sees(user, at->first)) continue;
    auto& before = all[at->first];
    for (std::size_t i = 0; i + 1 < m.versions.size(); ++i) before.push_back(m.versions[i].body);
    if (how_ == broken::versions && !before.empty()) before.pop_back();
  }
  return all;
}

std::map<number, view_model::expected_readers> view_model::readers_for(number user,
                                                                       std::size_t most) const {
  std::map<number, expected_readers> all;
  for (auto at = messages_.rbegin(); at != messages_.rend() && all.size() < most; ++at) {
    const number seq = at->first;
    if (!sees(user, seq)) continue;
    expected_readers& readers = all[seq];
    for (const auto& [one, m] : members_) {
      if (!m.present || one == at->second.said.user || !sees(one, seq)) continue;
      ++readers.members;
      if (read_mark(one) >= seq) readers.read.insert(one);
    }
    if (how_ == broken::readers) ++readers.members;
  }
  return all;
}

expected_summary view_model::summary_of(number user) const {
  expected_summary s;
  const auto who = members_.find(user);
  if (who == members_.end()) return s;
  s.member = who->second.present;
  s.role = s.member ? who->second.role : 0;
  for (number seq = head_; seq != 0 && s.head == 0; --seq)
    if (sees(user, seq)) s.head = seq;
  s.title = settings_.title;
  s.topic = settings_.topic;
  s.read = read_mark(user);
  for (const auto& [seq, m] : messages_) {
    if (seq <= s.read || !sees(user, seq)) continue;
    ++s.unread;
    const auto& named = m.said.mentions;
    const bool me =
        m.said.mentions_all || std::find(named.begin(), named.end(), user) != named.end();
    if (me && !m.went) ++s.mentions;
  }
  for (const auto& [one, m] : members_)
    if (m.present) s.members[one] = {m.role, m.muted_until};
  for (const auto& [seq, m] : messages_) {
    if (m.went || !sees(user, seq)) continue;
    if (pinned(m)) s.pins.insert(seq);
  }
  return s;
}

}  // namespace conclave::viewcheck
