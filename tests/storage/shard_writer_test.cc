/// The shard writer's promises: what it refuses, what it tells, in which order, and how many fsyncs
/// it spends.
#include "storage/shard_writer.h"

#include "conf/limits.h"
#include "schemas/number_value.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/faulty_fs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <future>

namespace conclave::test {
namespace {

using storage::proposal;

const shard_id shard{1};

class shard_writer_test : public ::testing::Test {
 protected:
  temporary_folder folder;
  running_storage node{options_for(folder.data())};
  std::shared_ptr<recording_owner> owner = std::make_shared<recording_owner>();

  /// Stops the writer's thread in a telling, so that what follows gathers into the next group.
  std::shared_ptr<recording_owner> hold_writer() {
    auto holder = std::make_shared<recording_owner>();
    holder->close_gate();
    node.writer().claim(shard, conversation_entity(999'999), 1, holder);
    holder->wait_until_held();
    return holder;
  }
};

TEST_F(shard_writer_test, what_is_resolved_as_committed_can_be_read) {
  EXPECT_EQ(node.claim(shard, conversation_entity(5), 1), 0u);
  node.writer().submit(node.event(shard, 5, 1, 1, owner));
  const auto told = owner->wait_for(1);
  EXPECT_TRUE(told[0].what.committed);
  EXPECT_EQ(told[0].what.version, 1u);
  EXPECT_EQ(told[0].what.proposals, 1u);
  EXPECT_TRUE(
      node.data().get(shard, keys::event(some_tenant, conversation_id{5}, event_seq{1})).ok());
}

// -- when an owner may act on the writer's thread

TEST_F(shard_writer_test, a_brief_owner_acts_where_it_is_told_when_nothing_else_waits) {
  node.claim(shard, conversation_entity(5), 1);
  proposal p = node.event(shard, 5, 1, 1, owner);
  p.brief = true;
  node.writer().submit(std::move(p));
  EXPECT_TRUE(owner->wait_for(1)[0].what.here);
  node.writer().submit(node.event(shard, 5, 1, 2, owner));
  EXPECT_FALSE(owner->wait_for(2)[1].what.here) << "it has much to do";
  p = node.event(shard, 5, 1, 9, owner);
  p.brief = true;
  node.writer().submit(std::move(p));
  const auto refused = owner->wait_for(3)[2].what;
  EXPECT_FALSE(refused.committed);
  EXPECT_FALSE(refused.here);
}

TEST_F(shard_writer_test, nobody_acts_on_the_writers_thread_while_others_wait_for_it) {
  const auto brief = [this](shard_id in, std::uint64_t entity, std::uint64_t seq) {
    proposal p = node.event(in, entity, 1, seq, owner);
    p.brief = true;
    return p;
  };
  const shard_id other{0};
  node.claim(shard, conversation_entity(5), 1);
  node.claim(shard, conversation_entity(6), 1);
  node.claim(other, conversation_entity(7), 1);
  std::size_t told = 0;
  const auto hold_and_submit = [&](std::vector<proposal> group, bool more_comes = false) {
    const auto holder = hold_writer();
    const std::size_t count = group.size();
    for (proposal& p : group) node.writer().submit(std::move(p));
    if (more_comes) node.writer().post([this] { node.writer().post([] {}); });
    holder->open_gate();
    told += count;
    for (const auto& t : owner->wait_for_settled(told)) {
      EXPECT_TRUE(t.what.committed);
      EXPECT_FALSE(t.what.here);
    }
  };
  hold_and_submit({brief(shard, 5, 1), brief(shard, 5, 2)});
  hold_and_submit({brief(shard, 5, 3), brief(shard, 6, 1)});
  hold_and_submit({brief(shard, 6, 2), brief(other, 7, 1)});
  hold_and_submit({brief(shard, 6, 3)}, true);
}

TEST_F(shard_writer_test, nobody_acts_on_the_writers_thread_before_what_was_taken_with_him) {
  node.claim(shard, conversation_entity(5), 1);
  node.claim(shard, conversation_entity(6), 1);
  proposal brief = node.event(shard, 5, 1, 1, owner);
  brief.brief = true;
  auto holder = hold_writer();
  node.writer().submit(brief);
  proposal large = node.event(shard, 6, 1, 1, owner);
  for (std::uint64_t i = 0; i < 40; ++i)
    large.redo.put("row " + std::to_string(i), std::string(60'000, 'x'));
  node.writer().submit(std::move(large));
  holder->open_gate();
  for (const auto& t : owner->wait_for_settled(2)) {
    EXPECT_TRUE(t.what.committed);
    EXPECT_FALSE(t.what.here) << "the large one is next";
  }

  brief = node.event(shard, 5, 1, 2, owner);
  brief.brief = true;
  holder = hold_writer();
  node.writer().submit(brief);
  node.writer().claim(shard_id{0}, conversation_entity(7), 1, owner);
  holder->open_gate();
  const auto told = owner->wait_for(4);
  ASSERT_EQ(told.size(), 4u);
  EXPECT_TRUE(told[2].is_claim) << "it would wait for the owner that acts here";
  EXPECT_TRUE(told[3].what.here);
}

/// Settles as many tickets as it is let to, as a cluster's does when its copies have answered.
class late_committer final : public storage::committer {
 public:
  std::atomic<std::size_t> may_settle{0};

  outcome<std::vector<storage::shard_lead>> open(time_ms) override {
    return std::vector<storage::shard_lead>{{shard_id{0}, shard_epoch{1}}, {shard, shard_epoch{1}}};
  }
  std::size_t shard_count() const override { return 2; }
  shard_epoch leading(shard_id) const override { return shard_epoch{1}; }
  void add(shard_id in, std::uint64_t ticket, time_ms, std::string_view) override {
    waiting_.push_back({in, ticket, true});
  }
  std::size_t gathered_bytes() const override { return 0; }
  status flush(std::vector<settled>& out) override {
    for (; may_settle > 0 && !waiting_.empty(); --may_settle) {
      out.push_back(waiting_.front());
      waiting_.pop_front();
    }
    return done{};
  }
  status close() override { return done{}; }
  storage::commit_counts counts() const override { return {}; }

 private:
  std::deque<settled> waiting_;
};

TEST_F(shard_writer_test, nobody_acts_on_the_writers_thread_while_later_groups_wait) {
  auto commits = std::make_unique<late_committer>();
  late_committer& copies = *commits;
  storage::shard_writer writer(
      node.data(), node.time(),
      {[](const std::string& why) { ADD_FAILURE() << why; }, std::move(commits)});
  ASSERT_TRUE(writer.start().ok());
  writer.claim(shard, conversation_entity(5), 1, owner);
  owner->wait_for(1);
  const auto submit = [&](std::uint64_t seq) {
    proposal p = node.event(shard, 5, 1, seq, owner);
    p.epoch = shard_epoch{1};
    p.brief = true;
    writer.submit(std::move(p));
    std::promise<void> handed_on;
    writer.post([&] { handed_on.set_value(); });
    handed_on.get_future().wait();
  };
  const auto settle = [&](std::size_t tickets) {
    copies.may_settle = tickets;
    writer.post([] {});
  };
  submit(1);
  submit(2);
  settle(1);
  EXPECT_FALSE(owner->wait_for(2)[1].what.here) << "the second is under way";
  settle(1);
  EXPECT_TRUE(owner->wait_for(3)[2].what.here) << "nothing is";
  submit(3);
  submit(4);
  settle(2);
  const auto told = owner->wait_for(5);
  EXPECT_FALSE(told[3].what.here);
  EXPECT_FALSE(told[4].what.here) << "each would wait for the other";
  writer.stop();
}

TEST_F(shard_writer_test, an_entity_that_nobody_claimed_is_refused) {
  node.writer().submit(node.event(shard, 5, 1, 1, owner));
  EXPECT_FALSE(owner->wait_for(1)[0].what.committed);
}

TEST_F(shard_writer_test, a_wrong_epoch_is_refused_and_the_refusal_stays) {
  node.claim(shard, conversation_entity(5), 1);
  proposal p = node.event(shard, 5, 1, 1, owner);
  p.epoch.value += 1;
  node.writer().submit(std::move(p));
  EXPECT_FALSE(owner->wait_for(1)[0].what.committed);
  node.writer().submit(node.event(shard, 5, 1, 1, owner));
  EXPECT_FALSE(owner->wait_for(2)[1].what.committed);
}

TEST_F(shard_writer_test, a_wrong_version_is_refused_until_the_entity_is_claimed_anew) {
  node.claim(shard, conversation_entity(5), 1);
  node.writer().submit(node.event(shard, 5, 1, 2, owner));
  EXPECT_FALSE(owner->wait_for(1)[0].what.committed);
  EXPECT_EQ(node.claim(shard, conversation_entity(5), 2), 0u);
  node.writer().submit(node.event(shard, 5, 2, 1, owner));
  EXPECT_TRUE(owner->wait_for(2)[1].what.committed);
}

TEST_F(shard_writer_test, an_older_incarnation_is_refused_without_harm_to_the_present_one) {
  node.claim(shard, conversation_entity(5), 1);
  node.claim(shard, conversation_entity(5), 2);
  node.writer().submit(node.event(shard, 5, 1, 1, owner));
  EXPECT_FALSE(owner->wait_for(1)[0].what.committed);
  node.writer().submit(node.event(shard, 5, 2, 1, owner));
  EXPECT_TRUE(owner->wait_for(2)[1].what.committed);
}

TEST_F(shard_writer_test, another_shard_than_the_claimed_one_is_refused) {
  node.claim(shard, conversation_entity(5), 1);
  node.writer().submit(node.event(shard_id{0}, 5, 1, 1, owner));
  EXPECT_FALSE(owner->wait_for(1)[0].what.committed);
}

TEST_F(shard_writer_test, housekeeping_keeps_the_version) {
  node.claim(shard, conversation_entity(5), 1);
  proposal p = node.event(shard, 5, 1, 1, owner);
  p.new_version = 0;
  p.redo = {};
  p.redo.erase("some key that is not there");
  node.writer().submit(std::move(p));
  node.writer().submit(node.event(shard, 5, 1, 1, owner));
  const auto told = owner->wait_for_settled(2);
  for (const auto& t : told) EXPECT_TRUE(t.what.committed);
}

TEST_F(shard_writer_test, a_released_entity_must_be_claimed_again) {
  node.claim(shard, conversation_entity(5), 1);
  node.writer().release(conversation_entity(5), 1);
  node.writer().submit(node.event(shard, 5, 1, 1, owner));
  EXPECT_FALSE(owner->wait_for(1)[0].what.committed);
}

TEST_F(shard_writer_test, a_release_by_an_older_incarnation_changes_nothing) {
  node.claim(shard, conversation_entity(5), 2);
  node.writer().release(conversation_entity(5), 1);
  node.writer().submit(node.event(shard, 5, 2, 1, owner));
  EXPECT_TRUE(owner->wait_for(1)[0].what.committed);
}

TEST_F(shard_writer_test, a_claim_waits_for_the_proposals_before_it) {
  node.claim(shard, conversation_entity(5), 1);
  const auto holder = hold_writer();
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    node.writer().submit(node.event(shard, 5, 1, seq, owner));
  }
  node.writer().claim(shard, conversation_entity(5), 2, owner);
  node.writer().submit(node.event(shard, 5, 1, 4, owner));
  holder->open_gate();
  owner->wait_for(3);
  node.writer().submit(node.event(shard, 5, 2, 4, owner));
  const auto told = owner->wait_for(4);
  EXPECT_TRUE(told[0].what.committed);
  EXPECT_EQ(told[0].what.proposals, 3u);
  EXPECT_EQ(told[0].what.version, 3u);
  EXPECT_TRUE(told[1].is_claim);
  EXPECT_EQ(told[1].what.version, 3u) << "the version that the earlier incarnation committed";
  EXPECT_FALSE(told[2].what.committed) << "the earlier incarnation is fenced off";
  EXPECT_EQ(told[2].what.incarnation, 1u);
  EXPECT_TRUE(told[3].what.committed);
  EXPECT_EQ(told[3].what.incarnation, 2u);
}

TEST_F(shard_writer_test, the_claimed_version_of_other_entities_is_their_version_row) {
  const entity_ref user{entity_kind::user, some_tenant, 44};
  EXPECT_EQ(node.claim(shard, user, 1), 0u);
  proposal p;
  p.shard = shard;
  p.epoch = node.epoch(shard);
  p.entity = user;
  p.incarnation = 1;
  p.new_version = 12;
  p.redo.put(keys::entity_version(user), encode_number(12));
  p.owner = owner;
  node.writer().submit(std::move(p));
  EXPECT_TRUE(owner->wait_for(1)[0].what.committed);
  EXPECT_EQ(node.claim(shard, user, 2), 12u);
}

TEST_F(shard_writer_test, a_refusal_is_told_after_the_commits_before_it) {
  node.claim(shard, conversation_entity(5), 1);
  const auto holder = hold_writer();
  node.writer().submit(node.event(shard, 5, 1, 1, owner));
  node.writer().submit(node.event(shard, 5, 1, 2, owner));
  node.writer().submit(node.event(shard, 5, 1, 7, owner));
  node.writer().submit(node.event(shard, 5, 1, 3, owner));
  holder->open_gate();
  const auto told = owner->wait_for(2);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_TRUE(told[0].what.committed);
  EXPECT_EQ(told[0].what.version, 2u);
  EXPECT_EQ(told[0].what.proposals, 2u);
  EXPECT_FALSE(told[1].what.committed);
  EXPECT_EQ(told[1].what.proposals, 2u);
}

TEST_F(shard_writer_test, resolutions_come_in_the_order_of_submission) {
  for (std::uint64_t id = 1; id <= 50; ++id) node.claim(shard, conversation_entity(id), 1);
  const auto holder = hold_writer();
  for (std::uint64_t id = 50; id >= 1; --id)
    node.writer().submit(node.event(shard, id, 1, 1, owner));
  holder->open_gate();
  const auto told = owner->wait_for(50);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(told[i].what.entity.id, 50 - i);
}

TEST_F(shard_writer_test, a_group_ends_at_its_bytes) {
  node.claim(shard, conversation_entity(5), 1);
  const auto holder = hold_writer();
  const std::string body(limits::max_commit_bytes * 2 / 7, 'b');
  for (std::uint64_t seq = 1; seq <= 6; ++seq) {
    proposal p = node.event(shard, 5, 1, seq, owner);
    p.redo.put("some large row", body);
    node.writer().submit(std::move(p));
  }
  const std::uint64_t before = node.writer().counters().commits;
  holder->open_gate();
  owner->wait_for_settled(6);
  EXPECT_EQ(node.writer().counters().commits - before, 2u);
}

TEST_F(shard_writer_test, stop_commits_what_is_queued) {
  node.claim(shard, conversation_entity(5), 1);
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    node.writer().submit(node.event(shard, 5, 1, seq, owner));
  }
  node.writer().stop();
  EXPECT_EQ(owner->wait_for_settled(100).back().what.version, 100u);
}

TEST(shard_writer_syncs, many_proposals_of_all_shards_share_one_fsync) {
  temporary_folder folder;
  auto files = std::make_shared<faulty_file_system>();
  storage::store_options options = options_for(folder.data(), 4);
  options.file_system = files;
  running_storage node(options);
  const auto owner = std::make_shared<recording_owner>();
  for (std::uint64_t id = 1; id <= 200; ++id) {
    node.claim(shard_id{static_cast<std::uint16_t>(id % 4)}, conversation_entity(id), 1);
  }
  const auto holder = std::make_shared<recording_owner>();
  holder->close_gate();
  node.writer().claim(shard, conversation_entity(1000), 1, holder);
  holder->wait_until_held();
  const std::uint64_t syncs = files->switches().wal_syncs;
  const storage::writer_counters before = node.writer().counters();
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    for (std::uint64_t id = 1; id <= 200; ++id) {
      node.writer().submit(
          node.event(shard_id{static_cast<std::uint16_t>(id % 4)}, id, 1, seq, owner));
    }
  }
  holder->open_gate();
  const auto told = owner->wait_for_settled(600);
  EXPECT_EQ(told.size(), 200u) << "one telling per entity and commit";
  EXPECT_EQ(files->switches().wal_syncs - syncs, 1u);
  const storage::writer_counters after = node.writer().counters();
  EXPECT_EQ(after.commits - before.commits, 1u);
  EXPECT_EQ(after.entries - before.entries, 4u);
  EXPECT_EQ(after.proposals - before.proposals, 600u);
}

/// Runs in a child process: commits until the fault strikes.
void commit_until_the_fault(const std::string& path, const std::string& fault) {
  auto files = std::make_shared<faulty_file_system>();
  storage::store_options options = options_for(path);
  options.file_system = files;
  running_storage node(options);
  const auto owner = std::make_shared<recording_owner>();
  node.claim(shard, conversation_entity(5), 1);
  if (!set_faults(fault, files->switches())) std::_Exit(3);
  files->switches().wal_syncs = 0;
  files->switches().wal_appends = 0;
  files->switches().bytes = 0;
  for (std::uint64_t seq = 1; seq <= 1000; ++seq) {
    node.writer().submit(node.event(shard, 5, 1, seq, owner));
    owner->wait_for_settled(seq);
  }
  std::_Exit(0);
}

class shard_writer_fault : public ::testing::TestWithParam<const char*> {};

TEST_P(shard_writer_fault, ends_the_process_with_one_sentence) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  temporary_folder folder;
  EXPECT_EXIT(commit_until_the_fault(folder.data(), GetParam()), ::testing::ExitedWithCode(70),
              "cannot write to the data folder .*; the node stops");
}

INSTANTIATE_TEST_SUITE_P(faults, shard_writer_fault,
                         ::testing::Values("fail_sync_after=20", "fail_write_after=20",
                                           "enospc_after_bytes=20000"));

}  // namespace
}  // namespace conclave::test
