/// See view_judge.h.
#include "tests/e2e/view_judge.h"

#include <algorithm>
#include <stdexcept>

namespace conclave::viewcheck {

namespace {

/// Of each conversation and user: the newest ones, for LIST_VERSIONS and LIST_READERS.
constexpr std::size_t listed_messages = 25;

std::string without_end(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.size() > 400 ? text.substr(0, 400) + "…" : text;
}

std::string either(const std::vector<std::string>& all) {
  std::string out;
  for (const std::string& one : all)
    if (out.find(without_end(one)) == std::string::npos)
      out += (out.empty() ? "" : "\n      or ") + without_end(one);
  return out;
}

}  // namespace

std::string to_line(const verdict& v) {
  return "VIEW=" + std::to_string(v.view) + " EARLY=" + std::to_string(v.early) +
         " LATE=" + std::to_string(v.late) + " RESURRECTED=" + std::to_string(v.resurrected) +
         " LIST=" + std::to_string(v.list) + " ILLEGAL=" + std::to_string(v.illegal) +
         " UNEXPLAINED=" + std::to_string(v.unexplained);
}

void view_judge::take_complaints(const view_model& model) {
  for (const complaint& c : model.complaints()) {
    std::uint64_t* const counter = c.what == complaint::kind::early     ? &found_.early
                                   : c.what == complaint::kind::late    ? &found_.late
                                   : c.what == complaint::kind::illegal ? &found_.illegal
                                                                        : &found_.unexplained;
    found_.count(*counter, c.sentence);
  }
}

void view_judge::compare(const view_model& model, number conversation, number user,
                         const std::string& who, const shown_view& shown, bool fresh) {
  const expected_view expected = model.view_of(user);
  const std::string where = who + " in conversation " + std::to_string(conversation) + ": ";
  if (!expected.ever_member) {
    if (!shown.about.empty()) found_.count(found_.view, where + "he never was a member");
    return;
  }
  // What happened in a stretch that a device has passed over may have changed all that it shows.
  const bool partial = !fresh && !expected.passed.empty();
  const auto passed = [&](number seq) {
    return partial && std::any_of(expected.passed.begin(), expected.passed.end(),
                                  [&](auto& p) { return p.first <= seq && seq <= p.second; });
  };
  if (!partial && shown.about != expected.about)
    found_.count(found_.view, where + "shows\n      " + without_end(shown.about) +
                                  "\n      and not " + without_end(expected.about));
  auto at = shown.messages.begin();
  for (const expected_message& message : expected.messages) {
    for (; at != shown.messages.end() && at->first < message.seq; ++at)
      found_.count(found_.view, where + "shows too much: " + without_end(at->second));
    const auto& allowed = fresh ? message.fresh : message.kept;
    if (at == shown.messages.end() || at->first != message.seq) {
      if (passed(message.seq)) continue;
      found_.count(found_.view, where + "does not show " + either(allowed));
      continue;
    }
    if (!partial && std::find(allowed.begin(), allowed.end(), at->second) == allowed.end())
      found_.count(found_.view, where + "shows\n      " + without_end(at->second) +
                                    "\n      and not " + either(allowed));
    if (fresh && model.gone(message.seq) && at->second.find(" body=") != std::string::npos)
      found_.count(found_.resurrected, where + "reads message " + std::to_string(message.seq));
    ++at;
  }
  for (; at != shown.messages.end(); ++at)
    found_.count(found_.view, where + "shows too much: " + without_end(at->second));
}

void view_judge::compare_lists(const view_model& model, number conversation, number user,
                               client::session& reader) {
  const expected_summary expected = model.summary_of(user);
  const std::string where =
      "user " + std::to_string(user) + " conversation " + std::to_string(conversation) + ": ";
  const auto differ = [&](std::string_view what, const auto& is, const auto& should) {
    if (is == should) return;
    std::string sentence = where + std::string(what) + " is not as it should be";
    if constexpr (std::is_integral_v<std::decay_t<decltype(is)>>)
      sentence += ": " + std::to_string(is) + " in the place of " + std::to_string(should);
    found_.count(found_.list, std::move(sentence));
  };
  const auto list = reader.list_conversations();
  if (!list) throw std::runtime_error("listing conversations: " + list.error().detail);
  const client::conversation_info* info = nullptr;
  for (const auto& one : *list)
    if (one.conversation.value == conversation) info = &one;
  if (expected.head == 0) return differ("membership of a stranger", info == nullptr, true);
  if (info == nullptr) return differ("being listed", false, true);
  differ("member", number{info->member}, number{expected.member});
  differ("head", info->head.value, expected.head);
  differ("read", info->read.value, expected.read);
  differ("unread", info->unread, expected.unread);
  differ("role", static_cast<number>(info->role), expected.role);
  if (!expected.member) return;
  differ("mentions", info->mentions, expected.mentions);
  differ("title", info->title, expected.title);
  differ("topic", info->topic, expected.topic);

  const auto people = reader.list_members(conversation_id{conversation});
  if (!people) throw std::runtime_error("listing members: " + people.error().detail);
  std::map<number, std::pair<number, number>> members;
  for (const auto& m : *people)
    members[m.user.value] = {static_cast<number>(m.role), m.muted_until};
  differ("the list of members", members, expected.members);

  const auto pins = reader.list_pins(conversation_id{conversation});
  if (!pins) throw std::runtime_error("listing pins: " + pins.error().detail);
  std::set<number> pinned;
  for (const auto& p : *pins) pinned.insert(p.seq.value);
  differ("the list of pins", pinned, expected.pins);

  for (const auto& [seq, versions] : model.versions_for(user, listed_messages)) {
    std::vector<std::string> bodies;
    const auto rows = reader.list_versions(conversation_id{conversation}, event_seq{seq});
    if (!rows && rows.error().code == errc::gone) {
      differ("message " + std::to_string(seq) + " having a body", false, true);
      continue;
    }
    if (!rows) throw std::runtime_error("listing versions: " + rows.error().detail);
    for (const event_view& event : rows->events) bodies.emplace_back(event.body);
    differ("what message " + std::to_string(seq) + " was before", bodies, versions);
  }
  for (const auto& [seq, readers] : model.readers_for(user, listed_messages)) {
    const auto rows = reader.list_readers(conversation_id{conversation}, event_seq{seq});
    if (!rows) throw std::runtime_error("listing readers: " + rows.error().detail);
    std::set<number> who;
    for (const user_id one : rows->users) who.insert(one.value);
    const std::string what = "message " + std::to_string(seq);
    differ("who has read " + what, who, readers.read);
    differ("the count of readers of " + what, number{rows->read}, number{readers.read.size()});
    differ("the count of members for " + what, number{rows->members}, readers.members);
  }
}

client::conversation_view read_view(client::session& reader, ledger& book, number conversation,
                                    view_device* device) {
  client::conversation_view view;
  event_seq from{1};
  while (from) {
    const auto page =
        reader.history(conversation_id{conversation}, from, history_direction::forward, 200);
    if (!page) {
      if (page.error().code == errc::not_found) return view;
      throw std::runtime_error("reading history: " + page.error().detail);
    }
    for (const event_view& event : page->events) {
      if (event.kind == event_kind::gone) book.told_gone(conversation, node_event_of(event));
      if (const auto came = let_in_of(conversation, event)) book.told_let_in(*came);
      if (device != nullptr) device->look_at(conversation, event);
      view.apply(event);
    }
    from = page->next;
  }
  return view;
}

}  // namespace conclave::viewcheck
