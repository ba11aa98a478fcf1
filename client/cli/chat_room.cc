/// Lines of a chat.
#include "client/cli/chat_room.h"

#include "client/cli/event_lines.h"
#include "client/cli/text.h"

#include <algorithm>
#include <optional>

namespace conclave::client::cli {

namespace {

std::string numbers_of(const std::vector<event_seq>& seqs) {
  std::string out;
  for (const event_seq s : seqs) out += (out.empty() ? "#" : ", #") + std::to_string(s.value);
  return out;
}

}  // namespace

std::string chat_room::note(const std::string& text) const {
  return dimmed("       * " + printable(text, " "), colour_);
}

std::string chat_room::quote(event_seq seq, std::size_t columns) const {
  const auto m = view_.find(seq);
  if (!m) return {};
  const std::string text = m->gone                         ? "(gone)"
                           : m->burning                    ? "(burning)"
                           : m->kind == event_kind::opaque ? in_bytes(m->body)
                                                           : shortened(m->body, columns);
  return "#" + std::to_string(seq.value) + " " + printable(who_.of(m->sender), " ") + ": " + text;
}

void chat_room::seed(const std::vector<member_info>& members, event_seq as_of) {
  view_.seed(members, as_of);
  for (const member_info& m : members) read_[m.user] = m.read;
}

chat_room::lines chat_room::take(const event_view& event, time_ms now) {
  typing_.erase(event.sender);
  if (event.kind == event_kind::gone) {
    // Those whose time is over have been announced by the clock.
    const auto body = decode_body<gone_body>(event.body);
    const bool news = !body || std::any_of(body->seqs.begin(), body->seqs.end(), [&](event_seq s) {
      const auto m = view_.find(s);
      return m && !m->gone;
    });
    view_.apply(event);
    if (!news) return {};
  } else {
    view_.apply(event);
  }
  if (is_message(event.kind) && event.sender == me_) mine_ = std::max(mine_, event.seq);
  bound();
  std::string line = line_of(event, now);
  const bool refers = event.kind == event_kind::reaction || event.kind == event_kind::pinned;
  if (refers) {
    const std::string about = quote(event.target);
    if (!about.empty()) line += dimmed(" [" + about + "]", colour_);
  }
  return {line};
}

std::string chat_room::line_of(const event_view& event, time_ms now) const {
  line_style style;
  style.colour = colour_;
  style.quote = [this](event_seq seq) { return quote(seq); };
  const auto m = event.kind == event_kind::edited ? view_.find(event.target) : std::nullopt;
  if (!m || m->kind != event_kind::opaque || event.body.empty()) {
    return line_for_people(event, who_, style, now);
  }
  // An edit does not say what it edits: only the view knows that these bytes are no text.
  const std::string size = in_bytes(event.body);
  event_view told = event;
  told.body = size;
  return line_for_people(told, who_, style, now);
}

void chat_room::bound() {
  if (++taken_ % 500 != 0) return;
  const auto all = view_.messages();
  if (all.size() > max_kept) view_.forget_below(all[all.size() - max_kept].seq);
}

chat_room::lines chat_room::take_gone(const std::vector<event_seq>& seqs) {
  std::vector<event_seq> shown;
  for (const event_seq s : seqs) {
    const auto m = view_.find(s);
    if (m && !m->gone) shown.push_back(s);
  }
  view_.on_gone(seqs);
  if (shown.empty()) return {};
  return {note(numbers_of(shown) + (shown.size() == 1 ? " is" : " are") + " gone")};
}

chat_room::lines chat_room::burned(event_seq seq) {
  burning_.erase(seq);
  if (!view_.find(seq) || !burned_.insert(seq).second) return {};
  return {note("#" + std::to_string(seq.value) + " burned for you")};
}

chat_room::lines chat_room::tick(time_ms node_time) {
  lines out;
  const auto expired = view_.expire(node_time);
  if (!expired.empty()) out.push_back(note(numbers_of(expired) + " expired"));
  for (auto at = burning_.begin(); at != burning_.end();) {
    if (at->second > node_time) {
      ++at;
      continue;
    }
    burned_.insert(at->first);
    out.push_back(note("#" + std::to_string(at->first.value) + " burned for you"));
    at = burning_.erase(at);
  }
  return out;
}

void chat_room::typing(user_id user, bool on, std::uint64_t steady_ms) {
  if (user == me_) return;
  if (on) {
    typing_[user] = steady_ms + typing_ms;
  } else {
    typing_.erase(user);
  }
}

std::string chat_room::typing_line(std::uint64_t steady_ms) const {
  std::string out;
  std::size_t count = 0;
  for (const auto& [user, until] : typing_) {
    if (until <= steady_ms) continue;
    if (++count > 3) return "several people are typing…";
    out += (out.empty() ? "" : ", ") + printable(who_.of(user), " ");
  }
  if (count == 0) return {};
  return out + (count == 1 ? " is typing…" : " are typing…");
}

chat_room::lines chat_room::read_by(user_id user, event_seq seq) {
  read_[user] = std::max(read_[user], seq);
  const auto members = view_.members();
  if (!mine_ || mine_ <= told_read_ || members.size() < 2 || members.size() > small_group)
    return {};
  for (const auto& [member, about] : members) {
    if (member == me_ || about.joined > mine_) continue;
    const auto at = read_.find(member);
    if (at == read_.end() || at->second < mine_) return {};
  }
  told_read_ = mine_;
  const std::string number = "#" + std::to_string(mine_.value);
  if (members.size() == 2) return {note(who_.of(user) + " has read " + number)};
  return {note("everybody has read " + number)};
}

chat_room::lines chat_room::presence(user_id user, bool online) const {
  if (user == me_) return {};
  return {note(who_.of(user) + (online ? " is online" : " went offline"))};
}

}  // namespace conclave::client::cli
