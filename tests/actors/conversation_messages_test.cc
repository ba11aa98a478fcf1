/// What becomes of messages: extras, editing, taking back, reactions, pins, forwards, expiry. Rules
/// without actors, on a clock that stands still.
#include "conf/limits.h"
#include "tests/support/conversation_driver.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

using test::acme;
using test::conversation_driver;
using test::room;
using test::users;
using kind = ruling::kind;
using verb = conversation_verb;

/// Owner 1, members 2 and 3; seq 1 the founding, seq 2 a text of user 2; all committed.
conversation_driver with_a_text() {
  conversation_driver c;
  EXPECT_EQ(c.create(1, 99, {2, 3}).what, kind::sequenced);
  EXPECT_EQ(c.say(2, 1, "first").seq.value, 2u);
  c.commit();
  return c;
}

void expect_rejected(const ruling& r, errc code) {
  EXPECT_EQ(r.what, kind::rejected);
  EXPECT_EQ(r.code, code) << name_of(r.code) << ": " << r.detail;
}

std::size_t gone_rows(const conversation_driver& c) {
  return c.rows.count(table::gone, acme, room.value);
}

// -- extras
// ----------------------------------------------------------------------------------------

TEST(conversation_messages, a_reply_names_an_event_that_its_sender_sees) {
  auto c = with_a_text();
  request_details more;
  more.reply_to = event_seq{2};
  more.thread = event_seq{2};
  const ruling r = c.ask_with(verb::send, 3, 1, more, "answer");
  ASSERT_EQ(r.what, kind::sequenced);
  c.commit();
  EXPECT_EQ(c.event(3).reply_to.value, 2u);
  EXPECT_EQ(c.event(3).thread.value, 2u);
  more.reply_to = event_seq{9};
  expect_rejected(c.ask_with(verb::send, 3, 2, more, "answer"), errc::not_found);
}

TEST(conversation_messages, a_newcomer_cannot_reply_to_what_he_does_not_see) {
  auto c = with_a_text();
  c.add(1, 1, {4});
  c.commit();
  request_details more;
  more.reply_to = event_seq{2};
  expect_rejected(c.ask_with(verb::send, 4, 1, more, "what?"), errc::not_found);
}

TEST(conversation_messages, mentions_name_members_once_and_leave_rows_for_them) {
  auto c = with_a_text();
  request_details more;
  more.mentions = users({3, 3, 1});
  ASSERT_EQ(c.ask_with(verb::send, 2, 2, more, "@").what, kind::sequenced);
  c.commit();
  EXPECT_EQ(c.event(3).mentions, users({3, 1}));
  EXPECT_TRUE(c.rows.has(keys::mention(acme, room, user_id{3}, event_seq{3})));
  EXPECT_EQ(c.rows.count(table::mention, acme, room.value), 2u);
  more.mentions = users({9});
  expect_rejected(c.ask_with(verb::send, 2, 3, more, "@"), errc::invalid_argument);
}

TEST(conversation_messages, everybody_is_named_by_a_flag_and_one_row) {
  auto c = with_a_text();
  request_details more;
  more.mentions_all = true;
  ASSERT_EQ(c.ask_with(verb::send, 2, 2, more, "@all").what, kind::sequenced);
  c.commit();
  EXPECT_EQ(c.event(3).flags, event_flags::mentions_all);
  EXPECT_TRUE(c.rows.has(keys::mention(acme, room, user_id{}, event_seq{3})));
}

TEST(conversation_messages, in_a_large_group_only_admins_name_everybody) {
  conversation_driver c;
  c.create(1, 99, {2});
  std::vector<user_id> many;
  for (std::uint64_t u = 10; u < 10 + limits::max_members_to_name_all; ++u)
    many.push_back(user_id{u});
  ASSERT_EQ(c.ask(verb::add_members, 1, 1, {}, many).what, kind::sequenced);
  request_details more;
  more.mentions_all = true;
  expect_rejected(c.ask_with(verb::send, 2, 1, more, "@all"), errc::forbidden);
  EXPECT_EQ(c.ask_with(verb::send, 1, 2, more, "@all").what, kind::sequenced);
}

TEST(conversation_messages, a_body_above_the_tenants_bound_is_refused) {
  auto c = with_a_text();
  c.policy.max_body_bytes = 4;
  expect_rejected(c.say(2, 2, "12345"), errc::invalid_argument);
  EXPECT_EQ(c.say(2, 3, "1234").what, kind::sequenced);
}

// -- editing
// ---------------------------------------------------------------------------------------

TEST(conversation_messages, an_edit_puts_the_new_body_in_the_old_place_and_keeps_the_old_one) {
  auto c = with_a_text();
  const ruling r = c.about(verb::edit, 2, 2, 2, "second");
  ASSERT_EQ(r.what, kind::sequenced);
  EXPECT_EQ(r.seq.value, 3u);
  c.commit();
  EXPECT_EQ(c.event(2).body, "second");
  EXPECT_EQ(c.event(2).flags, event_flags::edited);
  EXPECT_EQ(c.event(2).changed.value, 3u);
  EXPECT_EQ(c.event(3).kind, event_kind::edited);
  EXPECT_EQ(c.event(3).target.value, 2u);
  EXPECT_EQ(c.event(3).body, "second");
  const std::string before = c.rows.get(keys::version(acme, room, event_seq{2}, event_seq{3}));
  EXPECT_EQ(decode_event(before)->body, "first");
  EXPECT_EQ(c.about(verb::edit, 2, 3, 2, "third").what, kind::sequenced);
  c.commit();
  EXPECT_EQ(c.rows.count(table::version, acme, room.value), 2u);
}

TEST(conversation_messages, versions_of_one_message_are_bounded) {
  auto c = with_a_text();
  for (std::uint64_t i = 0; i < limits::max_edits; ++i) {
    ASSERT_EQ(c.about(verb::edit, 2, 10 + i, 2, "again").what, kind::sequenced);
    c.commit();
  }
  expect_rejected(c.about(verb::edit, 2, 900, 2, "once more"), errc::limit_reached);
}

TEST(conversation_messages, only_the_sender_edits) {
  auto c = with_a_text();
  expect_rejected(c.about(verb::edit, 1, 1, 2, "mine now"), errc::forbidden);
  expect_rejected(c.about(verb::edit, 9, 1, 2, "mine now"), errc::not_found);
  expect_rejected(c.about(verb::edit, 2, 2, 1, "no message"), errc::invalid_argument);
}

TEST(conversation_messages, what_was_looked_at_before_a_rewriting_is_a_conflict) {
  auto c = with_a_text();
  const auto seen = c.details_about(2, 2);
  ASSERT_EQ(c.ask_with(verb::edit, 2, 2, seen, "a").what, kind::sequenced);
  expect_rejected(c.ask_with(verb::edit, 2, 3, seen, "b"), errc::conflict);
  expect_rejected(c.ask_with(verb::recall, 2, 4, seen), errc::conflict);
  c.commit();
  expect_rejected(c.ask_with(verb::edit, 2, 3, seen, "b"), errc::conflict);
  EXPECT_EQ(c.about(verb::edit, 2, 3, 2, "b").what, kind::sequenced);
}

TEST(conversation_messages, what_an_earlier_incarnation_looked_at_is_a_conflict) {
  auto c = with_a_text();
  const auto seen = c.details_about(2, 2);
  c.about(verb::edit, 2, 2, 2, "a");
  c.commit();
  c.reload();
  expect_rejected(c.ask_with(verb::recall, 2, 4, seen), errc::conflict);
}

// -- taking back
// -----------------------------------------------------------------------------------

TEST(conversation_messages, p5_a_recall_empties_the_message_its_versions_and_its_edits) {
  auto c = with_a_text();
  c.about(verb::edit, 2, 2, 2, "second");
  c.commit();
  ASSERT_EQ(c.about(verb::recall, 2, 3, 2).what, kind::sequenced);
  const draft d = c.commit();
  EXPECT_TRUE(d.empties_bodies);
  const event_view target = c.event(2);
  EXPECT_EQ(target.body, "");
  EXPECT_EQ(target.flags & event_flags::gone, event_flags::recalled);
  EXPECT_EQ(target.gone_by.value, 2u);
  EXPECT_EQ(target.gone_at, c.now);
  EXPECT_EQ(target.changed.value, 4u);
  EXPECT_EQ(target.sender.value, 2u) << "the tombstone keeps who";
  EXPECT_EQ(c.event(3).body, "") << "the edit repeated the body";
  EXPECT_EQ(c.event(4).kind, event_kind::recalled);
  EXPECT_EQ(c.rows.count(table::version, acme, room.value), 0u);
  EXPECT_TRUE(c.rows.has(keys::gone(acme, room, event_seq{4}, event_seq{2})));
  for (const auto& [key, value] : c.rows.all()) {
    EXPECT_EQ(value.find("first"), std::string::npos);
    EXPECT_EQ(value.find("second"), std::string::npos);
  }
  expect_rejected(c.about(verb::recall, 2, 4, 2), errc::gone);
  expect_rejected(c.about(verb::edit, 2, 4, 2, "back"), errc::gone);
  expect_rejected(c.about(verb::react, 2, 4, 2, "+1"), errc::gone);
}

TEST(conversation_messages, a_sender_recalls_within_the_window_and_an_admin_always) {
  auto c = with_a_text();
  c.policy.recall_window_ms = 100;
  c.now += 101;
  expect_rejected(c.about(verb::recall, 2, 2, 2), errc::window_over);
  expect_rejected(c.about(verb::recall, 3, 2, 2), errc::forbidden);
  EXPECT_EQ(c.about(verb::recall, 1, 2, 2).what, kind::sequenced);
}

TEST(conversation_messages, the_last_moment_of_the_window_is_in_it) {
  auto c = with_a_text();
  c.policy.recall_window_ms = 100;
  c.now += 100;
  EXPECT_EQ(c.about(verb::recall, 2, 2, 2).what, kind::sequenced);
}

TEST(conversation_messages, p5_a_recall_without_the_edits_is_asked_for_again) {
  conversation_driver c;
  c.create(1, 99, {2});
  c.say(2, 1, "secret");
  c.commit();
  request_details looked_at = c.details_about(1, 2);
  looked_at.image.edits_left_out = true;  // as if he had become an admin since it was read
  expect_rejected(c.ask_with(verb::recall, 1, 1, looked_at), errc::conflict);
  EXPECT_EQ(c.about(verb::recall, 1, 1, 2).what, kind::sequenced);
}

TEST(conversation_messages, p5_a_forward_does_not_follow_the_recall_of_what_it_brings) {
  conversation_driver c;
  c.create(1, 99, {2});
  c.say(1, 1, "secret");
  c.commit();
  request_details read = c.details_about(2, 2);
  read.origin_conversation = room;
  read.origin_seq = event_seq{2};
  ASSERT_EQ(c.about(verb::recall, 1, 2, 2).what, kind::sequenced) << "not committed yet";
  expect_rejected(c.ask_with(verb::forward, 2, 1, read, "secret"), errc::conflict);
}

TEST(conversation_messages, a_recall_takes_mentions_timers_and_pins_along) {
  auto c = with_a_text();
  request_details more;
  more.mentions = users({3});
  more.mentions_all = true;
  more.expires_after_ms = 5'000;
  c.ask_with(verb::send, 2, 2, more, "@");
  c.commit();
  ASSERT_EQ(c.about(verb::pin, 1, 1, 3).what, kind::sequenced);
  c.commit();
  ASSERT_EQ(c.about(verb::recall, 2, 3, 3).what, kind::sequenced);
  c.commit();
  EXPECT_EQ(c.rows.count(table::mention, acme, room.value), 0u);
  EXPECT_EQ(c.rows.count(table::pin, acme, room.value), 0u);
  c.now += 6'000;
  EXPECT_EQ(c.fire().what, kind::rejected) << "nothing is left to fire";
  EXPECT_FALSE(c.state().has_draft());
}

TEST(conversation_messages, a_recall_sent_again_is_answered_like_the_first_time) {
  auto c = with_a_text();
  const ruling first = c.about(verb::recall, 2, 2, 2);
  c.commit();
  const ruling again = c.about(verb::recall, 2, 2, 2);
  EXPECT_EQ(again.what, kind::repeated);
  EXPECT_EQ(again.seq, first.seq);
}

// -- reactions and pins
// ----------------------------------------------------------------------------

TEST(conversation_messages, reactions_are_a_set_per_user) {
  auto c = with_a_text();
  ASSERT_EQ(c.about(verb::react, 3, 1, 2, "+1").what, kind::sequenced);
  c.commit();
  EXPECT_EQ(c.event(3).kind, event_kind::reaction);
  EXPECT_EQ(c.event(3).target.value, 2u);
  EXPECT_EQ(decode_body<reaction_body>(c.event(3).body)->reaction, "+1");
  expect_rejected(c.about(verb::react, 3, 2, 2, "+1"), errc::already_exists);
  expect_rejected(c.about(verb::react, 3, 2, 2, "-1", true), errc::not_found);
  EXPECT_EQ(c.about(verb::react, 1, 1, 2, "+1").what, kind::sequenced) << "others have their own";
  EXPECT_EQ(c.about(verb::react, 3, 2, 2, "+1", true).what, kind::sequenced);
  c.commit();
  EXPECT_EQ(c.rows.count(table::reaction, acme, room.value), 1u);
}

TEST(conversation_messages, two_reactions_in_one_look_are_a_conflict_only_for_the_same_user) {
  auto c = with_a_text();
  const auto three = c.details_about(3, 2);
  const auto one = c.details_about(1, 2);
  EXPECT_EQ(c.ask_with(verb::react, 3, 1, three, "a").what, kind::sequenced);
  EXPECT_EQ(c.ask_with(verb::react, 1, 1, one, "a").what, kind::sequenced);
  expect_rejected(c.ask_with(verb::react, 3, 2, three, "b"), errc::conflict);
}

TEST(conversation_messages, reactions_of_one_user_are_bounded) {
  auto c = with_a_text();
  for (std::size_t i = 0; i < limits::max_reactions; ++i) {
    ASSERT_EQ(c.about(verb::react, 3, i + 1, 2, std::to_string(i)).what, kind::sequenced);
    c.commit();
  }
  expect_rejected(c.about(verb::react, 3, 900, 2, "one more"), errc::limit_reached);
}

TEST(conversation_messages, pins_are_for_admins_and_bounded) {
  auto c = with_a_text();
  expect_rejected(c.about(verb::pin, 2, 2, 2), errc::forbidden);
  ASSERT_EQ(c.about(verb::pin, 1, 1, 2).what, kind::sequenced);
  expect_rejected(c.about(verb::pin, 1, 2, 2), errc::already_exists);
  c.commit();
  c.reload();
  expect_rejected(c.about(verb::pin, 1, 2, 2), errc::already_exists);
  EXPECT_EQ(c.about(verb::pin, 1, 2, 2, {}, true).what, kind::sequenced);
  expect_rejected(c.about(verb::pin, 1, 3, 2, {}, true), errc::not_found);
  c.commit();
  for (std::size_t i = 0; i < limits::max_pins; ++i) {
    const ruling said = c.say(2, 10 + i);
    c.commit();
    ASSERT_EQ(c.about(verb::pin, 1, 10 + i, said.seq.value).what, kind::sequenced);
    c.commit();
  }
  expect_rejected(c.about(verb::pin, 1, 900, 2), errc::limit_reached);
}

// -- forwards
// --------------------------------------------------------------------------------------

TEST(conversation_messages, a_forward_is_an_own_message_with_its_origin) {
  auto c = with_a_text();
  request_details more;
  more.origin_conversation = conversation_id{5};
  more.origin_seq = event_seq{8};
  more.origin_sender = user_id{44};
  more.origin_time = 12;
  ASSERT_EQ(c.ask_with(verb::forward, 3, 1, more, "said elsewhere").what, kind::sequenced);
  c.commit();
  EXPECT_EQ(c.event(3).sender.value, 3u);
  EXPECT_EQ(c.event(3).origin_sender.value, 44u);
  EXPECT_EQ(c.event(3).origin_seq.value, 8u);
  EXPECT_EQ(c.event(3).body, "said elsewhere");
}

TEST(conversation_messages, p3_a_forward_done_once_is_repeated_though_its_origin_is_gone_since) {
  auto c = with_a_text();
  request_details more;
  more.origin_conversation = conversation_id{5};
  more.origin_seq = event_seq{8};
  const ruling first = c.ask_with(verb::forward, 3, 1, more, "said elsewhere");
  request_details refused = more;  // the gateway names it all the same
  refused.origin_refused = errc::gone;
  const ruling again = c.ask_with(verb::forward, 3, 1, refused);
  EXPECT_EQ(again.what, kind::repeated);
  EXPECT_EQ(again.seq, first.seq);
  expect_rejected(c.ask_with(verb::forward, 3, 2, refused), errc::gone);
}

// -- expiry
// ----------------------------------------------------------------------------------------

TEST(conversation_messages, p5_an_expiring_message_goes_at_its_time_and_not_before) {
  auto c = with_a_text();
  request_details more;
  more.expires_after_ms = 1'000;
  ASSERT_EQ(c.ask_with(verb::send, 2, 2, more, "secret").what, kind::sequenced);
  const draft sent = c.commit();
  const time_ms due = c.event(3).expires;
  EXPECT_EQ(due, c.now + 1'000);
  EXPECT_EQ(sent.earliest_due, due) << "the timer service is told";
  c.now = due - 1;
  c.fire();
  EXPECT_FALSE(c.state().has_draft());
  c.now = due;
  EXPECT_EQ(c.fire().what, kind::announced);
  c.commit();
  EXPECT_EQ(c.event(3).body, "");
  EXPECT_EQ(c.event(3).flags, event_flags::expired);
  EXPECT_EQ(c.event(4).kind, event_kind::gone);
  EXPECT_EQ(c.event(4).sender.value, 0u);
  const auto told = decode_body<gone_body>(c.event(4).body);
  EXPECT_EQ(told->why, gone_reason::expired);
  EXPECT_EQ(told->seqs, std::vector{event_seq{3}});
  EXPECT_EQ(gone_rows(c), 1u);
  c.fire();
  EXPECT_FALSE(c.state().has_draft()) << "the timer's row went with it";
}

TEST(conversation_messages, p5_a_timer_given_out_too_early_by_mistake_does_nothing) {
  auto c = with_a_text();
  request_details more;
  more.expires_after_ms = 1'000;
  c.ask_with(verb::send, 2, 2, more, "secret");
  c.commit();
  request_details due;
  due.due.push_back({{c.event(3).expires, acme, room, event_seq{3}, {}},
                     c.rows.target(acme, room, {}, event_seq{3})});
  c.ask_with(verb::due, 0, 0, due);
  EXPECT_FALSE(c.state().has_draft());
}

TEST(conversation_messages, p5_timers_that_come_together_make_one_event) {
  auto c = with_a_text();
  request_details more;
  more.expires_after_ms = 1'000;
  for (std::uint64_t key = 2; key < 12; ++key) c.ask_with(verb::send, 2, key, more, "secret");
  c.commit();
  c.now += 1'000;
  c.fire();
  const draft d = c.commit();
  EXPECT_EQ(d.part.events.size(), 1u);
  EXPECT_EQ(gone_rows(c), 10u);
}

TEST(conversation_messages, p5_an_edited_expiring_message_goes_with_all_it_ever_was) {
  auto c = with_a_text();
  request_details more;
  more.expires_after_ms = 1'000;
  c.ask_with(verb::send, 2, 2, more, "secret");
  c.commit();
  c.about(verb::edit, 2, 3, 3, "hidden");
  c.commit();
  c.now += 1'000;
  c.fire();
  c.commit();
  for (const auto& [key, value] : c.rows.all()) {
    EXPECT_EQ(value.find("secret"), std::string::npos);
    EXPECT_EQ(value.find("hidden"), std::string::npos);
  }
}

TEST(conversation_messages, a_due_message_is_gone_for_everybody_before_its_timer_fires) {
  auto c = with_a_text();
  request_details more;
  more.expires_after_ms = 1'000;
  c.ask_with(verb::send, 2, 2, more, "secret");
  c.commit();
  c.now += 1'000;
  expect_rejected(c.about(verb::edit, 2, 3, 3, "late"), errc::gone);
}

TEST(conversation_messages, expiries_in_the_past_or_doubled_are_refused) {
  auto c = with_a_text();
  request_details more;
  more.expires_at = c.now;
  expect_rejected(c.ask_with(verb::send, 2, 2, more, "x"), errc::invalid_argument);
  more.expires_at = c.now + 1;
  more.expires_after_ms = 1;
  expect_rejected(c.ask_with(verb::send, 2, 2, more, "x"), errc::invalid_argument);
}

}  // namespace
}  // namespace conclave::actors
