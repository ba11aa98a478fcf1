/// Answers that do not stand in the place of an event, and what is told beside events: given only
/// after the commit (P1), once (P9), and again when an actor died in between. Real actors under the
/// deterministic scheduler.
#include "actors/reply_gather.h"
#include "tests/support/actor_fixture.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

using test::acme;
using test::actor_world;
using test::room;
using test::users;
using verb = conversation_verb;

std::shared_ptr<const request_details> read_to(std::uint64_t seq) {
  auto details = std::make_shared<request_details>();
  details->seq = event_seq{seq};
  return details;
}

TEST(conversation_answers, p1_a_read_mark_is_answered_after_its_commit_only) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  w.post({{verb::send, 1, 1, 11}});
  w.run();
  w.commits.settle();
  w.run();
  w.post({{verb::mark_read, 2, 0, 12, {}, "", read_to(2)}});
  w.run();
  EXPECT_FALSE(w.loop.answers.contains(12));
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.only(12).type, frame_type::done);
}

TEST(conversation_answers, a_read_mark_reaches_the_inbox_once_and_watchers_at_once) {
  actor_world w;
  w.found({2});
  w.say(1, 1, 5);
  w.run();
  w.post({{verb::mark_read, 2, 0, 10, {}, "", read_to(2)}});
  w.run();
  ASSERT_EQ(w.inbox_orders.size(), 1u);
  EXPECT_EQ(w.inbox_orders[0].kind, inbox_kind::read);
  EXPECT_EQ(w.inbox_orders[0].at.value, 2u);
  ASSERT_EQ(w.loop.signals.size(), 1u);
  EXPECT_EQ(w.loop.signals[0]->what, signal::kind::read_by);
}

TEST(conversation_answers, a_lost_inbox_order_is_given_again_while_the_room_is_lively) {
  actor_world w;
  w.found({2});
  w.say(1, 1, 5);
  w.say(1, 2, 6);
  w.run();
  w.refuse_reads = true;  // his registrar cannot plan, and drops the order
  w.post({{verb::mark_read, 2, 0, 10, {}, "", read_to(2)}});
  w.run();
  w.refuse_reads = false;
  w.post({{verb::mark_read, 2, 0, 11, {}, "", read_to(3)}});
  w.run();
  EXPECT_TRUE(w.inbox_orders.empty()) << "the first may still be on its way";
  w.now += 15'000;
  w.say(1, 3, 12);
  w.run();
  ASSERT_EQ(w.inbox_orders.size(), 1u);
  EXPECT_EQ(w.inbox_orders[0].at.value, 3u) << "the newest mark";
  EXPECT_EQ(w.commits.rows.count(table::owed, acme, room.value), 0u);
}

TEST(conversation_answers, an_entry_stays_owed_when_only_an_older_one_was_learnt) {
  actor_world w;
  w.found({2});
  w.say(1, 1, 5);
  w.say(1, 2, 6);
  w.run();
  w.post({{verb::mark_read, 2, 0, 10, {}, "", read_to(2)}});
  w.run();
  w.refuse_reads = true;
  w.post({{verb::mark_read, 2, 0, 11, {}, "", read_to(3)}});
  w.run();
  // The first order was given twice, since it seemed lost: it is learnt twice.
  w.directory().deliver_to_conversation(
      actor_world::entity(), inbox_learnt{user_id{2}, inbox_kind::read, 0, event_seq{2}, {}});
  w.run();
  EXPECT_EQ(w.commits.rows.count(table::owed, acme, room.value), 1u);
  w.refuse_reads = false;
  w.now += 15'000;
  w.say(1, 3, 12);
  w.run();
  ASSERT_EQ(w.inbox_orders.size(), 2u);
  EXPECT_EQ(w.inbox_orders[1].at.value, 3u);
  EXPECT_EQ(w.commits.rows.count(table::owed, acme, room.value), 0u);
}

TEST(conversation_answers, an_entry_that_is_being_committed_keeps_its_owed_row) {
  actor_world w;
  w.found({2});
  w.say(1, 1, 5);
  w.say(1, 2, 6);
  w.run();
  w.hold_reads = true;  // his registrar takes its time
  w.post({{verb::mark_read, 2, 0, 10, {}, "", read_to(2)}});
  w.run();
  w.commits.at_once = false;
  w.post({{verb::mark_read, 2, 0, 11, {}, "", read_to(3)}});
  w.run();
  w.directory().deliver_to_conversation(
      actor_world::entity(), inbox_learnt{user_id{2}, inbox_kind::read, 0, event_seq{2}, {}});
  w.run();
  w.settle_all();
  EXPECT_EQ(w.commits.rows.count(table::owed, acme, room.value), 1u)
      << "until his inbox has learnt of the newer mark, a restart has to order it";
  w.release_reads();
  w.run();
  EXPECT_EQ(w.commits.rows.count(table::owed, acme, room.value), 0u);
}

TEST(conversation_answers, typing_is_told_to_all_loops_and_kept_nowhere) {
  actor_world w;
  w.found({2});
  const std::size_t before = w.commits.seen.size();
  w.post({{verb::typing, 2, 0, 10, {}, "", std::make_shared<request_details>()}});
  w.run();
  EXPECT_EQ(w.loop.only(10).type, frame_type::done);
  EXPECT_EQ(w.loop.signals.size(), 1u);
  EXPECT_EQ(w.other_loop.signals.size(), 1u);
  EXPECT_EQ(w.commits.seen.size(), before);
}

TEST(conversation_answers, p5_readers_are_warned_before_anybody_hears_that_a_body_went) {
  actor_world w;
  w.found({2});
  w.say(2, 1, 5);
  w.run();
  std::size_t told_when_warned = 99;
  w.ports.on_gone = [&](tenant_id, conversation_id) {
    told_when_warned = w.loop.deliveries.size();
  };
  const std::size_t before = w.loop.deliveries.size();
  auto details = std::make_shared<request_details>();
  details->target = event_seq{2};
  details->image = w.commits.rows.target(acme, room, user_id{2}, event_seq{2});
  w.post({{verb::recall, 2, 2, 6, {}, "", details}});
  w.run();
  EXPECT_EQ(told_when_warned, before);
  EXPECT_EQ(w.loop.deliveries.size(), before + 1);
}

TEST(conversation_answers, p5_a_timer_that_was_looked_at_before_the_actor_loaded_fires_at_once) {
  actor_world w;
  w.found({2});
  auto expiring = std::make_shared<request_details>();
  expiring->expires_after_ms = 100;
  w.post({{verb::send, 2, 1, 5, {}, "secret", expiring}});
  w.run();
  const time_ms due =
      decode_event(w.commits.rows.get(keys::event(acme, room, event_seq{2})))->expires;
  auto details = std::make_shared<request_details>();
  details->due.push_back(
      {{due, acme, room, event_seq{2}, {}}, w.commits.rows.target(acme, room, {}, event_seq{2})});
  w.say(1, 1, 6);  // the log moves on, the actor falls asleep, and is woken by its timer
  w.run();
  w.doze_all();
  w.run();
  w.now = due;
  w.post({{verb::due, 0, 0, 0, {}, "", details}});
  w.run();
  const auto row = decode_event(w.commits.rows.get(keys::event(acme, room, event_seq{2})));
  EXPECT_EQ(row->body, "");
}

TEST(conversation_answers, p9_what_waits_for_a_commit_that_is_refused_is_unknown) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  w.post({{verb::send, 1, 1, 11}, {verb::mark_read, 2, 0, 10, {}, "", read_to(2)}});
  w.run();
  w.commits.refuse_next = 1;
  w.commits.settle();
  w.run();
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.only(10).code, errc::outcome_unknown);
  EXPECT_EQ(w.loop.only(11).code, errc::outcome_unknown);
}

TEST(conversation_answers, one_answer_for_many_parts_waits_for_the_last_and_tells_a_failure) {
  actor_world w;
  {
    reply_gather gather(w.loop.ticket_for(10), 2);
    gather.done();
    EXPECT_TRUE(w.loop.answers.empty());
    gather.done();
  }
  EXPECT_EQ(w.loop.only(10).type, frame_type::done);
  {
    reply_gather gather(w.loop.ticket_for(11), 2);
    gather.failed(errc::overloaded);
    gather.done();
  }
  EXPECT_EQ(w.loop.only(11).code, errc::overloaded);
  {
    reply_gather gather(w.loop.ticket_for(12), 2);
    gather.done();
  }
  EXPECT_EQ(w.loop.only(12).code, errc::outcome_unknown) << "a part died without a word";
}

TEST(conversation_answers, a_dissolved_group_tells_every_index_in_steps) {
  actor_world w;
  w.post({{verb::create, 1, 99, 1, {}, "room"}});
  std::vector<user_id> many;
  for (std::uint64_t u = 10; u < 2'510; ++u) many.push_back(user_id{u});
  w.post({{verb::add_members, 1, 1, 2, many, ""}});
  w.run();
  w.index_orders.clear();
  w.post({{verb::dissolve, 1, 2, 3, {}, "", std::make_shared<request_details>()}});
  w.run();
  EXPECT_FALSE(w.loop.deliveries.empty()) << "its OK stands in the place of the event";
  EXPECT_EQ(w.index_orders.size(), many.size() + 1);
  for (const auto& order : w.index_orders) ASSERT_FALSE(order.member);
  EXPECT_EQ(w.commits.rows.count(table::intent, acme, room.value), 0u);
  EXPECT_EQ(w.commits.rows.count(table::job, acme, room.value), 0u);
}

actor_world::wanted for_your_eyes() {
  auto burning = std::make_shared<request_details>();
  burning->burn_ms = 60'000;
  return {verb::send, 1, 1, 10, {}, "for your eyes", burning};
}

TEST(conversation_answers, p5_a_dissolved_group_lets_go_of_what_still_burns) {
  actor_world w;
  w.found({2});
  w.post({for_your_eyes()});
  w.post({{verb::dissolve, 1, 2, 3, {}, "", std::make_shared<request_details>()}});
  w.run();
  EXPECT_EQ(w.commits.rows.count(table::burn, acme, room.value), 0u);
  EXPECT_EQ(w.commits.rows.count(table::job, acme, room.value), 0u);
  for (const auto& [key, value] : w.commits.rows.all())
    EXPECT_EQ(value.find("for your eyes"), std::string::npos);
}

TEST(conversation_answers, p5_what_was_said_just_before_its_only_reader_left_burns) {
  for (const bool together : {true, false}) {
    SCOPED_TRACE(together ? "in one batch" : "on its way");
    actor_world w;
    w.found({2});
    const actor_world::wanted send = for_your_eyes();
    const actor_world::wanted leave{verb::remove_member, 2, 1, 11, users({2}), ""};
    w.commits.at_once = false;
    if (together) {
      w.post({send, leave});
    } else {
      w.post({send});
      w.run();
      w.post({leave});
    }
    w.run();
    w.settle_all();
    EXPECT_EQ(w.commits.rows.count(table::burn, acme, room.value), 0u);
    for (const auto& [key, value] : w.commits.rows.all())
      EXPECT_EQ(value.find("for your eyes"), std::string::npos);
  }
}

TEST(conversation_answers, p5_a_look_at_what_burns_is_not_lost_to_a_busy_room) {
  actor_world w;
  w.found({2});
  w.post({for_your_eyes()});
  w.run();
  w.hold_reads = true;
  w.post({{verb::remove_member, 2, 1, 11, users({2}), ""}});
  w.run();
  w.commits.at_once = false;
  const std::string large(limits::max_body_bytes, 'x');
  for (std::uint64_t n = 0; n <= limits::max_uncommitted_bytes / large.size(); ++n)
    w.post({{verb::send, 1, 2 + n, 100 + n, {}, large}});
  w.run();
  w.release_reads();
  w.run();
  w.settle_all();
  EXPECT_EQ(w.commits.rows.count(table::burn, acme, room.value), 0u);
}

TEST(conversation_answers, p5_a_look_at_what_burns_waits_for_room_in_the_reader_pool) {
  actor_world w;
  w.found({2});
  w.post({for_your_eyes()});
  w.run();
  w.refuse_reads = true;
  w.post({{verb::remove_member, 2, 1, 11, users({2}), ""}});
  w.run();
  EXPECT_EQ(w.commits.rows.count(table::burn, acme, room.value), 1u);
  w.doze_all();
  w.run();
  EXPECT_EQ(w.directory().counters().awake > 0, true) << "asleep nobody would look";
  w.refuse_reads = false;
  w.doze_all();
  w.run();
  EXPECT_EQ(w.commits.rows.count(table::burn, acme, room.value), 0u);
}

TEST(conversation_answers, p7_what_waits_for_an_actor_to_load_is_bounded_in_bytes) {
  actor_world w;
  w.found({2});
  w.doze_all();
  w.run();
  w.hold_reads = true;
  auto about = std::make_shared<request_details>();
  about->target = event_seq{1};
  about->image.edits.emplace_back(event_seq{2}, std::string(limits::max_parked_bytes / 4, 'x'));
  for (std::uint64_t n = 0; n < 8; ++n) w.post({{verb::recall, 1, 1 + n, 100 + n, {}, "", about}});
  w.run();
  std::size_t refused = 0;
  for (std::uint64_t n = 0; n < 8; ++n) refused += w.loop.answers.contains(100 + n);
  EXPECT_EQ(refused, 4u);
}

TEST(conversation_answers, a_job_that_died_in_the_middle_goes_on_when_the_actor_lives_again) {
  actor_world w;
  w.post({{verb::create, 1, 99, 1, {}, "room"}});
  std::vector<user_id> many;
  for (std::uint64_t u = 10; u < 2'510; ++u) many.push_back(user_id{u});
  w.post({{verb::add_members, 1, 1, 2, many, ""}});
  w.run();
  w.commits.at_once = false;
  w.post({{verb::dissolve, 1, 2, 3, {}, "", std::make_shared<request_details>()}});
  w.run();
  w.commits.settle();  // the event; the job's first step follows
  w.run();
  w.commits.refuse_next = 1;
  w.commits.settle();
  w.commits.at_once = true;
  w.run();
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.commits.rows.count(table::job, acme, room.value), 0u);
  const auto row =
      decode_record<member_record>(w.commits.rows.get(keys::member(acme, room, user_id{10})));
  EXPECT_FALSE(row->is_member());
}

// -- bodies that go while their answer waits
// -------------------------------------------------------------------------------------

std::shared_ptr<const request_details> about(actor_world& w, std::uint64_t user,
                                             std::uint64_t target) {
  auto details = std::make_shared<request_details>();
  details->target = event_seq{target};
  details->image = w.commits.rows.target(acme, room, user_id{user}, event_seq{target});
  return details;
}

/// User 2 opens message 2, by request 20, and waits for the commit of that.
void open_without_a_commit(actor_world& w) {
  w.found({2, 3});
  w.post({for_your_eyes()});
  w.run();
  w.commits.at_once = false;
  w.post({{verb::open, 2, 0, 20, {}, "", about(w, 2, 2)}});
  w.run();
}

TEST(conversation_answers, p5_what_is_opened_is_told_before_it_is_taken_back) {
  actor_world w;
  open_without_a_commit(w);
  w.post({{verb::recall, 1, 2, 21, {}, "", about(w, 1, 2)}});
  w.run();
  w.loop.deliveries.clear();
  w.loop.delivery_places.clear();
  w.settle_all();
  EXPECT_EQ(w.loop.only(20).type, frame_type::opened);
  ASSERT_EQ(w.loop.delivery_places.size(), 1u);
  EXPECT_LT(w.loop.only(20).place, w.loop.delivery_places[0]);
}

TEST(conversation_answers, p5_what_burnt_while_its_opening_was_committed_is_not_given_out) {
  actor_world w;
  open_without_a_commit(w);
  w.now += 60'000;
  w.settle_all();
  EXPECT_EQ(w.loop.only(20).code, errc::outcome_unknown) << "it was opened, and too late";
  w.post({{verb::open, 2, 0, 21, {}, "", about(w, 2, 2)}});
  w.run();
  EXPECT_EQ(w.loop.only(21).code, errc::gone);
}

TEST(conversation_answers, p5_what_expired_while_it_was_committed_is_pushed_without_its_body) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  auto brief = std::make_shared<request_details>();
  brief->expires_after_ms = 5'000;
  w.post({{verb::send, 1, 1, 10, {}, "stays"},
          {verb::send, 1, 2, 11, {}, "a word that goes", brief},
          {verb::send, 2, 1, 12, {}, "stays too"}});
  w.run();
  w.now += 5'000;
  w.settle_all();
  ASSERT_EQ(w.loop.deliveries.size(), 1u);
  const delivery_part& part = w.loop.deliveries[0]->parts.at(0);
  ASSERT_EQ(part.events.size(), 3u);
  EXPECT_EQ(part.frames->find("a word"), std::string::npos);
  std::vector<std::string> bodies;
  for (const delivered_event& e : part.events) {
    const auto frame = std::string_view(*part.frames).substr(e.frame_offset, e.frame_size);
    EXPECT_EQ(read_frame_header(frame.data()).length + frame_length_size, frame.size());
    const auto push = split_event_payload(frame.substr(frame_header_size));
    ASSERT_TRUE(push.ok());
    const auto event = decode_event(push->event_bytes);
    ASSERT_TRUE(event.ok());
    EXPECT_EQ(event->seq, e.seq);
    EXPECT_EQ(event->is_gone(), e.seq.value == 3);
    bodies.emplace_back(event->body);
  }
  EXPECT_EQ(bodies, (std::vector<std::string>{"stays", "", "stays too"}));
}

TEST(conversation_answers, p5_a_forward_does_not_outlive_what_it_was_read_from) {
  actor_world w;
  w.found({2});
  std::uint64_t gone = 5;
  w.ports.gone_count = [&](tenant_id, conversation_id) { return gone; };
  auto read = std::make_shared<request_details>();
  read->origin_conversation = conversation_id{9};
  read->origin_seq = event_seq{4};
  read->origin_gone_count = 5;
  read->origin_due = 10'000;
  const std::shared_ptr<const request_details> source = read;
  w.post({{verb::forward, 2, 1, 10, {}, "as it was read", source}});
  w.run();
  EXPECT_EQ(w.loop.delivered_seqs(), (std::vector<std::uint64_t>{2}));
  gone = 6;
  w.post({{verb::forward, 2, 1, 11, {}, "as it was read", source},
          {verb::forward, 2, 2, 12, {}, "as it was read", source}});
  w.run();
  EXPECT_EQ(w.loop.only(11).seq.value, 2u) << "done before, whatever went since (P3)";
  EXPECT_EQ(w.loop.only(12).code, errc::conflict) << "read it again";
  gone = 5;
  w.now = 10'000;
  w.post({{verb::forward, 2, 3, 13, {}, "as it was read", source}});
  w.run();
  EXPECT_EQ(w.loop.only(13).code, errc::gone);
}

TEST(conversation_answers, p7_bodies_that_wait_to_be_given_out_are_bounded) {
  actor_world w;
  w.found({2});
  auto burning = std::make_shared<request_details>();
  burning->burn_ms = 60'000;
  constexpr std::uint64_t messages = 40;
  for (std::uint64_t i = 1; i <= messages; ++i)
    w.post({{verb::send, 1, i, 100 + i, {}, std::string(limits::max_body_bytes, 'x'), burning}});
  w.run();
  w.commits.at_once = false;
  for (std::uint64_t i = 1; i <= messages; ++i)
    w.post({{verb::open, 2, 0, 200 + i, {}, "", about(w, 2, 1 + i)}});
  w.run();
  w.settle_all();
  std::size_t opened = 0;
  for (std::uint64_t i = 1; i <= messages; ++i) {
    const auto& answer = w.loop.only(200 + i);
    opened += answer.type == frame_type::opened ? 1 : 0;
    if (answer.type != frame_type::opened) {
      EXPECT_EQ(answer.code, errc::overloaded);
    }
  }
  EXPECT_GE(opened, 1u);
  EXPECT_LE(opened, 1 + limits::max_uncommitted_bytes / limits::max_body_bytes);
}

}  // namespace
}  // namespace conclave::actors
