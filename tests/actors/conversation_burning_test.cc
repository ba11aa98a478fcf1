/// Burn after reading, and read marks. Rules without actors, on a clock that stands still.
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

constexpr std::uint32_t burn_ms = 10'000;

void expect_rejected(const ruling& r, errc code) {
  EXPECT_EQ(r.what, kind::rejected);
  EXPECT_EQ(r.code, code) << name_of(r.code) << ": " << r.detail;
}

/// Owner 1, members 2 and 3; seq 2 is a burning message of user 1; all committed.
conversation_driver with_a_burning_one() {
  conversation_driver c;
  EXPECT_EQ(c.create(1, 99, {2, 3}).what, kind::sequenced);
  request_details more;
  more.burn_ms = burn_ms;
  EXPECT_EQ(c.ask_with(verb::send, 1, 1, more, "for your eyes").what, kind::sequenced);
  c.commit();
  return c;
}

bool holds(const conversation_driver& c, std::string_view text) {
  for (const auto& [key, value] : c.rows.all())
    if (value.find(text) != std::string::npos) return true;
  return false;
}

/// What burns is looked at, as the shell does it: read now, judged later.
request_details look(conversation_driver& c) {
  request_details details;
  details.burned_out =
      c.rows.burned_out(acme, room, c.state().members()->users, limits::max_job_step);
  details.review = c.state().wanted_review();
  return details;
}
ruling review(conversation_driver& c) {
  return c.ask_with(verb::review_burning, 0, 0, look(c));
}

TEST(conversation_burning, p5_the_body_is_never_in_the_event) {
  conversation_driver c;
  c.create(1, 99, {2, 3});
  request_details more;
  more.burn_ms = burn_ms;
  c.ask_with(verb::send, 1, 1, more, "for your eyes");
  const draft d = c.commit();
  EXPECT_EQ(d.part.frames->find("for your eyes"), std::string::npos);
  EXPECT_EQ(c.event(2).body, "");
  EXPECT_EQ(c.event(2).flags, event_flags::burning);
  EXPECT_EQ(c.event(2).burn_ms, burn_ms);
  EXPECT_EQ(c.event(2).ordinal, 1u) << "it counts as unread";
}

TEST(conversation_burning, opening_records_the_first_time_and_gives_the_body_until_it_is_over) {
  auto c = with_a_burning_one();
  const ruling first = c.about(verb::open, 2, 0, 2);
  ASSERT_EQ(first.what, kind::changed);
  EXPECT_EQ(first.reply, reply_kind::opened);
  EXPECT_EQ(first.body, "for your eyes");
  EXPECT_EQ(first.time, c.now + burn_ms);
  EXPECT_TRUE(c.state().has_draft()) << "the answer waits for its commit";
  const draft d = c.commit();
  EXPECT_EQ(d.earliest_due, first.time);
  c.now += burn_ms - 1;
  EXPECT_EQ(c.about(verb::open, 2, 0, 2).time, first.time) << "the second device gains no time";
  c.now += 1;
  expect_rejected(c.about(verb::open, 2, 0, 2), errc::gone);
  EXPECT_EQ(c.about(verb::open, 3, 0, 2).body, "for your eyes") << "others have their own time";
}

TEST(conversation_burning, sender_newcomers_and_strangers_do_not_open) {
  auto c = with_a_burning_one();
  expect_rejected(c.about(verb::open, 1, 0, 2), errc::not_found);
  c.visibility = history_visibility::all;
  c.add(1, 5, {4});
  c.commit();
  expect_rejected(c.about(verb::open, 4, 0, 2), errc::not_found);
  expect_rejected(c.about(verb::open, 9, 0, 2), errc::not_found);
  expect_rejected(c.about(verb::open, 2, 0, 1), errc::invalid_argument);
}

TEST(conversation_burning, p5_when_it_is_over_for_the_last_reader_the_body_goes) {
  auto c = with_a_burning_one();
  c.about(verb::open, 2, 0, 2);
  c.commit();
  c.now += burn_ms;
  c.fire();
  const draft d = c.commit();
  ASSERT_EQ(d.owed.size(), 1u);
  EXPECT_EQ(d.owed[0].user.value, 2u);
  EXPECT_EQ(d.owed[0].kind, inbox_kind::burned);
  EXPECT_EQ(d.owed[0].at.value, 2u);
  EXPECT_TRUE(holds(c, "for your eyes")) << "user 3 has not read it";
  c.reload();
  c.about(verb::open, 3, 0, 2);
  c.commit();
  c.now += burn_ms;
  c.fire();
  c.commit();
  EXPECT_FALSE(holds(c, "for your eyes"));
  EXPECT_EQ(c.event(2).flags & event_flags::gone, event_flags::burned);
  EXPECT_EQ(c.event(3).kind, event_kind::gone);
  EXPECT_EQ(decode_body<gone_body>(c.event(3).body)->why, gone_reason::burned);
  EXPECT_EQ(c.rows.count(table::burn, acme, room.value), 0u);
  expect_rejected(c.about(verb::open, 3, 0, 2), errc::gone);
}

TEST(conversation_burning, p5_a_last_reader_whose_message_was_read_too_early_comes_again) {
  auto c = with_a_burning_one();
  for (const std::uint64_t reader : {2, 3}) c.about(verb::open, reader, 0, 2);
  c.commit();
  c.now += burn_ms;
  const request_details due = c.due();
  c.add(1, 5, {4});
  c.commit();
  c.reload();
  expect_rejected(c.about(verb::open, 2, 0, 2), errc::gone);  // its record is known by this
  c.ask_with(verb::due, 0, 0, due);
  if (c.state().has_draft()) c.commit();
  c.fire();
  c.commit();
  EXPECT_FALSE(holds(c, "for your eyes"));
}

TEST(conversation_burning, whoever_leaves_is_waited_for_no_longer) {
  auto c = with_a_burning_one();
  c.about(verb::open, 2, 0, 2);
  c.commit();
  c.now += burn_ms;
  c.fire();
  c.commit();
  c.remove(3, 1, 3);
  c.commit();
  ASSERT_TRUE(c.state().take_review());
  EXPECT_EQ(review(c).what, kind::announced);
  c.commit();
  EXPECT_FALSE(holds(c, "for your eyes"));
}

TEST(conversation_burning, p5_a_recall_ends_it_for_everybody) {
  auto c = with_a_burning_one();
  c.about(verb::open, 2, 0, 2);
  c.commit();
  ASSERT_EQ(c.about(verb::recall, 1, 2, 2).what, kind::sequenced);
  c.commit();
  EXPECT_FALSE(holds(c, "for your eyes"));
  c.now += burn_ms;
  c.fire();
  EXPECT_FALSE(c.state().has_draft()) << "no timer is left";
}

TEST(conversation_burning, an_expiry_ends_it_unread) {
  conversation_driver c;
  c.create(1, 99, {2});
  request_details more;
  more.burn_ms = burn_ms;
  more.expires_after_ms = 500;
  c.ask_with(verb::send, 1, 1, more, "for your eyes");
  c.commit();
  c.now += 500;
  c.fire();
  c.commit();
  EXPECT_FALSE(holds(c, "for your eyes"));
  EXPECT_EQ(c.event(2).flags & event_flags::gone, event_flags::expired);
}

TEST(conversation_burning, p5_a_dissolved_conversation_keeps_no_body_that_nobody_can_open) {
  for (const bool restarted : {false, true}) {
    auto c = with_a_burning_one();
    ASSERT_EQ(c.about(verb::open, 2, 0, 2).what, kind::changed);
    request_details more;
    more.burn_ms = burn_ms;
    ASSERT_EQ(c.ask_with(verb::send, 1, 2, more, "not committed yet").what, kind::sequenced);
    ASSERT_EQ(c.ask_with(verb::dissolve, 1, 3, {}).what, kind::sequenced);
    c.state().job_step();
    EXPECT_FALSE(c.state().take_review()) << "there are bodies that no view can show yet";
    c.commit();
    if (restarted) c.reload();
    c.state().job_step();
    c.commit();
    c.state().job_step();
    EXPECT_TRUE(c.state().has_job());
    ASSERT_TRUE(c.state().take_review());
    c.state().job_step();
    EXPECT_FALSE(c.state().take_review()) << "it is on its way";
    EXPECT_TRUE(holds(c, "for your eyes"));

    review(c);
    c.commit();
    EXPECT_FALSE(holds(c, "for your eyes"));
    EXPECT_FALSE(holds(c, "not committed yet"));
    EXPECT_NE(c.event(2).flags & event_flags::burned, 0u);
    EXPECT_EQ(c.rows.count(table::burn, acme, room.value), 0u);
    c.state().job_step();
    c.commit();
    EXPECT_FALSE(c.state().has_job());
    c.reload();
    EXPECT_FALSE(c.state().has_job());
  }
}

TEST(conversation_burning, a_review_that_got_lost_is_asked_for_again) {
  auto c = with_a_burning_one();
  c.ask_with(verb::dissolve, 1, 3, {});
  c.commit();
  c.state().job_step();
  c.commit();
  c.state().job_step();
  ASSERT_TRUE(c.state().take_review());
  c.state().stalled();
  c.state().job_step();
  EXPECT_TRUE(c.state().take_review());
}

TEST(conversation_burning, more_than_one_event_can_name_go_one_step_after_the_other) {
  conversation_driver c;
  c.create(1, 99, {2});
  request_details more;
  more.burn_ms = burn_ms;
  const std::size_t all = limits::max_job_step + 5;
  for (std::uint64_t n = 1; n <= all; ++n) {
    ASSERT_EQ(c.ask_with(verb::send, 1, n, more, "for your eyes").what, kind::sequenced);
    if (n % 100 == 0) c.commit();
  }
  ASSERT_EQ(c.remove(1, all + 1, 2).what, kind::sequenced);
  c.commit();
  c.state().index_learnt(c.state().head(), user_id{2});
  ASSERT_TRUE(c.state().take_review());
  EXPECT_EQ(review(c).what, kind::announced);
  c.commit();
  EXPECT_EQ(c.rows.count(table::burn, acme, room.value), 5u);
  EXPECT_NE(c.rows.count(table::intent, acme, room.value), 0u)
      << "after a kill -9 nothing else would tell that there is more";
  ASSERT_TRUE(c.state().take_review());
  EXPECT_EQ(review(c).what, kind::announced);
  c.commit();
  EXPECT_EQ(c.rows.count(table::burn, acme, room.value), 0u);
  ASSERT_FALSE(c.state().take_review());
  EXPECT_FALSE(c.state().reviewing());
  EXPECT_EQ(c.rows.count(table::intent, acme, room.value), 2u) << "those of the founding";
}

TEST(conversation_burning, p5_a_look_from_before_the_end_does_not_end_the_operation) {
  auto c = with_a_burning_one();
  c.remove(3, 1, 3);
  c.commit();
  ASSERT_TRUE(c.state().take_review());
  const request_details early = look(c);
  request_details more;
  more.burn_ms = burn_ms;
  c.ask_with(verb::send, 1, 5, more, "said last");
  c.ask_with(verb::dissolve, 1, 6, {});
  c.commit();
  for (int turn = 0; turn < 10 && c.state().has_job(); ++turn) {
    c.state().job_step();
    if (turn == 0) c.ask_with(verb::review_burning, 0, 0, early);
    if (c.state().has_draft()) c.commit();
    if (c.state().take_review()) review(c);
    if (c.state().has_draft()) c.commit();
  }
  EXPECT_FALSE(c.state().has_job());
  EXPECT_FALSE(holds(c, "said last"));
}

TEST(conversation_burning, p7_what_nobody_opened_is_not_remembered_and_openings_are_few) {
  conversation_driver c;
  c.create(1, 99, {2});
  request_details more;
  more.burn_ms = burn_ms;
  constexpr std::size_t most = 8 * limits::max_remembered_rewrites;
  for (std::uint64_t n = 1; n <= most / 4; ++n) {
    c.ask_with(verb::send, 1, n, more, "x");
    if (n % 500 == 0) c.commit();
  }
  c.commit();
  EXPECT_EQ(c.state().remembered(), 0u);
  for (std::uint64_t seq = 2; seq <= most / 4; ++seq) {
    ASSERT_EQ(c.about(verb::open, 2, 0, seq).what, kind::changed) << seq;
    if (seq % 500 == 0) c.commit();
    if (seq % 1'000 == 0) c.say(1, most + seq, "in between");
  }
  c.commit();
  EXPECT_LE(c.state().remembered(), limits::max_remembered_rewrites + 1'000);
  // What was forgotten is read anew, and nobody gains time by it.
  c.now += burn_ms / 2;
  const time_ms over = c.now + burn_ms / 2;
  EXPECT_EQ(c.about(verb::open, 2, 0, 2).time, over);
  EXPECT_EQ(c.about(verb::open, 2, 0, most / 4).time, over);
}

TEST(conversation_burning, too_many_readers_or_none_are_refused) {
  conversation_driver c;
  c.create(1, 99, {});
  request_details more;
  more.burn_ms = burn_ms;
  expect_rejected(c.ask_with(verb::send, 1, 1, more, "x"), errc::invalid_argument);
  std::vector<user_id> many;
  for (std::uint64_t u = 10; u < 11 + limits::max_burn_readers; ++u) many.push_back(user_id{u});
  c.ask(verb::add_members, 1, 2, {}, many);
  expect_rejected(c.ask_with(verb::send, 1, 3, more, "x"), errc::limit_reached);
}

TEST(conversation_burning, it_is_neither_edited_nor_pinned_from_outside) {
  auto c = with_a_burning_one();
  expect_rejected(c.about(verb::edit, 1, 2, 2, "other"), errc::invalid_argument);
}

// -- read marks
// ------------------------------------------------------------------------------------

ruling read_to(conversation_driver& c, std::uint64_t user, std::uint64_t seq) {
  request_details more;
  more.seq = event_seq{seq};
  return c.ask_with(verb::mark_read, user, 0, more);
}

TEST(conversation_reading, a_read_mark_rises_and_never_falls) {
  auto c = with_a_burning_one();
  ASSERT_EQ(read_to(c, 2, 2).what, kind::changed);
  const draft d = c.commit();
  EXPECT_TRUE(d.part.events.empty()) << "it takes no seq";
  EXPECT_EQ(c.member(2).read.value, 2u);
  EXPECT_EQ(c.member(2).read_time, c.now);
  ASSERT_EQ(d.owed.size(), 1u);
  EXPECT_EQ(d.owed[0].kind, inbox_kind::read);
  EXPECT_EQ(d.owed[0].at.value, 2u);
  ASSERT_EQ(d.signals.size(), 1u);
  EXPECT_EQ(d.signals[0].seq.value, 2u);
  EXPECT_EQ(read_to(c, 2, 1).reply, reply_kind::done);
  EXPECT_FALSE(c.state().has_draft());
  expect_rejected(read_to(c, 2, 3), errc::invalid_argument);
  expect_rejected(read_to(c, 9, 1), errc::not_found);
}

TEST(conversation_reading, what_was_said_before_joining_is_not_unread) {
  auto c = with_a_burning_one();
  const ruling r = c.add(1, 5, {4});
  c.commit();
  EXPECT_EQ(c.member(4).read, r.seq);
}

TEST(conversation_reading, an_owed_entry_stays_until_the_inbox_has_it) {
  auto c = with_a_burning_one();
  read_to(c, 2, 2);
  c.commit();
  c.reload();
  ASSERT_EQ(c.state().unfinished_owed().size(), 1u);
  EXPECT_EQ(c.state().unfinished_owed()[0].at.value, 2u);
  c.state().inbox_learnt(user_id{2}, inbox_kind::read, 0);
  c.commit();
  EXPECT_EQ(c.rows.count(table::owed, acme, room.value), 0u);
}

TEST(conversation_reading, typing_keeps_nothing_and_is_for_those_who_may_speak) {
  auto c = with_a_burning_one();
  EXPECT_EQ(c.ask_with(verb::typing, 2, 0, {}).what, kind::signalled);
  EXPECT_FALSE(c.state().has_draft());
  expect_rejected(c.ask_with(verb::typing, 9, 0, {}), errc::not_found);
}

}  // namespace
}  // namespace conclave::actors
