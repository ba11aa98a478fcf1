/// What people do in conversations, over TLS and on two devices each: the main path of each feature
/// once, with what the others see of it (P2 P4 P5). The odd cases are the unit tests' business, and
/// all of it at random viewcheck's.
#include "tests/e2e/viewing_person.h"

#include <algorithm>
#include <thread>

namespace conclave::test {
namespace {

class e2e_whole : public e2e {
 protected:
  using people_list = std::vector<std::unique_ptr<viewing_person>>;

  /// alice, bob and carol, each with a desk and a phone.
  void come() {
    start();
    for (const auto& user : people({"alice", "bob", "carol"}, "acme", "desk"))
      desks.push_back(std::make_unique<viewing_person>(node(), user));
    for (const auto& user : people({"alice", "bob", "carol"}, "acme", "phone"))
      phones.push_back(std::make_unique<viewing_person>(node(), user));
  }

  viewing_person& alice() { return *desks[0]; }
  viewing_person& bob() { return *desks[1]; }
  viewing_person& carol() { return *desks[2]; }
  viewing_person& phone_of_bob() { return *phones[1]; }

  conversation_id group(conversation_kind kind = conversation_kind::group) {
    client::new_conversation wanted;
    wanted.kind = kind;
    wanted.title = "team";
    wanted.members = {bob().id, carol().id};
    const auto made = alice()->create(wanted);
    EXPECT_TRUE(made) << made.error().detail;
    return made ? made->conversation : conversation_id{};
  }

  /// Both devices of each show the same, up to there.
  void all_show_the_same(conversation_id c, event_seq up_to) {
    for (auto* list : {&desks, &phones})
      for (auto& one : *list) ASSERT_TRUE(one->shows_up_to(c, up_to));
    for (auto* list : {&desks, &phones})
      for (auto& one : *list) EXPECT_EQ(one->dump(c), alice().dump(c));
  }

  people_list desks;
  people_list phones;
};

/// The receipt of what must succeed.
client::receipt done_with(const outcome<client::receipt>& answer) {
  EXPECT_TRUE(answer) << answer.error().detail;
  return answer ? *answer : client::receipt{};
}

TEST_F(e2e_whole, p2_two_people_who_begin_with_each_other_at_once_find_one_conversation) {
  come();
  for (int round = 0; round < 5; ++round) {
    // Each round two others: alice and bob, bob and carol …
    viewing_person& one = *desks[static_cast<std::size_t>(round) % 3];
    viewing_person& other = *desks[static_cast<std::size_t>(round + 1) % 3];
    outcome<client::founded> by_other = errc::unsupported;
    std::thread meanwhile([&] { by_other = other->create_direct(one.id); });
    const auto by_one = one->create_direct(other.id);
    meanwhile.join();
    ASSERT_TRUE(by_one && by_other);
    EXPECT_EQ(by_one->conversation, by_other->conversation);
    const conversation_id c = by_one->conversation;
    const auto said = done_with(one->send(c, "hello"));
    ASSERT_TRUE(other.shows(c, said.seq, [](const auto& m) { return m.body == "hello"; }));
    EXPECT_EQ(code_of(one->add_members(c, {carol().id})), errc::forbidden);
    EXPECT_EQ(code_of(one->remove_member(c, other.id)), errc::forbidden);
  }
}

TEST_F(e2e_whole, p4_in_an_announcement_only_owner_and_admins_speak_and_all_react) {
  come();
  const conversation_id c = group(conversation_kind::announcement);
  const auto said = done_with(alice()->send(c, "the office is closed"));
  ASSERT_TRUE(bob().shows_up_to(c, said.seq));
  EXPECT_EQ(code_of(bob()->send(c, "why?")), errc::muted);
  done_with(bob()->react(c, said.seq, "sad"));
  done_with(alice()->set_role(c, bob().id, member_role::admin));
  const auto last = done_with(bob()->send(c, "because of the snow"));
  all_show_the_same(c, last.seq);
}

TEST_F(e2e_whole, p2_what_is_done_to_messages_is_seen_on_both_devices_of_each) {
  come();
  const conversation_id c = group();
  const auto first = done_with(alice()->send(c, "frist"));
  const auto second = done_with(bob()->send(c, "to be taken back"));
  done_with(alice()->edit(c, first.seq, "first"));
  done_with(carol()->react(c, first.seq, "ok"));
  done_with(phone_of_bob()->react(c, first.seq, "ok"));
  done_with(carol()->react(c, first.seq, "ok", true));
  done_with(alice()->pin(c, first.seq));
  EXPECT_EQ(code_of(bob()->edit(c, first.seq, "mine")), errc::forbidden);
  done_with(phone_of_bob()->recall(c, second.seq));
  EXPECT_EQ(code_of(alice()->react(c, second.seq, "no")), errc::gone);
  const auto other = alice()->create_direct(carol().id);
  ASSERT_TRUE(other);
  const auto forwarded = done_with(carol()->forward(other->conversation, c, first.seq));
  ASSERT_TRUE(alice().shows(other->conversation, forwarded.seq, [&](const auto& m) {
    return m.body == "first" && m.origin_conversation == c && m.origin_seq == first.seq &&
           m.origin_sender == alice().id && m.origin_time == first.time;
  }));

  const auto last = done_with(alice()->send(c, "the end"));
  all_show_the_same(c, last.seq);
  const auto shown = bob().find(c, first.seq);
  EXPECT_EQ(shown.body, "first");
  EXPECT_TRUE(shown.edited && shown.pinned);
  EXPECT_EQ(shown.reactions, (std::map<std::string, std::set<user_id>>{{"ok", {bob().id}}}));
  const auto gone = carol().find(c, second.seq);
  ASSERT_TRUE(gone.gone);
  EXPECT_EQ(gone.gone->by, bob().id);
  const auto versions = bob()->list_versions(c, first.seq);
  ASSERT_TRUE(versions && versions->events.size() == 1);
  EXPECT_EQ(versions->events.front().body, "frist");
}

TEST_F(e2e_whole, p5_what_expires_goes_in_time_for_those_who_are_here_and_those_who_come_back) {
  come();
  const conversation_id c = group();
  client::message_extras shortly;
  shortly.expires_after_ms = 5'000;  // all must have seen it, on a busy machine too
  const auto said = done_with(alice()->send(c, "soon over", shortly));
  for (auto* one : {&bob(), &phone_of_bob(), &carol()})
    ASSERT_TRUE(one->shows(c, said.seq, [](const auto& m) { return m.body == "soon over"; }));
  phone_of_bob().disconnect();
  EXPECT_EQ(phone_of_bob().find(c, said.seq).body, "soon over");

  ASSERT_TRUE(bob().shows(c, said.seq, [](const auto& m) { return m.gone.has_value(); }));
  const auto told = bob().gone_events(c);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_GE(told.front().second, said.time + shortly.expires_after_ms);
  const auto page = carol()->history(c, said.seq, history_direction::forward, 1);
  ASSERT_TRUE(page && page->events.size() == 1);
  EXPECT_TRUE(page->events.front().body.empty());
  EXPECT_EQ(page->events.front().flags & event_flags::expired, event_flags::expired);

  phone_of_bob().connect();
  ASSERT_TRUE(phone_of_bob().shows_up_to(c, told.front().first));
  EXPECT_EQ(phone_of_bob().told_gone(c), std::vector<event_seq>{said.seq});
  all_show_the_same(c, told.front().first);
}

TEST_F(e2e_whole, p5_a_burning_message_is_over_on_all_devices_of_a_reader_and_goes_with_the_last) {
  come();
  const conversation_id c = group();
  client::message_extras burning;
  burning.burn_ms = 3'000;  // both devices must have opened it, on a busy machine too
  const auto said = done_with(alice()->send(c, "for your eyes", burning));
  ASSERT_TRUE(bob().shows(c, said.seq, [](const auto& m) { return m.burning && m.body.empty(); }));
  EXPECT_EQ(code_of(alice()->open(c, said.seq)), errc::not_found);

  const auto first = bob()->open(c, said.seq);
  const auto again = phone_of_bob()->open(c, said.seq);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->body, "for your eyes");
  EXPECT_EQ(again->burns_at, first->burns_at) << "the time runs from the first OPEN";
  // Over for bob, while carol may still read: nobody is told that it went.
  ASSERT_TRUE(wait_until([&] { return code_of(phone_of_bob()->open(c, said.seq)) == errc::gone; }));
  EXPECT_TRUE(bob().gone_events(c).empty());
  EXPECT_TRUE(phone_of_bob().hears_in_inbox([&](const client::inbox_item& e) {
    return e.kind == inbox_kind::burned && e.conversation == c && e.at == said.seq;
  }));

  const auto last = carol()->open(c, said.seq);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->body, "for your eyes");
  for (auto* one : {&alice(), &bob(), &phone_of_bob(), &carol()})
    ASSERT_TRUE(one->shows(c, said.seq, [](const auto& m) { return m.gone.has_value(); }));
  EXPECT_GE(alice().gone_events(c).front().second, last->burns_at);
  all_show_the_same(c, alice().gone_events(c).front().first);
}

TEST_F(e2e_whole, p2_read_marks_reach_the_other_device_the_watchers_and_the_lists) {
  come();
  const conversation_id c = group();
  event_seq last;
  for (int i = 0; i < 3; ++i) last = done_with(alice()->send(c, "read me")).seq;
  ASSERT_TRUE(alice()->watch(c));
  ASSERT_TRUE(bob().shows_up_to(c, last));
  const auto unread = [&](viewing_person& who) {
    const auto list = who->list_conversations();
    EXPECT_TRUE(list);
    return list->front().unread;
  };
  EXPECT_EQ(unread(bob()), 3u);
  ASSERT_TRUE(bob()->mark_read(c, last));
  EXPECT_EQ(unread(phone_of_bob()), 0u);
  EXPECT_TRUE(phone_of_bob().hears_in_inbox([&](const client::inbox_item& e) {
    return e.kind == inbox_kind::read && e.conversation == c && e.at == last;
  }));
  EXPECT_TRUE(alice().hears_read_by(c, bob().id, last));
  const auto readers = alice()->list_readers(c, last);
  ASSERT_TRUE(readers);
  EXPECT_EQ(readers->read, 1u);
  EXPECT_EQ(readers->members, 2u);
  EXPECT_EQ(readers->users, std::vector<user_id>{bob().id});
  ASSERT_TRUE(bob()->mark_read(c, event_seq{1}).ok()) << "going back changes nothing";
  EXPECT_EQ(unread(bob()), 0u);
  EXPECT_FALSE(bob()->mark_read(c, event_seq{last.value + 1}).ok());
}

TEST_F(e2e_whole, p4_joining_by_approval_waits_for_an_admin_and_dissolving_ends_it_for_all) {
  come();
  client::new_conversation wanted;
  wanted.title = "club";
  wanted.members = {bob().id};
  const auto made = alice()->create(wanted);
  ASSERT_TRUE(made);
  const conversation_id c = made->conversation;
  const auto code = alice()->new_join_code(c);
  ASSERT_TRUE(code) << code.error().detail;
  EXPECT_EQ(code_of(carol()->join(*code)), errc::not_found) << "it is closed";
  client::settings_change change;
  change.join = join_policy::approval;
  done_with(alice()->change_settings(c, change));

  const auto asked = carol()->join(*code, "let me in");
  ASSERT_TRUE(asked) << asked.error().detail;
  EXPECT_NE(asked->state, join_state::joined);
  EXPECT_TRUE(alice().hears_in_inbox([&](const client::inbox_item& e) {
    return e.kind == inbox_kind::join_requested && e.conversation == c && e.user == carol().id;
  }));
  const auto waiting = alice()->list_join_requests(c);
  ASSERT_TRUE(waiting && waiting->size() == 1);
  EXPECT_EQ(waiting->front().text, "let me in");
  EXPECT_EQ(code_of(bob()->answer_join(c, carol().id, true)), errc::forbidden);
  ASSERT_TRUE(alice()->answer_join(c, carol().id, true));
  ASSERT_TRUE(carol().shows(c, [&](const auto& v) { return v.members().contains(carol().id); }));
  done_with(carol()->send(c, "thank you"));

  EXPECT_EQ(code_of(bob()->dissolve(c)), errc::forbidden);
  const auto end = done_with(alice()->dissolve(c));
  for (auto* one : {&alice(), &bob(), &carol()})
    ASSERT_TRUE(one->shows(c, [](const auto& v) { return v.dissolved(); }));
  EXPECT_EQ(code_of(carol()->send(c, "anybody?")), errc::dissolved);
  const auto page = carol()->history(c, event_seq{}, history_direction::backward, 10);
  ASSERT_TRUE(page && !page->events.empty());
  EXPECT_EQ(page->events.back().seq, end.seq);
}

TEST_F(e2e_whole, p4_the_socket_of_a_removed_member_is_silent_whatever_happens_after) {
  come();
  const conversation_id c = group();
  const auto said = done_with(carol()->send(c, "before"));
  client::message_extras shortly;
  shortly.expires_after_ms = 300;
  const auto expiring = done_with(alice()->send(c, "soon over", shortly));
  const auto spy = people({"bob"}, "acme", "spy");
  wire_client socket(node().client_port());
  ASSERT_TRUE(socket.login(spy[0].token));

  const auto removed = done_with(alice()->remove_member(c, bob().id));
  done_with(carol()->edit(c, said.seq, "after"));
  done_with(alice()->react(c, said.seq, "ok"));
  done_with(alice()->pin(c, said.seq));
  ASSERT_TRUE(carol()->mark_read(c, said.seq).ok());
  ASSERT_TRUE(alice().shows(c, expiring.seq, [](const auto& m) { return m.gone.has_value(); }));
  done_with(carol()->recall(c, said.seq));

  // A later push of another conversation proves that nothing is on its way to him any more.
  const auto other = alice()->create_direct(bob().id);
  ASSERT_TRUE(other);
  bool arrived = false;
  while (!arrived) {
    auto frame = socket.next();
    ASSERT_TRUE(frame);
    socket.pushes().push_back(std::move(*frame));
    const auto push = split_event_payload(socket.pushes().back().payload);
    arrived = socket.pushes().back().is(frame_type::event) && push &&
              push->conversation == other->conversation;
  }
  std::uint64_t highest = 0;
  for (const wire_frame& frame : socket.pushes()) {
    if (frame.is(frame_type::event)) {
      const auto push = split_event_payload(frame.payload);
      if (push && push->conversation == c)
        highest = std::max(highest, decode_event(push->event_bytes)->seq.value);
    }
    EXPECT_FALSE(frame.is(frame_type::read_by));
  }
  EXPECT_EQ(highest, removed.seq.value);
  // What was edited after is not his to read; what is gone is gone for him, too.
  const auto page = bob()->history(c, event_seq{1}, history_direction::forward, 100);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->events.back().seq, removed.seq);
  for (const event_view& event : page->events) {
    EXPECT_TRUE(!is_message(event.kind) || event.body.empty()) << event.body;
  }
}

}  // namespace
}  // namespace conclave::test
