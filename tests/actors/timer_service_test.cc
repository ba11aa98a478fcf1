/// Timers that ran out reach their conversations, on a real store and at given times; the
/// conversations are in the test's hands, so that they can be slow, or lose what they are given.
#include "actors/timer_service.h"

#include "actors/request_details.h"
#include "schemas/event.h"
#include "schemas/number_value.h"
#include "tests/support/gateway_fixture.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

using test::gateway_world;

constexpr tenant_id acme{3};
const conversation_id room{77};
const conversation_id other{78};

class timer_service_test : public ::testing::Test {
 protected:
  gateway_world world;
  timer_service timers{world.store.data(), world.ports};
  entity_ref writer{entity_kind::tenant, acme, 1};
  std::uint64_t version = world.store.claim(shard(), writer);

  shard_id shard() const { return world.shards.home_of(acme); }

  void commit(redo_writer rows) {
    rows.put(keys::entity_version(writer), encode_number(version + 1));
    ASSERT_TRUE(world.store.commit(shard(), writer, version++, std::move(rows)));
  }
  void put_timer(conversation_id where, std::uint64_t seq, time_ms due) {
    redo_writer rows;
    event_view event;
    event.seq = event_seq{seq};
    event.kind = event_kind::text;
    event.time = 1;
    event.expires = due;
    event.body = "secret";
    std::string bytes;
    append_event(bytes, event);
    rows.put(keys::event(acme, where, event.seq), bytes);
    rows.put(keys::timer({due, acme, where, event.seq, {}}), {});
    commit(std::move(rows));
    timers.on_timer(shard(), due);
  }
  void erase_timer(conversation_id where, std::uint64_t seq, time_ms due) {
    redo_writer rows;
    rows.erase(keys::timer({due, acme, where, event_seq{seq}, {}}));
    commit(std::move(rows));
  }
  /// Everything given out since the last call, as (conversation, seq).
  std::vector<std::pair<std::uint64_t, std::uint64_t>> given(std::size_t batches) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
    for (auto& arrived : world.conversations.take(batches))
      for (auto& request : arrived.batch->requests)
        for (const auto& due : request.more->due)
          all.emplace_back(arrived.entity.id, due.key.seq.value);
    return all;
  }
  bool nothing_given() {
    world.directory().deliver_to_conversation(
        {entity_kind::conversation, acme, 999},
        conversation_work{std::make_shared<conversation_batch>(marker())});
    return given(1).empty();
  }
  static conversation_batch marker() {
    conversation_batch batch;
    batch.requests.emplace_back();
    batch.requests.back().more = std::make_shared<request_details>();
    return batch;
  }
};

TEST_F(timer_service_test, p5_what_is_due_is_given_out_with_its_message_and_nothing_else) {
  put_timer(room, 5, 1'000);
  put_timer(room, 6, 2'000);
  timers.tick(999);
  EXPECT_TRUE(nothing_given());
  timers.tick(1'000);
  const auto batches = world.conversations.take(1);
  ASSERT_EQ(batches.size(), 1u);
  ASSERT_EQ(batches[0].batch->requests.size(), 1u);
  const auto& due = batches[0].batch->requests[0].more->due;
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].key.seq.value, 5u);
  EXPECT_TRUE(due[0].target.found);
  EXPECT_EQ(decode_event(due[0].target.event)->body, "secret");
}

TEST_F(timer_service_test, p5_what_is_on_its_way_is_not_given_again_until_it_seems_lost) {
  put_timer(room, 5, 1'000);
  timers.tick(1'000);
  EXPECT_EQ(given(1).size(), 1u);
  timers.tick(1'200);
  EXPECT_TRUE(nothing_given());
  timers.tick(1'400);
  EXPECT_TRUE(nothing_given());
  timers.tick(1'600);
  EXPECT_EQ(given(1).size(), 1u) << "its actor crashed, perhaps";
}

TEST_F(timer_service_test, p5_what_was_lost_once_is_given_again_within_a_second_of_its_due) {
  put_timer(room, 5, 1'001);
  timers.tick(1'000);
  EXPECT_TRUE(nothing_given());
  timers.tick(1'200);
  EXPECT_EQ(given(1).size(), 1u);
  timers.tick(1'400);
  timers.tick(1'600);
  timers.tick(1'800);
  EXPECT_EQ(given(1).size(), 1u);
}

TEST_F(timer_service_test, p5_an_earlier_timer_that_comes_later_is_seen) {
  put_timer(room, 5, 5'000);
  timers.tick(4'000);
  put_timer(other, 9, 3'000);
  timers.tick(4'001);
  EXPECT_EQ(given(1), (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{other.value, 9}}));
}

TEST_F(timer_service_test, p5_after_a_start_everything_that_is_overdue_comes_at_once) {
  put_timer(room, 5, 1'000);
  put_timer(other, 6, 2'000);
  timer_service fresh(world.store.data(), world.ports);
  fresh.tick(9'000);
  EXPECT_EQ(given(2).size(), 2u);
}

TEST_F(timer_service_test, a_fired_timer_is_gone_for_good) {
  put_timer(room, 5, 1'000);
  timers.tick(1'000);
  EXPECT_EQ(given(1).size(), 1u);
  erase_timer(room, 5, 1'000);
  for (int i = 0; i < 30; ++i) timers.tick(2'000);
  EXPECT_TRUE(nothing_given());
}

TEST_F(timer_service_test, p5_what_was_due_at_a_failed_read_is_given_out_at_the_next_look) {
  int failures = 1;
  timer_service shaky(world.store.data(), world.ports,
                      [&](const storage::state_view& view, const keys::range& range,
                          const storage::state_view::visitor& visit) -> status {
                        if (view.shard() == shard() && failures > 0) {
                          --failures;
                          return failure{errc::io_error, "a sector cannot be read"};
                        }
                        return view.scan(range, visit);
                      });
  put_timer(room, 5, 1'000);
  shaky.on_timer(shard(), 1'000);
  EXPECT_FALSE(shaky.tick(1'500)) << "a broken disk is not asked again without a pause";
  EXPECT_TRUE(nothing_given());
  shaky.tick(1'700);
  EXPECT_EQ(given(1), (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{room.value, 5}}));
}

TEST_F(timer_service_test, p5_a_read_that_fails_half_way_loses_nothing_of_what_is_on_its_way) {
  bool fails = false;
  timer_service shaky(world.store.data(), world.ports,
                      [&](const storage::state_view& view, const keys::range& range,
                          const storage::state_view::visitor& visit) -> status {
                        const status read = view.scan(range, visit);
                        if (fails) return failure{errc::io_error, "a sector cannot be read"};
                        return read;
                      });
  put_timer(room, 5, 1'000);
  shaky.tick(1'000);
  EXPECT_EQ(given(1).size(), 1u);
  put_timer(other, 9, 1'100);
  shaky.on_timer(shard(), 1'100);
  fails = true;
  shaky.tick(1'200);
  EXPECT_TRUE(nothing_given());
  fails = false;
  shaky.tick(1'400);
  EXPECT_EQ(given(1), (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{other.value, 9}}))
      << "and what is on its way is not given twice";
}

TEST_F(timer_service_test, p5_one_conversation_with_very_many_does_not_hold_up_the_others) {
  redo_writer rows;
  for (std::size_t i = 1; i <= timer_service::max_per_tick + 1; ++i)
    rows.put(keys::timer({1'000, acme, room, event_seq{i}, {}}), {});
  commit(std::move(rows));
  put_timer(other, 9, 1'001);
  timers.tick(1'001);
  std::size_t of_other = 0;
  for (const auto& [where, seq] :
       given(limits::max_timers_on_their_way / timer_service::max_per_batch + 2))
    of_other += where == other.value;
  EXPECT_EQ(of_other, 1u);
}

TEST_F(timer_service_test, p7_messages_with_large_edits_come_in_several_batches) {
  put_timer(room, 5, 1'000);
  redo_writer rows;
  event_view event;
  event.seq = event_seq{5};
  event.kind = event_kind::text;
  event.flags = event_flags::edited;
  event.expires = 1'000;
  const std::string large(timer_service::max_batch_bytes, 'x');
  std::string bytes;
  append_event(bytes, event);
  rows.put(keys::event(acme, room, event.seq), bytes);
  rows.put(keys::version(acme, room, event.seq, event_seq{7}), {});
  rows.put(keys::event(acme, room, event_seq{7}), large);
  commit(std::move(rows));
  put_timer(room, 6, 1'001);
  timers.tick(1'001);
  EXPECT_EQ(world.conversations.take(2).size(), 2u);
}

TEST_F(timer_service_test, many_at_once_come_in_batches_of_a_bound) {
  redo_writer rows;
  const std::size_t many = timer_service::max_per_batch * 2 + 10;
  for (std::size_t i = 1; i <= many; ++i)
    rows.put(keys::timer({1'000, acme, room, event_seq{i}, {}}), {});
  commit(std::move(rows));
  timers.tick(1'000);
  EXPECT_EQ(given(3).size(), many);
}

}  // namespace
}  // namespace conclave::actors
