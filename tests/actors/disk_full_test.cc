/// A disk that fills up: what is refused, what goes on, and that neither resends nor strangers are
/// answered differently by it. The rules first, then a client over a real connection.
#include "schemas/event_messages.h"
#include "schemas/sync_messages.h"
#include "tests/support/account_fixture.h"
#include "tests/support/conversation_driver.h"
#include "tests/support/text_request.h"

#include <gtest/gtest.h>

#include <atomic>

namespace conclave::actors {
namespace {

using storage::disk_level;
using test::conversation_driver;
using test::text_request;
using kind = ruling::kind;
using verb = conversation_verb;

void expect_refused(const ruling& r) {
  EXPECT_EQ(r.what, kind::rejected);
  EXPECT_EQ(r.code, errc::storage_full) << name_of(r.code);
}

/// Owner 1, members 2 and 3; seq 2 is user 1's.
conversation_driver three_people() {
  conversation_driver c;
  EXPECT_EQ(c.create(1, 99, {2, 3}).what, kind::sequenced);
  EXPECT_EQ(c.say(1, 1, "first").what, kind::sequenced);
  c.commit();
  return c;
}

TEST(disk_full, no_growth_refuses_bodies_and_people_and_takes_what_frees) {
  auto c = three_people();
  c.disk = disk_level::alarm;
  EXPECT_EQ(c.say(2, 1, "still").what, kind::sequenced) << "an alarm is for operators";
  c.commit();
  c.disk = disk_level::no_growth;
  expect_refused(c.say(2, 2, "more"));
  expect_refused(c.add(1, 2, {4}));
  expect_refused(c.about(verb::edit, 1, 2, 2, "longer and longer"));
  expect_refused(c.ask_with(verb::forward, 1, 2, {}, "again"));
  EXPECT_EQ(c.about(verb::react, 2, 2, 2, "+").what, kind::sequenced);
  EXPECT_EQ(c.about(verb::recall, 1, 2, 2).what, kind::sequenced);
  EXPECT_EQ(c.remove(1, 3, 3).what, kind::sequenced);
  c.commit();
  c.disk = disk_level::fine;
  EXPECT_EQ(c.say(2, 5, "room again").what, kind::sequenced);
}

TEST(disk_full, no_writes_takes_only_what_frees) {
  auto c = three_people();
  c.disk = disk_level::no_writes;
  expect_refused(c.say(1, 2, "more"));
  expect_refused(c.about(verb::react, 2, 2, 2, "+"));
  expect_refused(c.about(verb::pin, 1, 2, 2));
  request_details read;
  read.seq = event_seq{2};
  expect_refused(c.ask_with(verb::mark_read, 2, 0, read));
  EXPECT_EQ(c.about(verb::recall, 1, 2, 2).what, kind::sequenced);
  EXPECT_EQ(c.remove(3, 3, 3).what, kind::sequenced);
  EXPECT_EQ(c.ask_with(verb::dissolve, 1, 4, {}).what, kind::sequenced);
}

TEST(disk_full, p9_what_was_done_before_is_answered_as_before) {
  auto c = three_people();
  c.disk = disk_level::no_writes;
  const ruling again = c.say(1, 1, "first");
  EXPECT_EQ(again.what, kind::repeated);
  EXPECT_EQ(again.seq, event_seq{2});
  EXPECT_EQ(c.create(1, 99, {2, 3}).what, kind::repeated);
  expect_refused(c.say(1, 2, "new"));
  c.disk = disk_level::fine;
  EXPECT_EQ(c.say(1, 2, "new").what, kind::sequenced) << "the refused key is free";
}

TEST(disk_full, p6_a_stranger_learns_nothing_by_it) {
  auto c = three_people();
  c.disk = disk_level::no_writes;
  EXPECT_EQ(c.say(9, 1).code, errc::not_found);
  conversation_driver none;
  none.disk = disk_level::no_growth;
  EXPECT_EQ(none.say(1, 1).code, errc::not_found);
  expect_refused(none.create(1, 99, {2}));
}

TEST(disk_full, a_first_opening_waits_and_a_second_one_is_only_a_read) {
  auto c = three_people();
  request_details burning;
  burning.burn_ms = 10'000;
  ASSERT_EQ(c.ask_with(verb::send, 1, 2, burning, "for your eyes").seq, event_seq{3});
  c.commit();
  ASSERT_EQ(c.about(verb::open, 2, 0, 3).what, kind::changed);
  c.commit();
  c.disk = disk_level::no_writes;
  EXPECT_EQ(c.about(verb::open, 2, 0, 3).body, "for your eyes");
  expect_refused(c.about(verb::open, 3, 0, 3));
  c.now += 10'000;
  EXPECT_EQ(c.fire().code, errc::ok) << "what timers owe goes on";
}

TEST(disk_full, a_client_is_told_when_to_come_back_and_can_clear_up) {
  test::account_world w(1, true);
  std::atomic<disk_level> level{disk_level::fine};
  w.ports.disk = [&] { return level.load(); };
  w.give_password("alice");
  test::wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  create_conversation order;
  order.op_id = 5;
  order.title = "room";
  const conversation_id room = alice.ask(order)->as<conversation_created>()->conversation;
  ASSERT_EQ(alice.ask(text_request(room, 1, "big"))->code(), errc::ok);

  level = disk_level::no_growth;
  const auto refused = alice.ask(text_request(room, 2, "bigger"));
  ASSERT_TRUE(refused->is(frame_type::error));
  const auto error = refused->as<error_answer>();
  EXPECT_EQ(error->code, errc::storage_full);
  EXPECT_EQ(error->kind, error_class::retry);
  EXPECT_GT(error->retry_after_ms, 0u);
  order.op_id = 6;
  EXPECT_EQ(alice.ask(order)->code(), errc::storage_full);
  EXPECT_EQ(w.root().ask(create_tenant{1, "newcomers"})->code(), errc::storage_full);
  EXPECT_TRUE(test::visitor(w.client_port).in()) << "who logs in may be about to clear up";
  EXPECT_EQ(alice.ask(recall{room, 3, event_seq{2}})->code(), errc::ok);

  level = disk_level::no_writes;
  test::entrance again;
  again.op_id = 2;
  EXPECT_EQ(test::visitor(w.client_port, again).code(), errc::storage_full);
  history read;
  read.conversation = room;
  read.from = event_seq{1};
  read.limit = 10;
  EXPECT_TRUE(alice.ask(read)->is(frame_type::history_page));
  EXPECT_EQ(alice.ask(set_conversation{room, 0, true, false})->code(), errc::storage_full);
  EXPECT_EQ(alice.ask(logout{})->code(), errc::ok);
  level = disk_level::fine;
  EXPECT_EQ(w.root().ask(create_tenant{1, "newcomers"})->code(), errc::ok);
}

}  // namespace
}  // namespace conclave::actors
