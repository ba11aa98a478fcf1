/// The adapters with the real core, disk and links, in one process.
#include "tests/replication/cluster_fixture.h"

#include <future>

namespace conclave::replication {
namespace {

constexpr shard_id shard{1};
constexpr commit_rule two_of_three{2, 2};

/// One group of the writer for each call of `propose`.
void close_group(cluster_node& node) {
  std::promise<void> passed;
  node.writer().post([&] { passed.set_value(); });
  passed.get_future().wait();
}

class cluster_test : public cluster_of {
 protected:
  /// Nodes 1 to `last` run, node 1 leads, and conversation 5 has this many events.
  void start_and_write(std::size_t last, std::uint64_t events) {
    for (std::size_t i = 1; i <= last; ++i) node(i).start();
    ASSERT_TRUE(node(1).wait_until_leading());
    ASSERT_EQ(node(1).claim(shard, 5, 1), 0u);
    if (events == 0) return;
    node(1).propose(shard, 5, 1, 1, events, owner);
    for (const auto& told : owner->wait_for_settled(events)) ASSERT_TRUE(told.what.committed);
  }

  /// Events 11 to `last`, one at a time: many entries.
  void write_one_by_one(std::uint64_t last, std::size_t size) {
    for (std::uint64_t seq = 11; seq <= last; ++seq) {
      node(1).propose(shard, 5, 1, seq, seq, owner, size);
      owner->wait_for_settled(seq);
    }
  }

  /// Node 1 of three leads without the others and has 20 groups under way.
  void propose_twenty_alone() {
    ASSERT_NO_FATAL_FAILURE(start_and_write(3, 0));
    node(2).stop();
    node(3).stop();
    for (std::uint64_t seq = 1; seq <= 20; ++seq) {
      node(1).propose(shard, 5, 1, seq, seq, owner);
      close_group(node(1));
    }
  }

  const std::shared_ptr<test::recording_owner> owner = std::make_shared<test::recording_owner>();
};

bool has_event(cluster_node& node, std::uint64_t seq) {
  return node.data()
      .get(shard, keys::event(test::some_tenant, conversation_id{5}, event_seq{seq}))
      .ok();
}

TEST_F(cluster_test, the_founder_leads_and_what_it_commits_is_on_every_copy) {
  make(3, 1, two_of_three);
  ASSERT_NO_FATAL_FAILURE(start_and_write(4, 500));
  EXPECT_TRUE(copies_are_equal(shard));
  EXPECT_EQ(node(1).claim(shard, 5, 2), 500u);
  EXPECT_EQ(node(2).writer().counters().entries, node(1).writer().counters().entries)
      << "entries that this node has written, whoever proposed them";
}

TEST_F(cluster_test, a_single_voter_leads_alone_and_a_learner_receives) {
  make(1, 1, {1, 1});
  ASSERT_NO_FATAL_FAILURE(start_and_write(1, 100));
  node(2).start();
  EXPECT_TRUE(copies_are_equal(shard));
  EXPECT_FALSE(node(2).leads());
}

TEST_F(cluster_test, without_enough_copies_nothing_is_acknowledged_until_one_comes_back) {
  make(3, 0, two_of_three);
  for (std::size_t i = 1; i <= 3; ++i) node(i).start();
  ASSERT_TRUE(node(1).wait_until_leading());
  node(2).stop();
  node(3).stop();
  node(1).writer().claim(shard, test::conversation_entity(5), 1, owner);
  owner->wait_for(1);
  node(1).propose(shard, 5, 1, 1, 20, owner);
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_EQ(node(1)
                .data()
                .get(shard, keys::conversation(test::some_tenant, conversation_id{5}))
                .error()
                .code,
            errc::not_found)
      << "a reader sees nothing that is not committed";
  node(3).start();
  for (const auto& told : owner->wait_for_settled(20))
    EXPECT_TRUE(told.is_claim || told.what.committed);
  node(2).start();
  EXPECT_TRUE(copies_are_equal(shard));
}

TEST_F(cluster_test, what_makes_no_redo_is_settled_though_it_had_to_wait_for_company) {
  make(3, 0, two_of_three);
  ASSERT_NO_FATAL_FAILURE(propose_twenty_alone());
  storage::proposal empty;
  empty.shard = shard;
  empty.epoch = node(1).epoch(shard);
  empty.entity = test::conversation_entity(5);
  empty.incarnation = 1;
  empty.expected_version = empty.new_version = 20;
  const auto last = std::make_shared<test::recording_owner>();
  empty.owner = last;
  close_group(node(1));
  node(1).writer().submit(std::move(empty));
  close_group(node(1));
  node(3).start();
  owner->wait_for_settled(20);
  EXPECT_TRUE(last->wait_for(1).front().what.committed);
}

TEST_F(cluster_test, p9_who_resigns_without_enough_copies_gives_up_what_is_under_way) {
  make(3, 0, two_of_three);
  ASSERT_NO_FATAL_FAILURE(propose_twenty_alone());
  auto settled = std::make_shared<std::promise<void>>();
  node(1).writer().when_settled([settled] { settled->set_value(); });
  auto done = settled->get_future();
  EXPECT_EQ(done.wait_for(std::chrono::milliseconds(1'500)), std::future_status::timeout);
  node(1).part().resign();
  ASSERT_EQ(done.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  for (const auto& told : owner->wait_for_settled(20)) EXPECT_FALSE(told.what.committed);
  EXPECT_EQ(node(1).part().promote(), "it is stopping");
}

TEST_F(cluster_test, who_led_last_leads_again_and_an_order_moves_the_lead) {
  make(3, 0, two_of_three);
  ASSERT_NO_FATAL_FAILURE(start_and_write(3, 50));

  EXPECT_EQ(node(2).part().promote(), "");
  ASSERT_TRUE(node(2).wait_until_leading());
  ASSERT_TRUE(node(1).wait_until_leading(false));
  EXPECT_EQ(node(2).claim(shard, 5, 2), 50u);
  node(2).propose(shard, 5, 2, 51, 80, owner);
  owner->wait_for_settled(80);
  EXPECT_TRUE(eventually([&] { return leader_address(node(3).part().view()) == "client-of:2"; }));

  // The old leader comes back and stays a follower; the new one comes back and leads.
  node(1).stop();
  node(1).start();
  node(2).stop();
  node(2).start();
  ASSERT_TRUE(node(2).wait_until_leading());
  EXPECT_FALSE(node(1).leads());
  EXPECT_EQ(node(2).claim(shard, 5, 3), 80u);
  EXPECT_TRUE(copies_are_equal(shard));
}

node_view seen_from(cluster_node& node, std::uint16_t other) {
  const cluster_view view = node.part().view();
  for (const node_view& each : view.nodes)
    if (each.node == node_id(other)) return each;
  return {};
}

TEST_F(cluster_test, p8_copies_compare_their_digests_and_one_that_differs_is_told) {
  make(3, 1, two_of_three, {}, std::chrono::milliseconds(1'000));
  ASSERT_NO_FATAL_FAILURE(start_and_write(4, 200));
  const auto written = node(1).data().applied(shard);
  ASSERT_TRUE(written);
  for (std::uint16_t other = 2; other <= 4; ++other) {
    ASSERT_TRUE(eventually([&] { return seen_from(node(1), other).equal_at > 0; })) << other;
    EXPECT_TRUE(eventually([&] { return seen_from(node(other), 1).equal_at > 0; })) << other;
    EXPECT_FALSE(seen_from(node(1), other).differs) << other;
  }
  const auto marked = node(1).data().applied(shard);
  ASSERT_TRUE(marked);
  EXPECT_GT(marked->index.value, written->index.value);
  EXPECT_EQ(marked->time, written->time) << "a mark brings no time of a wall clock into the log";
  // A row that no log entry brought.
  node(3).stop();
  node(3).change_state(shard, "a row of its own");
  node(3).start();
  EXPECT_TRUE(eventually([&] { return seen_from(node(1), 3).differs; }));
  EXPECT_TRUE(eventually([&] { return seen_from(node(3), 1).differs; }));
  EXPECT_FALSE(seen_from(node(1), 2).differs);
  EXPECT_FALSE(seen_from(node(1), 4).differs);
}

storage::log_tail_bounds short_log() {
  storage::log_tail_bounds small;
  small.bytes_kept = 64 * 1024;
  small.chunk_bytes = 16 * 1024;
  small.entries_kept = 50;
  small.chunk_entries = 10;
  return small;
}

TEST_F(cluster_test, a_lead_taken_by_a_copy_too_far_behind_goes_to_who_has_the_log) {
  make(3, 0, two_of_three, short_log());
  ASSERT_NO_FATAL_FAILURE(start_and_write(3, 10));
  ASSERT_TRUE(copies_are_equal(shard));
  node(3).stop();
  write_one_by_one(300, 2'000);
  node(1).stop();
  // Nobody leads, so nobody seeds node 3. An order is refused once it knows how the log of node 2
  // begins, which it is told within a second; before that it claims, and has to give way.
  std::string refusal;
  bool claimed = false;
  for (int attempt = 0; attempt < 20 && !(claimed && !refusal.empty()); ++attempt) {
    node(3).start();
    ASSERT_TRUE(eventually([&] {
      const std::string why = node(3).part().promote();
      if (why.empty()) return claimed = true;
      if (why.find("begins behind it") == std::string::npos) return false;
      refusal = why;
      return true;
    }));
    if (claimed) break;
    node(3).stop();
  }
  ASSERT_TRUE(claimed) << refusal;
  ASSERT_TRUE(node(2).wait_until_leading());
  EXPECT_TRUE(has_event(node(2), 300));
  EXPECT_EQ(node(2).claim(shard, 5, 2), 300u);
  node(2).propose(shard, 5, 2, 301, 310, owner);
  owner->wait_for_settled(310);
  EXPECT_TRUE(copies_are_equal(shard));
  EXPECT_EQ(node(3).part().promote(), "") << "in sync it may lead";
  ASSERT_TRUE(node(3).wait_until_leading());
}

TEST_F(cluster_test, a_copy_that_was_away_for_too_long_is_seeded) {
  make(3, 1, two_of_three, short_log());
  ASSERT_NO_FATAL_FAILURE(start_and_write(3, 10));
  ASSERT_TRUE(copies_are_equal(shard));
  node(3).stop();
  write_one_by_one(400, 2'000);
  node(3).start();
  node(4).start();
  ASSERT_TRUE(eventually([&] { return node(1).part().seedings().finished >= 2; }));
  node(1).propose(shard, 5, 1, 401, 420, owner);
  owner->wait_for_settled(420);
  EXPECT_TRUE(copies_are_equal(shard));
  // What was seeded is found again, and votes.
  node(3).stop();
  node(3).start();
  node(2).stop();
  node(1).propose(shard, 5, 1, 421, 440, owner);
  owner->wait_for_settled(440);
  EXPECT_TRUE(copies_are_equal(shard));
}

TEST_F(cluster_test, p5_the_time_of_a_shard_does_not_go_back_with_the_lead) {
  make(3, 0, two_of_three);
  node(1).wall().ahead_ms = 20'000;
  ASSERT_NO_FATAL_FAILURE(start_and_write(3, 50));
  ASSERT_TRUE(copies_are_equal(shard));
  const time_ms before = node(2).data().applied(shard)->time;
  EXPECT_EQ(node(2).part().promote(), "");
  ASSERT_TRUE(node(2).wait_until_leading());
  EXPECT_GE(node(2).data().applied(shard)->time, before);
  EXPECT_TRUE(copies_are_equal(shard));
}

/// What a clock that has jumped says is held by the shard clock: no claim may bring it into the
/// log.
TEST_F(cluster_test, p5_a_claim_does_not_carry_the_time_of_a_wall_clock_into_the_log) {
  make(3, 0, two_of_three);
  ASSERT_NO_FATAL_FAILURE(start_and_write(3, 50));
  ASSERT_TRUE(copies_are_equal(shard));
  const time_ms before = node(2).data().applied(shard)->time;
  node(2).wall().ahead_ms = 86'400'000;
  EXPECT_EQ(node(2).part().promote(), "");
  ASSERT_TRUE(node(2).wait_until_leading());
  EXPECT_LT(node(2).data().applied(shard)->time, before + 3'600'000);
}

TEST_F(cluster_test, p9_an_order_that_was_given_up_is_not_carried_out_later) {
  make(3, 0, two_of_three);
  node(2).give_orders_up_after(std::chrono::milliseconds(200));
  ASSERT_NO_FATAL_FAILURE(start_and_write(3, 10));
  std::promise<void> gate;
  node(2).writer().post([waits = gate.get_future().share()] { waits.wait(); });
  EXPECT_EQ(node(2).part().promote(), "the node is busy or stopping");
  gate.set_value();
  close_group(node(2));
  EXPECT_FALSE(node(2).wait_until_leading_for(std::chrono::milliseconds(1'000)));
  // A new one is, and a busy machine may need more than one.
  EXPECT_TRUE(eventually([&] { return node(2).part().promote().empty(); }));
  EXPECT_TRUE(node(2).wait_until_leading());
}

/// The log behind a snapshot is kept until its receiver has it: else it comes too late each time.
TEST_F(cluster_test, a_snapshot_comes_to_its_end_while_writing_goes_on) {
  make(2, 1, {2, 2}, short_log(), limits::digest_interval, 400'000);
  ASSERT_NO_FATAL_FAILURE(start_and_write(2, 10));
  write_one_by_one(500, 3'000);  // a block and a half: four seconds
  node(3).start();
  ASSERT_TRUE(eventually([&] { return node(1).part().seedings().rows_sent > 0; }));
  // For longer than the snapshot takes, and more than the log keeps without its receiver.
  std::uint64_t seq = 500;
  const std::uint64_t enough = seq + 2 * short_log().entries_kept;
  const auto start = std::chrono::steady_clock::now();
  const auto within = [&](std::chrono::seconds span) {
    return std::chrono::steady_clock::now() - start < span;
  };
  while (within(std::chrono::seconds(8)) || (seq <= enough && within(std::chrono::seconds(30)))) {
    node(1).propose(shard, 5, 1, seq + 1, seq + 1, owner, 1'000);
    owner->wait_for_settled(++seq);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  EXPECT_GT(seq, enough);
  EXPECT_TRUE(copies_are_equal(shard));
  EXPECT_EQ(node(1).part().seedings().finished, 1u) << "one was enough";
}

TEST_F(cluster_test, snapshots_leave_at_the_pace_that_the_operator_gave_them) {
  make(2, 1, {2, 2}, short_log(), limits::digest_interval, 400'000);
  ASSERT_NO_FATAL_FAILURE(start_and_write(2, 10));
  write_one_by_one(500, 3'000);  // a block and a half
  const auto start = std::chrono::steady_clock::now();
  node(3).start();
  ASSERT_TRUE(eventually([&] { return node(1).part().seedings().sources > 0; }));
  // What is being written meanwhile does not wait for it.
  node(1).propose(shard, 5, 1, 501, 510, owner);
  owner->wait_for_settled(510);
  EXPECT_EQ(node(1).part().seedings().finished, 0u);
  EXPECT_TRUE(copies_are_equal(shard));
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GT(took, std::chrono::milliseconds(2'400)) << "a block of 1 MiB at 400 kB/s";
  EXPECT_LT(took, std::chrono::seconds(20));
}

TEST_F(cluster_test, of_two_that_send_a_snapshot_the_newer_one_comes_to_its_end) {
  make(2, 1, {2, 2}, short_log(), limits::digest_interval, 400'000);
  ASSERT_NO_FATAL_FAILURE(start_and_write(2, 10));
  write_one_by_one(500, 3'000);  // a block and a half
  node(3).start();
  ASSERT_TRUE(eventually([&] { return node(1).part().seedings().rows_sent > 0; }));
  // The lead moves while the old leader is sending: it goes on, and dials again when it is cut off.
  ASSERT_EQ(node(2).part().promote(), "");
  ASSERT_TRUE(node(2).wait_until_leading());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(copies_are_equal(shard));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(25));
}

TEST_F(cluster_test, p1_voters_and_rule_are_changed_by_order) {
  make(3, 1, two_of_three);
  ASSERT_NO_FATAL_FAILURE(start_and_write(4, 50));
  ASSERT_TRUE(copies_are_equal(shard));
  EXPECT_EQ(node(1).part().apply_configuration(), "voters and rules are as the configuration says");
  for (std::size_t i = 1; i <= 4; ++i) {
    node(i).stop();
    node(i).change_plan([](cluster_plan& plan) {
      plan.nodes[3].voter = true;
      plan.rule = {3, 3};
    });
  }
  for (std::size_t i = 1; i <= 4; ++i) node(i).start();
  ASSERT_TRUE(node(1).wait_until_leading());
  EXPECT_EQ(node(1).part().view().rules.at(1), two_of_three) << "until it is ordered";
  EXPECT_NE(node(2).part().apply_configuration(), "") << "it does not lead";
  const shard_epoch earlier = node(1).epoch(shard);
  ASSERT_TRUE(eventually([&] { return node(1).part().apply_configuration().empty(); }));
  ASSERT_TRUE(eventually([&] { return node(1).leads() && node(1).epoch(shard) != earlier; }));
  ASSERT_TRUE(eventually([&] { return node(4).part().view().rules.at(1) == commit_rule{3, 3}; }));

  // Three of four, and the one that was a learner counts.
  ASSERT_EQ(node(1).claim(shard, 5, 2), 50u);
  node(3).stop();
  node(1).propose(shard, 5, 2, 51, 60, owner);
  owner->wait_for_settled(60);
  node(2).stop();
  node(1).propose(shard, 5, 2, 61, 70, owner);
  std::this_thread::sleep_for(std::chrono::milliseconds(1'500));
  EXPECT_FALSE(has_event(node(1), 61)) << "two of four are too few";
  node(3).start();
  owner->wait_for_settled(70);
  node(2).start();
  ASSERT_TRUE(eventually([&] { return node(4).part().promote().empty(); }));
  ASSERT_TRUE(node(4).wait_until_leading());
  EXPECT_EQ(node(4).claim(shard, 5, 3), 70u);
  EXPECT_TRUE(copies_are_equal(shard));
}

TEST_F(cluster_test, a_wiped_disk_comes_back_as_a_learner) {
  make(3, 0, two_of_three);
  ASSERT_NO_FATAL_FAILURE(start_and_write(3, 50));
  node(2).stop();
  node(2).wipe();
  node(2).start();
  EXPECT_TRUE(copies_are_equal(shard));
  // It has every entry and no vote: without the third node nothing commits.
  EXPECT_NE(node(2).part().promote(), "");
  node(3).stop();
  node(1).propose(shard, 5, 1, 51, 60, owner);
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_EQ(node(1).claim(shard_id{0}, 9, 1), 0u) << "the writer itself goes on";
  EXPECT_TRUE(has_event(node(1), 50));
  EXPECT_FALSE(has_event(node(1), 51));
  node(3).start();
  owner->wait_for_settled(60);

  // By order it gets its vote back, and then two of three are enough again.
  ASSERT_TRUE(copies_are_equal(shard));
  EXPECT_NE(node(3).part().readmit(node_id(2)), "") << "it does not lead";
  EXPECT_NE(node(1).part().readmit(node_id(3)), "") << "it has its vote";
  ASSERT_TRUE(eventually([&] { return node(1).part().readmit(node_id(2)).empty(); }));
  const shard_epoch earlier = node(1).epoch(shard);
  ASSERT_TRUE(eventually([&] { return node(1).leads() && node(1).epoch(shard) != earlier; }));
  node(3).stop();
  ASSERT_EQ(node(1).claim(shard, 5, 2), 60u);
  node(1).propose(shard, 5, 2, 61, 70, owner);
  owner->wait_for_settled(70);
  EXPECT_TRUE(copies_are_equal(shard));
  node(3).start();
  EXPECT_TRUE(copies_are_equal(shard));
}

TEST_F(cluster_test, p1_the_only_voter_of_a_site_is_readmitted_though_the_others_cannot_commit) {
  make(3, 0, two_of_three);
  for (std::size_t i = 1; i <= 3; ++i)
    node(i).change_plan([](cluster_plan& plan) { plan.nodes[1].site = plan.nodes[0].site; });
  ASSERT_NO_FATAL_FAILURE(start_and_write(3, 50));
  ASSERT_TRUE(copies_are_equal(shard));
  node(3).stop();
  node(3).wipe();
  node(3).start();
  ASSERT_TRUE(copies_are_equal(shard));
  ASSERT_TRUE(node(1).leads());
  const shard_epoch earlier = node(1).epoch(shard);
  ASSERT_TRUE(eventually([&] { return node(1).part().readmit(node_id(3)).empty(); }));
  ASSERT_TRUE(eventually([&] { return node(1).leads() && node(1).epoch(shard) != earlier; }));
  EXPECT_EQ(node(1).part().readmit(node_id(3)), "that node has its vote");
  ASSERT_EQ(node(1).claim(shard, 5, 2), 50u);
  node(2).stop();
  node(1).propose(shard, 5, 2, 51, 60, owner);
  owner->wait_for_settled(60);
  EXPECT_TRUE(copies_are_equal(shard));
}

TEST_F(cluster_test, p1_who_lacks_what_a_copy_has_committed_stops_serving) {
  make(1, 1, {1, 1});
  ASSERT_NO_FATAL_FAILURE(start_and_write(2, 0));
  for (std::uint64_t seq = 1; seq <= 50; ++seq) {
    node(1).propose(shard, 5, 1, seq, seq, owner);
    owner->wait_for_settled(seq);
  }
  ASSERT_TRUE(copies_are_equal(shard));
  // The founder's disk is replaced, and it comes back while nobody is there who knows better.
  node(2).stop();
  node(1).stop();
  node(1).wipe();
  node(1).start();
  ASSERT_TRUE(node(1).wait_until_leading());
  node(2).start();
  ASSERT_TRUE(eventually([&] { return !node(1).part().view().out_of_service.empty(); }));
  EXPECT_TRUE(node(1).wait_until_leading(false));
}

TEST_F(cluster_test, a_wiped_founder_does_not_found_the_cluster_anew) {
  make(3, 0, two_of_three);
  ASSERT_NO_FATAL_FAILURE(start_and_write(3, 50));
  node(1).stop();
  node(1).wipe();
  node(1).start();
  ASSERT_TRUE(eventually([&] {
    return node(1).part().view().waiting_for.find("this folder is not of it") != std::string::npos;
  })) << node(1).part().view().waiting_for;
  EXPECT_FALSE(node(1).leads());
  EXPECT_EQ(node(2).part().promote(), "");
  ASSERT_TRUE(node(2).wait_until_leading());
  EXPECT_EQ(node(2).claim(shard, 5, 2), 50u);
  EXPECT_TRUE(copies_are_equal(shard));
}

}  // namespace
}  // namespace conclave::replication
