/// What a view shows, as values and as text.
#include "client/conversation_view.h"

#include <algorithm>

namespace conclave::client {

namespace {

/// On one line, with quotes, in a form that tells every byte that cannot be seen.
std::string quoted(std::string_view text) {
  constexpr const char* digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string number(std::string_view name, std::uint64_t value) {
  return value == 0 ? std::string() : " " + std::string(name) + "=" + std::to_string(value);
}

std::string flag(std::string_view name, bool value) {
  return value ? " " + std::string(name) : std::string();
}

template <class Enum>
std::string enum_number(std::string_view name, Enum value) {
  return " " + std::string(name) + "=" + std::to_string(static_cast<unsigned>(value));
}

std::string users_of(const std::set<user_id>& users) {
  std::string out;
  for (const user_id u : users) out += " " + std::to_string(u.value);
  return out;
}

std::string_view word_of(conversation_view::why_gone why) {
  switch (why) {
    case conversation_view::why_gone::recalled:
      return "recalled";
    case conversation_view::why_gone::expired:
      return "expired";
    case conversation_view::why_gone::burned:
      return "burned";
    case conversation_view::why_gone::unknown:
      break;
  }
  return "unknown";
}

std::string line_of(const conversation_view::message& m) {
  std::string out = "message " + std::to_string(m.seq.value);
  out += enum_number("kind", m.kind) + number("sender", m.sender.value) + number("time", m.time);
  out += number("expires", m.expires) + number("reply_to", m.reply_to.value);
  out += number("thread", m.thread.value) + flag("mentions_all", m.mentions_all);
  for (const user_id u : m.mentions) out += number("mentions", u.value);
  out += number("origin_conversation", m.origin_conversation.value);
  out += number("origin_seq", m.origin_seq.value) + number("origin_sender", m.origin_sender.value);
  out += number("origin_time", m.origin_time) + flag("burning", m.burning);
  out += number("burn_ms", m.burn_ms);
  if (m.gone) {
    out += " gone=" + std::string(word_of(m.gone->why)) + number("by", m.gone->by.value) +
           number("at", m.gone->at);
    return out + "\n";
  }
  out += flag("edited", m.edited) + " body=" + quoted(m.body) + "\n";
  for (const auto& [reaction, users] : m.reactions) {
    out += "  reaction " + quoted(reaction) + users_of(users) + "\n";
  }
  if (m.pinned) {
    out += "  pinned" + number("by", m.pinned->by.value) + number("at", m.pinned->at) + "\n";
  }
  return out;
}

}  // namespace

conversation_view::message conversation_view::shown(const record& r) const {
  message m = r.shown;
  if (m.gone) {
    // An event tells of several messages at once; when each of them was over, the message says.
    if (m.gone->why == why_gone::expired && m.expires != 0) m.gone->at = m.expires;
    return m;
  }
  if (const auto all = reactions_.find(m.seq); all != reactions_.end()) {
    for (const auto& [key, at] : all->second) {
      if (at.on) m.reactions[key.first].insert(key.second);
    }
  }
  if (const auto pin = pins_.find(m.seq); pin != pins_.end() && pin->second.on) {
    m.pinned = pin_note{pin->second.by, pin->second.at};
  }
  return m;
}

std::map<user_id, conversation_view::member> conversation_view::members() const {
  std::map<user_id, member> all;
  if (dissolved_) return all;
  for (const auto& [user, m] : members_) {
    if (m.present) all[user] = {m.role, m.joined, m.muted_until};
  }
  return all;
}

std::vector<conversation_view::message> conversation_view::messages() const {
  std::vector<message> all;
  for (const auto& [seq, r] : records_) {
    if (r.known) all.push_back(shown(r));
  }
  return all;
}

std::optional<conversation_view::message> conversation_view::find(event_seq seq) const {
  const auto at = records_.find(seq);
  if (at == records_.end() || !at->second.known) return std::nullopt;
  return shown(at->second);
}

std::string conversation_view::dump() const {
  std::string out = "conversation last=" + std::to_string(last_);
  out += enum_number("kind", settings_.kind) + " title=" + quoted(settings_.title) +
         " topic=" + quoted(settings_.topic) + enum_number("join", settings_.join) +
         enum_number("invite", settings_.invite) + enum_number("visibility", settings_.visibility) +
         flag("all_muted", settings_.all_muted) + flag("dissolved", dissolved_) + "\n";
  for (const auto& [user, m] : members()) {
    out += "member " + std::to_string(user.value) + enum_number("role", m.role) +
           number("joined", m.joined.value) + number("muted_until", m.muted_until) + "\n";
  }
  for (const message& m : messages()) out += line_of(m);
  return out;
}

}  // namespace conclave::client
