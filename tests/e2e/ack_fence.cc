/// See ack_fence.h.
#include "tests/e2e/ack_fence.h"

#include "client/protocol.h"
#include "tests/support/wire_client.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

namespace conclave::ackcheck {

namespace {

using namespace std::chrono_literals;

/// The highest seq of the conversation that any frame of the socket has told.
std::uint64_t highest_told(const std::vector<test::wire_frame>& frames, conversation_id c) {
  std::uint64_t highest = 0;
  for (const test::wire_frame& frame : frames) {
    if (frame.is(frame_type::event)) {
      const auto push = split_event_payload(frame.payload);
      if (!push || push->conversation != c) continue;
      const auto event = decode_event(push->event_bytes);
      if (event) highest = std::max(highest, event->seq.value);
    } else if (frame.is(frame_type::head)) {
      const auto hint = frame.as<head_push>();
      if (hint && hint->conversation == c) highest = std::max(highest, hint->head.value);
    }
  }
  return highest;
}

}  // namespace

ack_fence::ack_fence(options o) : options_(std::move(o)), thread_([this] { run(); }) {}

ack_fence::~ack_fence() {
  stop();
}

void ack_fence::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void ack_fence::run() {
  std::unique_ptr<client::session> host;
  while (!stop_ && host == nullptr) {
    auto made = client::session::connect(options_.host);
    if (made)
      host = std::move(*made);
    else
      std::this_thread::sleep_for(20ms);
  }
  for (std::size_t i = 0; !stop_; ++i) once(*host, options_.groups[i % options_.groups.size()]);
}

void ack_fence::once(client::session& host, conversation_id group) {
  // Still there from a time before whose end is not known: fine.
  const auto added = host.add_members(group, {options_.guest});
  if (!added && added.error().code != errc::already_exists) return;
  test::wire_client socket(options_.nodes[node_]);
  const bool in = socket.connected() && socket.login(options_.guest_token);
  if (!in) node_ = (node_ + 1) % options_.nodes.size();
  if (in) socket.read_for(5ms);
  const auto removed = host.remove_member(group, options_.guest);
  if (!removed) return;
  ++removals_;
  if (!in) return;
  socket.read_for(30ms);
  const auto page = socket.ask(history{group, event_seq{removed->seq.value + 1}});
  const std::string where = "conversation " + std::to_string(group.value) + ", removed by event " +
                            std::to_string(removed->seq.value) + ": ";
  if (page && page->is(frame_type::history_page)) {
    const auto told = page->as<history_page>();
    if (told && (told->events.count != 0 || told->head > removed->seq))
      leaks_.push_back(where + "HISTORY goes on after it");
  }
  const std::uint64_t highest = highest_told(socket.pushes(), group);
  if (highest > removed->seq.value)
    leaks_.push_back(where + "the socket was told of " + std::to_string(highest));
}

std::vector<std::string> wrong_in_inbox(const client::inbox_list& inbox,
                                        const std::vector<membership_note>& true_notes) {
  std::vector<std::string> wrong;
  std::uint64_t expected = 0;
  const std::set<membership_note> known(true_notes.begin(), true_notes.end());
  std::map<std::uint64_t, membership_note> last_told;
  std::map<std::uint64_t, membership_note> last_true;
  for (const membership_note& note : true_notes) last_true[note.conversation] = note;
  for (const client::inbox_item& entry : inbox.entries) {
    if (entry.seq != ++expected) {
      wrong.push_back("entry " + std::to_string(entry.seq) + " stands in the place of " +
                      std::to_string(expected));
      expected = entry.seq;
    }
    const bool added = entry.kind == inbox_kind::conversation_added;
    if (!added && entry.kind != inbox_kind::conversation_removed) continue;
    const membership_note note{entry.conversation.value, entry.at.value, added};
    if (!known.contains(note))
      wrong.push_back("entry " + std::to_string(entry.seq) + " tells of conversation " +
                      std::to_string(note.conversation) + " seq " + std::to_string(note.seq) +
                      ", where nothing of the kind happened");
    last_told[note.conversation] = note;
  }
  if (expected != inbox.head)
    wrong.push_back("the last entry is " + std::to_string(expected) + " and the head " +
                    std::to_string(inbox.head));
  for (const auto& [conversation, note] : last_true)
    if (last_told[conversation] != note)
      wrong.push_back("what it last tells of conversation " + std::to_string(conversation) +
                      " is not how things stand");
  return wrong;
}

std::vector<std::string> check_inbox(client::session& host, client::session& user,
                                     const std::vector<conversation_id>& groups) {
  const user_id me = user.who().user;
  std::vector<membership_note> notes;
  for (const conversation_id c : groups) {
    event_seq from{1};
    while (from) {
      const auto page = host.history(c, from, history_direction::forward, 1000);
      if (!page) throw std::runtime_error("a history page cannot be read: " + page.error().detail);
      for (const event_view& event : page->events) {
        std::vector<user_id> named;
        if (event.kind == event_kind::conversation_created) {
          if (const auto body = decode_body<created_body>(event.body)) named = body->members;
        } else if (event.kind == event_kind::members_added ||
                   event.kind == event_kind::member_removed) {
          if (const auto body = decode_body<members_body>(event.body)) named = body->users;
        }
        if (std::find(named.begin(), named.end(), me) != named.end())
          notes.push_back({c.value, event.seq.value, event.kind != event_kind::member_removed});
      }
      from = page->next;
    }
  }
  client::inbox_list all;
  while (true) {
    const std::uint64_t after = all.entries.empty() ? 0 : all.entries.back().seq;
    auto page = user.inbox(after, 500);
    if (!page) throw std::runtime_error("an inbox cannot be read: " + page.error().detail);
    all.head = page->head;
    if (page->entries.empty()) break;
    for (auto& entry : page->entries) all.entries.push_back(std::move(entry));
    if (all.entries.back().seq >= page->head) break;
  }
  std::vector<std::string> wrong;
  for (const std::string& sentence : wrong_in_inbox(all, notes))
    wrong.push_back("the inbox of user " + std::to_string(me.value) + ": " + sentence);
  return wrong;
}

}  // namespace conclave::ackcheck
