/// The rules of one conversation, one by one, without actors and with a clock that stands still.
#include "actors/conversation_state.h"

#include "conf/limits.h"
#include "tests/support/conversation_driver.h"

#include <gtest/gtest.h>

#include <set>

namespace conclave::actors {
namespace {

using test::acme;
using test::conversation_driver;
using test::room;
using test::users;
using kind = ruling::kind;

std::vector<user_id> recipients_of(const draft& d, std::size_t event) {
  for (const auto& segment : d.part.segments) {
    if (event < segment.first_event + segment.event_count) return segment.members->users;
  }
  return {};
}

/// Owner 1, members 2 and 3; seq 1 is committed.
conversation_driver three_people() {
  conversation_driver c;
  EXPECT_EQ(c.create(1, 99, {2, 3}).what, kind::sequenced);
  c.commit();
  return c;
}

void expect_rejected(const ruling& r, errc code) {
  EXPECT_EQ(r.what, kind::rejected);
  EXPECT_EQ(r.code, code) << name_of(r.code);
}

// -- order and resends
// -----------------------------------------------------------------------------

TEST(conversation_state, p2_sequence_numbers_are_dense_whoever_speaks) {
  auto c = three_people();
  std::uint64_t expected = 2;
  for (std::uint64_t round = 1; round <= 20; ++round) {
    for (std::uint64_t user = 1; user <= 3; ++user) {
      const ruling r = c.say(user, round);
      ASSERT_EQ(r.what, kind::sequenced);
      EXPECT_EQ(r.seq.value, expected++);
    }
    expect_rejected(c.say(9, round), errc::not_found);  // takes no seq
    if (round % 3 == 0) c.commit();
    if (round % 6 == 0) c.reload();
  }
  EXPECT_EQ(c.state().head().value, expected - 1);
}

TEST(conversation_state, p3_a_repeated_client_seq_gets_the_same_seq_and_time) {
  auto c = three_people();
  c.now = 5'000;
  const ruling first = c.say(2, 7, "once");
  c.now = 6'000;
  for (const bool reloaded : {false, true}) {
    if (reloaded) {
      c.commit();
      c.reload();
    }
    const ruling again = c.say(2, 7, "once");
    EXPECT_EQ(again.what, kind::repeated);
    EXPECT_EQ(again.seq, first.seq);
    EXPECT_EQ(again.time, 5'000u);
  }
  EXPECT_EQ(c.state().head(), first.seq);
  EXPECT_EQ(c.say(2, 7, "another device", 2).what, kind::sequenced);
  EXPECT_EQ(c.say(3, 7, "another user").what, kind::sequenced);
}

TEST(conversation_state, p3_a_client_seq_that_is_given_to_another_request_is_refused) {
  auto c = three_people();
  const ruling first = c.say(2, 7, "once");
  ASSERT_EQ(first.what, kind::sequenced);
  for (const bool reloaded : {false, true}) {
    if (reloaded) {
      c.commit();
      c.reload();
    }
    expect_rejected(c.say(2, 7, "something else"), errc::client_seq_reused);
    expect_rejected(c.say(2, 7, ""), errc::client_seq_reused);
    expect_rejected(c.remove(2, 7, 2), errc::client_seq_reused);
    request_details reply;
    reply.reply_to = event_seq{1};
    expect_rejected(c.ask_with(conversation_verb::send, 2, 7, reply, "once"),
                    errc::client_seq_reused);
    EXPECT_EQ(c.say(2, 7, "once").what, kind::repeated);
    EXPECT_EQ(c.state().head(), first.seq);
  }
  EXPECT_EQ(c.say(2, 8, "something else").what, kind::sequenced);
}

TEST(conversation_state, p3_a_forward_is_the_same_request_also_when_its_origin_has_changed) {
  auto c = three_people();
  request_details from = c.details_about(2, 1);
  from.origin_conversation = room;
  from.origin_seq = event_seq{1};
  const ruling first = c.ask_with(conversation_verb::forward, 2, 7, from, "as it was");
  ASSERT_EQ(first.what, kind::sequenced);
  from.origin_refused = errc::gone;
  EXPECT_EQ(c.ask_with(conversation_verb::forward, 2, 7, from).what, kind::repeated);
  from.origin_seq = event_seq{2};
  expect_rejected(c.ask_with(conversation_verb::forward, 2, 7, from), errc::client_seq_reused);
}

TEST(conversation_state, p3_what_was_done_to_one_message_is_no_resend_for_another) {
  auto c = three_people();
  ASSERT_EQ(c.say(2, 1, "one").seq.value, 2u);
  ASSERT_EQ(c.say(2, 2, "two").seq.value, 3u);
  c.commit();
  ASSERT_EQ(c.about(conversation_verb::react, 2, 3, 2, "+").what, kind::sequenced);
  c.commit();
  EXPECT_EQ(c.about(conversation_verb::react, 2, 3, 2, "+").what, kind::repeated);
  for (const auto& other : {c.about(conversation_verb::react, 2, 3, 3, "+"),
                            c.about(conversation_verb::react, 2, 3, 2, "-"),
                            c.about(conversation_verb::react, 2, 3, 2, "+", true),
                            c.about(conversation_verb::pin, 2, 3, 2)})
    expect_rejected(other, errc::client_seq_reused);
}

TEST(conversation_state, p3_below_the_window_it_is_expired_and_inside_it_absent_means_never_done) {
  auto c = three_people();
  for (std::uint64_t key = 10; key < 10 + 2 * (sender_record::window + 1); key += 2)
    ASSERT_EQ(c.say(2, key).what, kind::sequenced);
  expect_rejected(c.say(2, 9), errc::resend_expired);
  expect_rejected(c.say(2, 10), errc::resend_expired);
  EXPECT_EQ(c.say(2, 12).what, kind::repeated);
  const event_seq head = c.state().head();
  const ruling late = c.say(2, 13);
  EXPECT_EQ(late.what, kind::sequenced);
  EXPECT_EQ(late.seq.value, head.value + 1);
  c.commit();
  c.reload();
  EXPECT_EQ(c.say(2, 13).what, kind::repeated);
  // 13 pushed 12 out of the window.
  expect_rejected(c.say(2, 12), errc::resend_expired);
}

TEST(conversation_state, p3_a_rejection_is_not_remembered) {
  auto c = three_people();
  expect_rejected(c.add(2, 5, {4}), errc::forbidden);
  const ruling r = c.say(2, 5);
  EXPECT_EQ(r.what, kind::sequenced);
  EXPECT_EQ(r.seq.value, 2u);
}

TEST(conversation_state, p3_founding_again_with_the_same_operation_finds_the_same_conversation) {
  conversation_driver c;
  c.now = 4'000;
  EXPECT_EQ(c.create(1, 99, {2}).what, kind::sequenced);
  c.now = 9'000;
  for (const bool reloaded : {false, true}) {
    if (reloaded) {
      c.commit();
      c.reload();
    }
    const ruling again = c.create(1, 99, {2});
    EXPECT_EQ(again.what, kind::repeated);
    EXPECT_EQ(again.seq.value, 1u);
    EXPECT_EQ(again.time, 4'000u);
    expect_rejected(c.create(1, 98, {2}), errc::already_exists);
    expect_rejected(c.create(2, 99, {1}), errc::already_exists);
  }
  EXPECT_EQ(c.state().head().value, 1u);
}

TEST(conversation_state, p3_one_who_left_still_learns_what_became_of_his_request) {
  auto c = three_people();
  EXPECT_EQ(c.say(2, 5).what, kind::sequenced);
  EXPECT_EQ(c.remove(2, 6, 2).what, kind::sequenced);
  EXPECT_EQ(c.say(2, 5).seq.value, 2u);
  const ruling again = c.remove(2, 6, 2);
  EXPECT_EQ(again.what, kind::repeated);
  EXPECT_EQ(again.seq.value, 3u);
  expect_rejected(c.say(2, 7), errc::not_found);
}

TEST(conversation_state, time_never_runs_backwards) {
  auto c = three_people();
  c.now = 50'000;
  EXPECT_EQ(c.say(1, 1).time, 50'000u);
  c.now = 20'000;
  EXPECT_EQ(c.say(2, 1).time, 50'000u);
  c.commit();
  c.reload();
  c.now = 10'000;
  const ruling r = c.say(3, 1);
  EXPECT_EQ(r.time, 50'000u);
  EXPECT_EQ(c.commit().time, 50'000u);
}

// -- who may do what
// -------------------------------------------------------------------------------

TEST(conversation_state, p6_to_a_stranger_a_conversation_looks_like_none) {
  auto real = three_people();
  conversation_driver none;
  for (const auto verb : {conversation_verb::send, conversation_verb::add_members,
                          conversation_verb::remove_member}) {
    const ruling there = real.ask(verb, 9, 1, "x", users({2}));
    const ruling nowhere = none.ask(verb, 9, 1, "x", users({2}));
    expect_rejected(there, errc::not_found);
    expect_rejected(nowhere, errc::not_found);
    EXPECT_EQ(there.detail, nowhere.detail);
  }
  EXPECT_FALSE(real.state().has_draft());
  EXPECT_FALSE(none.state().has_draft());
}

TEST(conversation_state, p4_only_the_owner_adds_and_removes_others) {
  auto c = three_people();
  expect_rejected(c.add(2, 1, {4}), errc::forbidden);
  expect_rejected(c.remove(2, 1, 3), errc::forbidden);
  EXPECT_EQ(c.add(1, 1, {4}).what, kind::sequenced);
  EXPECT_EQ(c.remove(1, 2, 4).what, kind::sequenced);
  EXPECT_EQ(c.remove(2, 1, 2).what, kind::sequenced) << "everybody may leave";
}

TEST(conversation_state, p4_one_who_left_may_do_nothing_more) {
  auto c = three_people();
  c.remove(1, 1, 2);
  c.commit();
  c.reload();
  expect_rejected(c.say(2, 1), errc::not_found);
  expect_rejected(c.add(2, 1, {4}), errc::not_found);
  expect_rejected(c.remove(2, 1, 2), errc::not_found);
}

TEST(conversation_state, the_owner_leaves_last) {
  auto c = three_people();
  expect_rejected(c.remove(1, 1, 1), errc::forbidden);
  c.remove(1, 1, 2);
  expect_rejected(c.remove(1, 2, 1), errc::forbidden);
  c.remove(1, 2, 3);
  EXPECT_EQ(c.remove(1, 3, 1).what, kind::sequenced);
  EXPECT_TRUE(c.state().members()->users.empty());
  expect_rejected(c.say(1, 4), errc::not_found);
}

TEST(conversation_state, adding_passes_over_members_and_needs_at_least_one_new_one) {
  auto c = three_people();
  expect_rejected(c.add(1, 1, {2, 3}), errc::already_exists);
  EXPECT_EQ(c.add(1, 1, {2, 4, 4, 5}).what, kind::sequenced);
  const draft d = c.commit();
  const std::string row = c.rows.get(keys::event(acme, room, event_seq{2}));
  const auto event = decode_event(row);
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(decode_body<members_body>(event->body)->users, users({4, 5}));
  EXPECT_EQ(d.changes.size(), 2u);
}

TEST(conversation_state, removing_one_who_is_no_member_is_not_found) {
  auto c = three_people();
  expect_rejected(c.remove(1, 1, 9), errc::not_found);
  c.remove(1, 1, 2);
  expect_rejected(c.remove(1, 2, 2), errc::not_found);
}

TEST(conversation_state, p7_a_conversation_does_not_grow_past_its_bound) {
  conversation_driver c;
  c.create(1, 99, {});
  std::uint64_t next = 2;
  std::uint64_t key = 0;
  const auto add_some = [&](std::size_t count) {
    std::vector<user_id> some;
    for (std::size_t i = 0; i < count; ++i) some.push_back(user_id{next++});
    return c.ask(conversation_verb::add_members, 1, ++key, {}, some);
  };
  while (c.state().members()->users.size() + 500 <= limits::max_members)
    ASSERT_EQ(add_some(500).what, kind::sequenced);
  expect_rejected(add_some(500), errc::too_many_members);
  EXPECT_EQ(add_some(limits::max_members - c.state().members()->users.size()).what,
            kind::sequenced);
  expect_rejected(add_some(1), errc::too_many_members);
}

TEST(conversation_state, a_text_that_is_not_utf8_leaves_no_trace) {
  auto c = three_people();
  expect_rejected(c.say(2, 1, "\xC3\x28"), errc::invalid_argument);
  EXPECT_FALSE(c.state().has_draft());
  EXPECT_EQ(c.say(2, 1, "grüß dich").what, kind::sequenced);
}

// -- who receives what
// -----------------------------------------------------------------------------

TEST(conversation_state, p4_a_removal_goes_to_the_removed_one_and_nothing_after_it_does) {
  auto c = three_people();
  c.say(3, 1);
  c.remove(1, 1, 2);
  c.say(3, 2);
  const draft d = c.commit();
  EXPECT_EQ(recipients_of(d, 0), users({1, 2, 3}));
  EXPECT_EQ(recipients_of(d, 1), users({1, 2, 3}));
  EXPECT_EQ(recipients_of(d, 2), users({1, 3}));
  ASSERT_EQ(d.part.segments.size(), 2u);
  EXPECT_EQ(d.part.segments[0].event_count, 2u);
  EXPECT_NE(d.part.segments[0].members->version, d.part.segments[1].members->version);
}

TEST(conversation_state, p4_a_newcomer_receives_the_event_that_adds_him_and_nothing_before) {
  auto c = three_people();
  c.say(3, 1);
  c.add(1, 1, {4});
  const draft d = c.commit();
  EXPECT_EQ(recipients_of(d, 0), users({1, 2, 3}));
  EXPECT_EQ(recipients_of(d, 1), users({1, 2, 3, 4}));
  EXPECT_FALSE(visible(c.member(4), event_seq{2}));
  EXPECT_TRUE(visible(c.member(4), event_seq{3}));
}

TEST(conversation_state, p4_leaving_and_coming_back_leaves_a_hole_in_what_is_visible) {
  auto c = three_people();  // 1
  c.remove(2, 1, 2);        // 2
  c.say(1, 1);              // 3
  c.add(1, 2, {2});         // 4
  c.say(1, 3);              // 5
  c.commit();
  const std::vector<visible_span> expected{{event_seq{1}, event_seq{2}}, {event_seq{4}, {}}};
  EXPECT_EQ(c.member(2).spans, expected);
  EXPECT_TRUE(c.member(2).is_member());
  EXPECT_EQ(c.member(2).joined.value, 4u);
}

TEST(conversation_state, p4_with_all_history_open_a_newcomer_sees_everything) {
  conversation_driver c;
  c.visibility = history_visibility::all;
  c.create(1, 99, {2});  // 1
  c.remove(2, 1, 2);     // 2
  c.say(1, 1);           // 3
  c.commit();
  EXPECT_FALSE(visible(c.member(2), event_seq{3}));
  c.reload();
  c.add(1, 2, {2, 4});  // 4
  c.commit();
  const std::vector<visible_span> everything{{event_seq{1}, {}}};
  EXPECT_EQ(c.member(2).spans, everything);
  EXPECT_EQ(c.member(4).spans, everything);
}

TEST(conversation_state, p7_a_member_who_comes_and_goes_keeps_a_bounded_row) {
  auto c = three_people();
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < max_member_spans + 5; ++i) {
    ASSERT_EQ(c.remove(1, ++key, 2).what, kind::sequenced);
    ASSERT_EQ(c.add(1, ++key, {2}).what, kind::sequenced);
  }
  c.commit();
  EXPECT_EQ(c.member(2).spans.size(), max_member_spans);
  EXPECT_FALSE(visible(c.member(2), event_seq{1})) << "the oldest stretch is closed";
  EXPECT_TRUE(visible(c.member(2), c.state().head()));
}

// -- what a draft holds
// ----------------------------------------------------------------------------

TEST(conversation_state, a_draft_of_founding_holds_exactly_its_rows) {
  conversation_driver c;
  c.create(1, 99, {2, 2, 1});
  const draft d = c.commit();
  EXPECT_EQ(d.expected_version, 0u);
  EXPECT_EQ(d.new_version, 1u);
  std::set<std::string> expected{
      keys::conversation(acme, room),
      keys::event(acme, room, event_seq{1}),
      keys::member(acme, room, user_id{1}),
      keys::member(acme, room, user_id{2}),
      keys::intent(acme, room, event_seq{1}, user_id{1}),
      keys::intent(acme, room, event_seq{1}, user_id{2}),
  };
  std::set<std::string> found;
  for (const auto& [key, value] : c.rows.all()) found.insert(key);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(c.member(1).role, member_role::owner);
  EXPECT_EQ(c.member(2).role, member_role::member);
  ASSERT_EQ(d.part.events.size(), 1u);
  EXPECT_TRUE(d.part.events[0].founding);
}

TEST(conversation_state, the_row_of_an_event_is_the_bytes_inside_its_frame) {
  auto c = three_people();
  c.say(1, 1, "first");
  c.remove(1, 2, 3);
  c.say(2, 8, std::string(3000, 'x'));
  const draft d = c.commit();
  EXPECT_EQ(d.expected_version, 1u);
  EXPECT_EQ(d.new_version, 4u);
  ASSERT_EQ(d.part.events.size(), 3u);
  std::size_t at = 0;
  for (const auto& e : d.part.events) {
    EXPECT_EQ(e.frame_offset, at) << "frames lie side by side";
    at += e.frame_size;
    const auto frame = std::string_view(*d.part.frames).substr(e.frame_offset, e.frame_size);
    const auto header = read_frame_header(frame.data());
    EXPECT_EQ(header.type, frame_type::event);
    EXPECT_EQ(header.correlation, 0u);
    EXPECT_EQ(header.length + frame_length_size, e.frame_size);
    const auto push = split_event_payload(frame.substr(frame_header_size));
    ASSERT_TRUE(push.ok());
    EXPECT_EQ(push->conversation, room);
    EXPECT_EQ(push->event_bytes, c.rows.get(keys::event(acme, room, e.seq)));
  }
  EXPECT_EQ(at, d.part.frames->size());
  const std::string row = c.rows.get(keys::event(acme, room, event_seq{4}));
  const auto said = decode_event(row);
  EXPECT_EQ(said->sender.value, 2u);
  EXPECT_EQ(said->device.value, 1u);
  EXPECT_EQ(said->client_seq, 8u);
  EXPECT_EQ(said->ordinal, 2u) << "two texts, and changes of membership are not unread";
}

TEST(conversation_state, a_sender_is_written_once_per_draft) {
  auto c = three_people();
  for (std::uint64_t key = 1; key <= 10; ++key) {
    c.say(2, key, "a", 1);
    c.say(2, key, "b", 2);
  }
  const draft d = c.commit();
  EXPECT_EQ(d.redo.operations(), 20u + 2u);
  EXPECT_EQ(c.rows.count(table::sender, acme, room.value), 2u);
  const auto row =
      sender_record::decode(c.rows.get(keys::sender(acme, room, user_id{2}, device_id{2})));
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(row->highest(), 10u);
  EXPECT_EQ(row->size(), 10u);
  EXPECT_FALSE(c.state().has_draft());
  c.say(2, 11, "again", 1);
  EXPECT_EQ(c.commit().redo.operations(), 2u);
}

TEST(conversation_state, a_change_of_membership_owes_the_index_until_it_has_learnt) {
  auto c = three_people();
  c.remove(1, 1, 3);
  c.commit();
  EXPECT_EQ(c.rows.count(table::intent, acme, room.value), 4u);
  c.reload();
  ASSERT_EQ(c.state().unfinished().size(), 4u);
  EXPECT_FALSE(c.state().unfinished().back().member);
  EXPECT_EQ(c.state().unfinished().back().user.value, 3u);

  for (const auto& change : c.state().unfinished()) c.state().index_learnt(change.seq, change.user);
  EXPECT_TRUE(c.state().has_draft());
  const draft housekeeping = c.commit();
  EXPECT_EQ(housekeeping.expected_version, housekeeping.new_version);
  EXPECT_EQ(housekeeping.new_version, 2u);
  EXPECT_TRUE(housekeeping.part.events.empty());
  EXPECT_EQ(c.rows.count(table::intent, acme, room.value), 0u);
  c.reload();
  EXPECT_TRUE(c.state().unfinished().empty());
}

TEST(conversation_state, every_member_list_has_a_version_of_its_own) {
  auto one = three_people();
  auto other = three_people();
  EXPECT_NE(one.state().members()->version, other.state().members()->version);
  const auto before = one.state().members();
  one.say(1, 1);
  EXPECT_EQ(one.state().members(), before);
  one.add(1, 2, {4});
  EXPECT_NE(one.state().members()->version, before->version);
  EXPECT_EQ(before->users, users({1, 2, 3})) << "a list that was handed out does not change";
}

}  // namespace
}  // namespace conclave::actors
