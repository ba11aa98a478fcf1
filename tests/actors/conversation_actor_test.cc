/// The conversation's actor in a world of fakes: what it tells whom and when, and what becomes of
/// open requests when it sleeps, is refused or dies.
#include "actors/conversation.h"
#include "conf/limits.h"
#include "tests/support/actor_fixture.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <thread>

namespace conclave::actors {
namespace {

using test::acme;
using test::actor_world;
using test::room;
using test::users;
using verb = conversation_verb;
using numbers = std::vector<std::uint64_t>;

TEST(conversation_actor, p1_nothing_is_told_before_the_commit) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  w.say(2, 1, 10);
  w.run();
  EXPECT_TRUE(w.loop.silent(10));
  EXPECT_TRUE(w.loop.deliveries.empty());
  ASSERT_EQ(w.commits.waiting(), 1u);
  w.commits.settle();
  EXPECT_TRUE(w.loop.deliveries.empty());
  w.run();
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{2});
  EXPECT_EQ(w.other_loop.delivered_seqs(), numbers{2});
}

TEST(conversation_actor, a_batch_is_one_proposal_and_one_delivery_per_loop) {
  actor_world w;
  w.found({2});
  w.post({{verb::send, 1, 1, 10, {}, "a"},
          {verb::send, 2, 1, 11, {}, "b"},
          {verb::send, 1, 2, 12, {}, "c"}});
  w.run();
  ASSERT_EQ(w.commits.seen.size(), 1u);
  EXPECT_EQ(w.commits.seen[0].expected_version, 1u);
  EXPECT_EQ(w.commits.seen[0].new_version, 4u);
  ASSERT_EQ(w.loop.deliveries.size(), 1u);
  ASSERT_EQ(w.other_loop.deliveries.size(), 1u);
  EXPECT_EQ(w.loop.deliveries[0], w.other_loop.deliveries[0]) << "shared, not copied";
  const auto& part = w.loop.deliveries[0]->parts.at(0);
  ASSERT_EQ(part.events.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(part.events[i].port, &w.loop);
    EXPECT_EQ(part.events[i].origin.correlation, 10 + i);
  }
  EXPECT_TRUE(w.loop.answers.empty()) << "the loop answers in the place of the event";
}

TEST(conversation_actor, it_runs_on_the_thread_of_its_work_when_that_is_wanted) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  inline_runner here;
  const auto say_here = [&](std::uint64_t key) {
    return w.directory().deliver_and_run(w.entity(), w.work_of({{verb::send, 2, key, 10 + key}}),
                                         here);
  };
  EXPECT_TRUE(say_here(1));
  EXPECT_EQ(w.commits.waiting(), 1u) << "no worker was needed";
  w.say(2, 2, 12);
  EXPECT_TRUE(say_here(3));
  EXPECT_EQ(w.commits.waiting(), 1u) << "a worker has it already, and its mailbox keeps the order";
  w.run();
  EXPECT_EQ(w.commits.waiting(), 3u);
  EXPECT_TRUE(say_here(4));
  EXPECT_EQ(w.commits.waiting(), 4u);
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.delivered_seqs(), (numbers{2, 3, 4, 5}));
}

TEST(conversation_actor, p2_it_passes_on_what_is_committed_on_the_thread_of_an_idle_writer) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  w.commits.idle = true;
  w.say(2, 1, 11);
  w.run();
  w.commits.settle();
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{2}) << "no worker was needed";

  w.say(2, 2, 12);
  w.run();
  w.say(2, 3, 13);  // a worker has the conversation when the news come
  w.commits.settle();
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{2});
  w.run();
  EXPECT_EQ(w.loop.delivered_seqs(), (numbers{2, 3}));
  w.commits.settle();
  EXPECT_EQ(w.loop.delivered_seqs(), (numbers{2, 3, 4}));

  w.post({{verb::add_members, 1, 4, 14, {user_id{3}}, {}}});
  w.run();
  EXPECT_FALSE(w.commits.seen.back().brief) << "others are told of it";
}

TEST(conversation_actor, one_who_ends_on_a_foreign_thread_is_born_again) {
  // It outlives the world, which must not wait for it.
  struct outliving {
    ~outliving() {
      world_is_gone.set_value();
      thread.join();
    }
    std::promise<void> world_is_gone;
    std::thread thread;
  } foreign;
  std::promise<void> ended;
  actor_world w;
  w.found({2});
  inline_runner here;
  w.ports.fault = [](const entity_ref&) { throw std::runtime_error("a bug"); };
  foreign.thread = std::thread([&] {
    w.directory().deliver_and_run(w.entity(), w.work_of({{verb::send, 2, 1, 11}}), here);
    ended.set_value();
    foreign.world_is_gone.get_future().wait();
  });
  ended.get_future().wait();
  w.ports.fault = nullptr;
  EXPECT_EQ(w.loop.only(11).code, errc::outcome_unknown);
  EXPECT_EQ(w.directory().counters().crashed, 1u);
  w.run();
  w.directory().deliver_and_run(w.entity(), w.work_of({{verb::send, 2, 2, 12}}), here);
  w.run();
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{2});
}

TEST(conversation_actor, p2_commits_in_a_row_are_one_delivery_in_order) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  for (std::uint64_t key = 1; key <= 3; ++key) {
    w.say(2, key, 10 + key);
    w.run();
  }
  EXPECT_EQ(w.commits.waiting(), 3u) << "the actor runs ahead of the log";
  w.commits.settle();
  w.run();
  ASSERT_EQ(w.loop.deliveries.size(), 1u);
  EXPECT_EQ(w.loop.deliveries[0]->parts.size(), 3u);
  EXPECT_EQ(w.loop.delivered_seqs(), (numbers{2, 3, 4}));
}

TEST(conversation_actor, p3_a_resend_in_flight_is_answered_after_the_commit) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  w.say(2, 1, 10);
  w.say(2, 1, 11);
  w.run();
  EXPECT_TRUE(w.loop.silent(11));
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.only(11).seq.value, 2u);
  EXPECT_GT(w.loop.only(11).place, w.loop.delivery_places.at(0));
  w.say(2, 1, 12);
  w.run();
  EXPECT_EQ(w.loop.only(12).seq.value, 2u);
  EXPECT_EQ(w.loop.only(12).time, w.loop.only(11).time);
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{2});
}

TEST(conversation_actor, p3_founding_again_in_flight_is_answered_as_founding) {
  actor_world w;
  w.commits.at_once = false;
  w.post({{verb::create, 1, 99, 10, users({2}), "room"}});
  w.post({{verb::create, 1, 99, 11, users({2}), "room"}});
  w.run();
  w.commits.settle();  // the claim
  w.run();
  EXPECT_TRUE(w.loop.answers.empty());
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.only(11).type, frame_type::conversation_created);
  ASSERT_EQ(w.loop.delivered_seqs(), numbers{1});
  EXPECT_TRUE(w.loop.deliveries[0]->parts[0].events[0].founding);
}

TEST(conversation_actor,
     p9_a_refusal_makes_every_open_request_unknown_once_and_the_next_life_hints) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  w.say(2, 1, 10);
  w.run();
  w.say(2, 2, 11);
  w.say(2, 1, 12);  // a resend that waits for the first
  w.run();
  w.say(2, 3, 13);  // still in the mailbox when the news come
  w.commits.refuse_next = 1;
  w.commits.settle();
  w.run();
  for (const std::uint64_t correlation : {10, 11, 12, 13})
    EXPECT_EQ(w.loop.only(correlation).code, errc::outcome_unknown) << correlation;
  EXPECT_TRUE(w.loop.deliveries.empty());
  EXPECT_EQ(w.conversations_born, 2u);
  EXPECT_EQ(w.directory().counters().crashed, 1u);
  w.commits.at_once = true;
  w.commits.settle();
  w.run();
  ASSERT_EQ(w.loop.hints.size(), 1u);
  EXPECT_EQ(w.loop.hints[0]->head.value, 1u);
  EXPECT_EQ(w.loop.hints[0]->members->users, users({1, 2}));
  EXPECT_EQ(w.other_loop.hints.size(), 1u);
  w.say(2, 2, 14);
  w.run();
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{2}) << "the seq of the refused event is used now";
}

TEST(conversation_actor, p9_a_crash_loses_no_request_and_no_sequence_number) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  w.say(2, 1, 10);
  w.run();
  w.ports.fault = [](const entity_ref&) { throw std::runtime_error("a bug"); };
  w.say(2, 2, 11);
  w.say(2, 3, 12);
  w.run();
  w.ports.fault = nullptr;
  for (const std::uint64_t correlation : {10, 11})
    EXPECT_EQ(w.loop.only(correlation).code, errc::outcome_unknown) << correlation;
  // The first was on its way to the disk and still commits; the new life begins after that.
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.only(12).code, errc::outcome_unknown);
  ASSERT_EQ(w.loop.hints.size(), 1u);
  EXPECT_EQ(w.loop.hints[0]->head.value, 2u);
  w.commits.at_once = true;
  w.say(2, 1, 20);
  w.say(2, 2, 21);
  w.run();
  EXPECT_EQ(w.loop.only(20).seq.value, 2u);
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{3});
}

TEST(conversation_actor, requests_wait_while_the_state_is_loaded) {
  actor_world w;
  w.found({2});
  w.doze_all();
  w.run();
  ASSERT_EQ(w.directory().counters().awake, 0u);
  w.hold_reads = true;
  w.say(2, 1, 10);
  w.run();
  w.say(1, 1, 11);
  w.run();
  EXPECT_TRUE(w.loop.deliveries.empty());
  w.release_reads();
  w.run();
  EXPECT_EQ(w.loop.delivered_seqs(), (numbers{2, 3}));
}

TEST(conversation_actor, p7_what_waits_for_loading_is_bounded) {
  actor_world w;
  w.found({2});
  w.doze_all();
  w.run();
  w.hold_reads = true;
  std::vector<actor_world::wanted> many;
  for (std::uint64_t i = 0; i < limits::max_parked_requests; ++i)
    many.push_back({verb::send, 2, i + 1, 100 + i, {}, "x"});
  w.post(many);
  w.say(2, 90'000, 10);
  w.run();
  EXPECT_EQ(w.loop.only(10).code, errc::overloaded);
  w.release_reads();
  w.run();
  EXPECT_EQ(w.loop.delivered_seqs().size(), limits::max_parked_requests);
}

/// A log entry must fit in a frame of the peers' links.
TEST(conversation_actor, p7_what_many_devices_say_at_once_goes_into_several_proposals) {
  actor_world w;
  w.found({2});
  std::vector<actor_world::wanted> many;
  for (std::uint64_t i = 0; i < 1'000; ++i)
    many.push_back({verb::send, 2, 1, 100 + i, {}, std::string(500, 'x'), nullptr, i + 1});
  w.post(many);
  w.run();
  EXPECT_EQ(w.loop.delivered_seqs().size(), many.size());
  EXPECT_GE(w.commits.seen.size(), 3u);
}

TEST(conversation_actor, p7_uncommitted_work_is_bounded_by_events_and_by_bytes) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  std::vector<actor_world::wanted> many;
  for (std::uint64_t i = 0; i <= limits::max_uncommitted_events; ++i)
    many.push_back({verb::send, 2, i + 1, 100 + i, {}, "x"});
  w.post(many);
  w.run();
  EXPECT_EQ(w.loop.answers.size(), 1u);
  EXPECT_EQ(w.loop.only(100 + limits::max_uncommitted_events).code, errc::overloaded);
  w.commits.settle();
  w.run();

  const std::string large(limits::max_body_bytes, 'x');
  for (std::uint64_t i = 0; i < 40; ++i) w.post({{verb::send, 1, i + 1, 50 + i, {}, large}});
  w.run();
  EXPECT_GE(w.loop.answers.size(), 20u);
  EXPECT_LE(w.loop.answers.size(), 26u);
  w.commits.settle();
  w.run();
  w.say(1, 100, 99);
  w.run();
  EXPECT_TRUE(w.loop.silent(99)) << "room again after the commit";
}

void a_load_that_comes_to_nothing_is_tried_again(bool actor_world::*trouble) {
  actor_world w;
  w.found({2});
  w.doze_all();
  w.run();
  w.*trouble = true;
  w.hold_reads = true;
  w.say(2, 1, 10);
  w.run();
  w.release_reads();
  w.run();
  EXPECT_EQ(w.loop.only(10).code, errc::overloaded) << "certainly not done";
  EXPECT_EQ(w.directory().counters().awake, 0u);
  w.*trouble = false;
  w.say(2, 1, 11);
  w.run();
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{2});
}

TEST(conversation_actor, p9_when_it_cannot_be_loaded_requests_may_be_repeated_later) {
  a_load_that_comes_to_nothing_is_tried_again(&actor_world::fail_loads);
}

TEST(conversation_actor, p9_a_lead_lost_between_claim_and_load_ends_it_and_nothing_else) {
  a_load_that_comes_to_nothing_is_tried_again(&actor_world::written_elsewhere);
}

/// The change is committed, but its actor ends before it learns of that.
void crash_before_telling(actor_world& w) {
  w.commits.at_once = false;
  w.run();
  w.ports.fault = [](const entity_ref&) { throw std::runtime_error("a bug"); };
  w.say(1, 9, 90);
  w.run();
  w.ports.fault = nullptr;
  w.commits.at_once = true;
  w.commits.settle();
  w.run();
}

TEST(conversation_actor, p2_who_left_just_before_a_crash_is_told_of_it) {
  actor_world w;
  w.found({2, 3, 4});
  w.commits.at_once = false;
  w.post({{verb::remove_member, 1, 1, 10, users({3}), {}}});
  w.run();
  w.post({{verb::remove_member, 4, 1, 11, users({4}), {}}});
  crash_before_telling(w);
  EXPECT_TRUE(w.loop.deliveries.empty()) << "nobody was told by the one that crashed";
  ASSERT_EQ(w.loop.hints.size(), 3u);
  EXPECT_EQ(w.loop.hints[0]->members->users, users({1, 2}));
  EXPECT_EQ(w.loop.hints[0]->head.value, 3u);
  EXPECT_EQ(w.loop.hints[1]->members->users, users({3}));
  EXPECT_EQ(w.loop.hints[1]->head.value, 2u) << "what came later is none of his business (P4)";
  EXPECT_EQ(w.loop.hints[2]->members->users, users({4}));
  EXPECT_EQ(w.loop.hints[2]->head.value, 3u);
  EXPECT_EQ(w.other_loop.hints.size(), 3u);
}

TEST(conversation_actor, p2_members_of_what_was_dissolved_just_before_a_crash_are_told_of_it) {
  actor_world w;
  w.found({2, 3});
  w.commits.at_once = false;
  w.post({{verb::dissolve, 1, 1, 10, {}, {}}});
  crash_before_telling(w);
  ASSERT_EQ(w.loop.hints.size(), 2u);
  EXPECT_TRUE(w.loop.hints[0]->members->users.empty());
  EXPECT_EQ(w.loop.hints[1]->members->users, users({1, 2, 3}));
  EXPECT_EQ(w.loop.hints[1]->head.value, 2u);
}

TEST(conversation_actor, a_hint_that_is_owed_survives_a_failed_load) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  w.say(2, 1, 10);
  w.run();
  w.ports.fault = [](const entity_ref&) { throw std::runtime_error("a bug"); };
  w.fail_loads = true;
  w.say(2, 2, 11);
  w.run();
  w.ports.fault = nullptr;
  w.commits.settle();  // the first one commits, but nobody is told; the new life cannot load
  w.run();
  EXPECT_TRUE(w.loop.hints.empty());
  EXPECT_TRUE(w.loop.deliveries.empty());
  w.fail_loads = false;
  w.commits.at_once = true;
  w.say(1, 1, 12);
  w.run();
  ASSERT_EQ(w.loop.hints.size(), 1u);
  EXPECT_EQ(w.loop.hints[0]->head.value, 2u);
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{3});
}

// -- sleep
// -----------------------------------------------------------------------------------------

TEST(conversation_actor, an_idle_one_sleeps_and_the_next_message_wakes_a_new_one) {
  actor_world w;
  w.found({2});
  const std::size_t claims = w.commits.claims;
  w.doze_all();
  w.run();
  EXPECT_EQ(w.directory().counters().awake, 0u);
  w.say(2, 1, 10);
  w.run();
  EXPECT_EQ(w.commits.claims, claims + 1);
  EXPECT_EQ(w.conversations_born, 2u);
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{2});
  EXPECT_TRUE(w.loop.hints.empty()) << "nothing was missed";
}

TEST(conversation_actor, with_a_message_on_its_way_it_stays_awake) {
  actor_world w;
  w.found({2});
  w.doze_all();
  w.say(2, 1, 10);  // behind the doze in the mailbox
  w.run();
  EXPECT_EQ(w.conversations_born, 1u);
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{2});
}

TEST(conversation_actor, with_work_in_flight_it_stays_awake) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  w.say(2, 1, 10);
  w.run();
  w.doze_all();
  w.run();
  EXPECT_GE(w.directory().counters().awake, 1u);
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.delivered_seqs(), numbers{2});
  EXPECT_EQ(w.conversations_born, 1u);
}

TEST(conversation_actor, p7_asking_for_what_does_not_exist_leaves_nothing_awake) {
  actor_world w;
  for (std::uint64_t id = 500; id < 520; ++id)
    w.post({{verb::send, 1, 1, id, {}, "x"}}, conversation_id{id});
  w.run();
  for (std::uint64_t id = 500; id < 520; ++id) EXPECT_EQ(w.loop.only(id).code, errc::not_found);
  EXPECT_EQ(w.directory().counters().awake, 0u);
  EXPECT_EQ(w.commits.releases, 20u);
  EXPECT_TRUE(w.commits.rows.all().empty());
}

TEST(conversation_actor, p9_at_the_end_of_the_node_open_requests_are_unknown) {
  actor_world w;
  w.found({2});
  w.commits.at_once = false;
  w.say(2, 1, 10);
  w.run();
  w.say(2, 2, 11);
  w.directory().stop();
  EXPECT_FALSE(w.say(2, 3, 12));
  EXPECT_EQ(w.loop.only(12).code, errc::outcome_unknown);
  w.run();
  EXPECT_EQ(w.loop.only(10).code, errc::outcome_unknown);
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.answers.count(10), 1u);
  EXPECT_EQ(w.directory().counters().awake, 0u);
}

// -- indexes
// ---------------------------------------------------------------------------------------

TEST(conversation_actor, a_change_of_membership_reaches_the_users_index_and_its_intent_goes) {
  actor_world w;
  w.post({{verb::create, 1, 99, 1, users({2, 3}), "room"}});
  w.run();
  EXPECT_EQ(w.index_orders.size(), 3u);
  EXPECT_EQ(w.commits.rows.count(table::intent, acme, room.value), 0u);
  w.post({{verb::remove_member, 1, 1, 10, users({3}), {}}});
  w.run();
  ASSERT_EQ(w.index_orders.size(), 4u);
  EXPECT_FALSE(w.index_orders[3].member);
  EXPECT_EQ(w.index_orders[3].seq.value, 2u);
  EXPECT_EQ(w.commits.rows.count(table::intent, acme, room.value), 0u);
  const auto row = decode_record<index_record>(
      w.commits.rows.get(keys::user_conversation(acme, user_id{3}, room)));
  ASSERT_TRUE(row.ok());
  EXPECT_FALSE(row->member);
}

TEST(conversation_actor, p1_an_index_hears_nothing_before_the_commit) {
  actor_world w;
  w.commits.at_once = false;
  w.post({{verb::create, 1, 99, 1, users({2}), "room"}});
  w.run();
  w.commits.settle();
  w.run();
  EXPECT_TRUE(w.index_orders.empty());
  w.commits.settle(1);
  w.commits.at_once = true;
  w.run();
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.index_orders.size(), 2u);
}

TEST(conversation_actor, intents_left_over_are_ordered_again_when_it_wakes) {
  actor_world w;
  test::conversation_driver before;
  before.create(1, 99, {2});
  w.commits.rows.apply(before.state().take_draft().redo);
  ASSERT_EQ(w.commits.rows.count(table::intent, acme, room.value), 2u);
  w.directory().wake(actor_world::entity());
  w.run();
  EXPECT_EQ(w.index_orders.size(), 2u);
  EXPECT_EQ(w.commits.rows.count(table::intent, acme, room.value), 0u);
}

TEST(conversation_actor, who_found_the_reader_pool_full_when_woken_is_woken_again) {
  actor_world w;
  test::conversation_driver before;
  before.create(1, 99, {2});
  w.commits.rows.apply(before.state().take_draft().redo);
  w.refuse_reads = true;
  w.directory().wake(actor_world::entity());
  w.run();
  EXPECT_EQ(w.directory().counters().awake, 0u);
  w.doze_all();
  w.run();
  EXPECT_EQ(w.directory().counters().awake, 0u) << "the pool is still full";
  EXPECT_EQ(w.directory().counters().postponed, 1u);
  w.refuse_reads = false;
  w.doze_all();
  w.run();
  EXPECT_EQ(w.index_orders.size(), 2u);
  EXPECT_EQ(w.commits.rows.count(table::intent, acme, room.value), 0u);
  EXPECT_EQ(w.conversations_born, 3u);
  EXPECT_EQ(w.directory().counters().postponed, 0u);
}

TEST(conversation_actor, who_found_the_reader_pool_full_for_a_request_waits_for_the_next_one) {
  actor_world w;
  w.found({2});
  w.doze_all();
  w.run();
  ASSERT_EQ(w.directory().counters().awake, 0u);
  w.refuse_reads = true;
  w.say(1, 1, 10);
  w.run();
  EXPECT_EQ(w.loop.only(10).type, frame_type::error);
  const std::size_t born = w.conversations_born;
  w.refuse_reads = false;
  w.doze_all();
  w.run();
  EXPECT_EQ(w.conversations_born, born);
}

constexpr std::size_t max_open_index_orders = conversation_shell::max_open_index_orders;

TEST(conversation_actor, p5_what_burns_is_looked_at_again_after_a_crash) {
  actor_world w;
  w.found({2, 3});
  redo_writer burning;
  burning.put(keys::burn(acme, room, event_seq{1}), encode(burn_record{}));
  w.commits.rows.apply(burning);
  int looks = 0;
  w.ports.load_burned_out = [&](const entity_ref&, const std::vector<user_id>&) {
    ++looks;
    return storage::burned_out{};
  };
  int crashes = 1;
  w.ports.fault = [&](const entity_ref&) {
    if (crashes-- > 0) throw std::runtime_error("a bug");
  };
  w.say(2, 1, 10);
  w.run();
  w.say(2, 2, 11);
  w.run();
  EXPECT_EQ(looks, 1) << "the look that a leaving ordered may have gone with the crash";
}

TEST(conversation_actor, p5_who_reads_is_warned_of_what_went_just_before_a_crash) {
  actor_world w;
  w.found({2, 3});
  int warned = 0;
  w.ports.on_gone = [&](tenant_id, conversation_id) { ++warned; };
  crash_before_telling(w);
  EXPECT_EQ(warned, 1) << "the one that crashed may have emptied a body that is being read";
}

TEST(conversation_actor, p5_timers_are_looked_for_anew_after_a_crash) {
  actor_world w;
  w.found({2, 3});
  std::vector<time_ms> from;
  w.ports.on_timer = [&](shard_id, time_ms due) { from.push_back(due); };
  w.ports.fault = [](const entity_ref&) { throw std::runtime_error("a bug"); };
  w.say(2, 1, 10);
  w.run();
  EXPECT_EQ(from, std::vector<time_ms>{0}) << "the one that crashed may not have told of its last";
}

/// A user's registrar each, so that the reader pool sees one job for each order.
std::vector<user_id> many_users(std::uint64_t count) {
  std::vector<user_id> all;
  for (std::uint64_t i = 0; i < count; ++i) all.push_back(user_id{1'000 + i});
  return all;
}

TEST(conversation_actor, p7_index_orders_of_many_members_take_turns_at_the_reader_pool) {
  actor_world w;
  w.found({2});
  constexpr std::size_t turns = 3;
  const std::size_t many = max_open_index_orders * turns - 5;
  w.hold_reads = true;
  w.post({{verb::add_members, 1, 1, 10, many_users(many), {}}});
  w.run();
  EXPECT_EQ(w.held_reads(), max_open_index_orders);
  w.hold_reads = false;
  w.release_reads();
  w.run();
  EXPECT_EQ(w.index_orders.size(), many);
  EXPECT_EQ(w.commits.rows.count(table::intent, acme, room.value), 0u);
}

TEST(conversation_actor, index_orders_that_were_lost_do_not_hold_up_the_others) {
  actor_world w;
  w.found({2});
  w.refuse_reads = true;
  const std::size_t many = max_open_index_orders + 7;
  w.post({{verb::add_members, 1, 1, 10, many_users(many), {}}});
  w.run();
  w.refuse_reads = false;
  w.say(1, 2, 11);
  w.run();
  EXPECT_TRUE(w.index_orders.empty()) << "they may still be on their way";
  w.now += 5'000;
  w.say(1, 3, 12);
  w.run();
  EXPECT_EQ(w.index_orders.size(), many);
  EXPECT_EQ(w.commits.rows.count(table::intent, acme, room.value), 0u);
}

TEST(conversation_actor, a_lost_index_order_does_not_wait_for_a_room_without_joins) {
  actor_world w;
  w.found({2});
  w.refuse_reads = true;
  w.post({{verb::add_members, 1, 1, 10, users({3}), {}}});
  w.run();
  w.refuse_reads = false;
  for (std::uint64_t i = 0; i < 3; ++i) {
    w.now += 2'000;
    w.post({{verb::add_members, 1, 2 + i, 11 + i, users({4 + i}), {}}});
    w.run();
  }
  EXPECT_EQ(w.index_orders.size(), 4u);
  EXPECT_EQ(w.commits.rows.count(table::intent, acme, room.value), 0u);
}

TEST(conversation_actor, an_index_order_that_was_lost_is_given_again_before_sleep) {
  actor_world w;
  w.found({2});
  w.refuse_reads = true;  // registrars cannot plan, and drop the order
  w.post({{verb::add_members, 1, 1, 10, users({3}), {}}});
  w.run();
  EXPECT_TRUE(w.index_orders.empty());
  EXPECT_EQ(w.commits.rows.count(table::intent, acme, room.value), 1u);
  w.refuse_reads = false;
  w.doze_all();
  w.run();
  EXPECT_EQ(w.index_orders.size(), 1u);
  EXPECT_EQ(w.commits.rows.count(table::intent, acme, room.value), 0u);
  w.doze_all();
  w.run();
  EXPECT_EQ(w.directory().counters().awake, 0u) << "with nothing owed it may sleep";
}

}  // namespace
}  // namespace conclave::actors
