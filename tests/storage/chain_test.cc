/// The hash chain: whole after any number of restarts; any damage is found at open, with its place.
#include "storage/chain.h"

#include "conf/limits.h"
#include "crypto/digest.h"
#include "schemas/log_entry.h"
#include "tests/storage/raw_database.h"
#include "tests/storage/storage_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace conclave::test {
namespace {

using ::testing::HasSubstr;

const shard_id shard{1};
const std::string state_family = "shard_001";

/// A folder whose shard 1 has entry 1 (NOOP) and entries 2…11 (one event each), verified up to
/// none: the chain marks of the orderly stop are taken back, as if the node had been killed.
class chain_test : public ::testing::Test {
 protected:
  temporary_folder folder;

  void SetUp() override {
    {
      running_storage node(options_for(folder.data()));
      const auto owner = std::make_shared<recording_owner>();
      node.claim(shard, conversation_entity(5), 1);
      for (std::uint64_t seq = 1; seq <= 10; ++seq) {
        node.writer().submit(node.event(shard, 5, 1, seq, owner));
        owner->wait_for_settled(seq);
      }
    }
    raw_database raw(folder.data());
    stopped_mark_ = raw.get("meta", keys::meta_chain_mark(shard));
    raw.erase("meta", keys::meta_chain_mark(shard));
  }

  failure refusal() {
    const auto opened = storage::store::open(options_for(folder.data()));
    EXPECT_FALSE(opened) << "damage was not found";
    if (opened) return {};
    EXPECT_EQ(opened.error().code, errc::corrupt);
    EXPECT_THAT(opened.error().detail, HasSubstr("will not be served"));
    return opened.error();
  }

  std::string stopped_mark_;
};

TEST_F(chain_test, an_undamaged_log_is_accepted) {
  const auto opened = storage::store::open(options_for(folder.data()));
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_TRUE((*opened)->verify_log(shard));
  EXPECT_EQ((*opened)->applied(shard)->index, log_index{11});
}

TEST_F(chain_test, each_entry_is_hashed_over_its_predecessor_and_its_bytes) {
  const auto opened = storage::store::open(options_for(folder.data()));
  ASSERT_TRUE(opened);
  hash16 expected{};
  ASSERT_TRUE((*opened)->read_log(shard, log_index{1}, [&](log_index, std::string_view stored) {
    EXPECT_EQ(decode_log_entry(stored)->prev_hash, expected);
    std::string both(reinterpret_cast<const char*>(expected.data()), expected.size());
    both.append(stored);
    const auto full = crypto::sha256(both);
    std::copy_n(full.begin(), expected.size(), expected.begin());
    return true;
  }));
  EXPECT_EQ((*opened)->applied(shard)->hash, expected);
}

TEST_F(chain_test, a_flipped_bit_anywhere_in_an_entry_is_found_with_its_place) {
  const std::string key = keys::log_entry(shard, log_index{7});
  std::string entry;
  {
    raw_database raw(folder.data());
    entry = raw.get("log", key);
  }
  for (std::size_t at = 0; at < entry.size(); at += 13) {
    std::string damaged = entry;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    {
      raw_database raw(folder.data());
      raw.put("log", key, damaged);
    }
    EXPECT_THAT(refusal().detail, HasSubstr("shard 1, entry 7"));
  }
}

TEST_F(chain_test, a_forged_entry_with_a_right_checksum_breaks_the_chain) {
  {
    raw_database raw(folder.data());
    const std::string key = keys::log_entry(shard, log_index{7});
    const std::string entry = raw.get("log", key);
    log_entry_view forged = *decode_log_entry(entry);
    forged.time += 1;
    std::string stored;
    append_log_entry(stored, forged);
    raw.put("log", key, stored);
  }
  EXPECT_THAT(refusal().detail, HasSubstr("shard 1, entry 8: the log entry does not continue"));
}

TEST_F(chain_test, a_missing_entry_is_found) {
  {
    raw_database raw(folder.data());
    raw.erase("log", keys::log_entry(shard, log_index{4}));
  }
  EXPECT_THAT(refusal().detail, HasSubstr("shard 1, entry 4: the log entry is missing"));
}

TEST_F(chain_test, a_missing_beginning_is_found) {
  {
    raw_database raw(folder.data());
    raw.erase("log", keys::log_entry(shard, log_index{1}));
  }
  EXPECT_THAT(refusal().detail, HasSubstr("shard 1, entry 1: the log entry is missing"));
}

TEST_F(chain_test, a_lost_end_is_found) {
  {
    raw_database raw(folder.data());
    raw.erase("log", keys::log_entry(shard, log_index{11}));
  }
  EXPECT_THAT(refusal().detail, HasSubstr("shard 1, entry 10: the log ends here"));
}

TEST_F(chain_test, a_state_that_stands_elsewhere_is_found) {
  {
    raw_database raw(folder.data());
    auto applied = *decode_record<applied_record>(raw.get(state_family, keys::applied()));
    applied.index = log_index{9};
    raw.put(state_family, keys::applied(), encode(applied));
  }
  EXPECT_THAT(refusal().detail, HasSubstr("shard 1, entry 11"));
}

TEST_F(chain_test, a_state_with_another_hash_is_found) {
  {
    raw_database raw(folder.data());
    auto applied = *decode_record<applied_record>(raw.get(state_family, keys::applied()));
    applied.hash[0] ^= 1;
    raw.put(state_family, keys::applied(), encode(applied));
  }
  EXPECT_THAT(refusal().detail, HasSubstr("the state carries another hash"));
}

TEST_F(chain_test, a_state_that_was_never_applied_is_found) {
  {
    raw_database raw(folder.data());
    raw.erase(state_family, keys::applied());
  }
  EXPECT_THAT(refusal().detail, HasSubstr("shard 1, entry 11"));
}

TEST_F(chain_test, an_entry_of_another_shard_is_found) {
  {
    raw_database raw(folder.data());
    raw.put("log", keys::log_entry(shard, log_index{1}),
            raw.get("log", keys::log_entry(shard_id{0}, log_index{1})));
  }
  EXPECT_THAT(refusal().detail, HasSubstr("shard 1, entry 1"));
}

TEST_F(chain_test, the_marked_entry_itself_is_verified) {
  {
    raw_database raw(folder.data());
    raw.put("meta", keys::meta_chain_mark(shard), stopped_mark_);
    const std::string key = keys::log_entry(shard, log_index{11});
    std::string entry = raw.get("log", key);
    entry.back() = static_cast<char>(entry.back() ^ 1);
    raw.put("log", key, entry);
  }
  EXPECT_THAT(refusal().detail, HasSubstr("shard 1, entry 11"));
  {
    raw_database raw(folder.data());
    raw.erase("log", keys::log_entry(shard, log_index{11}));
  }
  EXPECT_THAT(refusal().detail, HasSubstr("shard 1, entry 11"));
}

TEST_F(chain_test, an_orderly_stop_marks_the_end) {
  const auto mark = decode_record<chain_mark_record>(stopped_mark_);
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->index, log_index{11});
  EXPECT_EQ(mark->first_kept, log_index{1});
}

/// Proposes the next event as soon as the last one is settled: one commit each.
class relay final : public storage::proposal_owner {
 public:
  relay(running_storage& node, std::uint64_t count) : node_(node), count_(count) {}

  void on_claimed(const entity_ref&, std::uint64_t, std::uint64_t version) override {
    propose(version + 1);
  }
  void on_resolved(const storage::resolution& news) override {
    if (news.version < count_) {
      propose(news.version + 1);
      return;
    }
    const std::lock_guard lock(mutex_);
    finished_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return finished_; });
  }
  std::shared_ptr<relay> self;

 private:
  void propose(std::uint64_t seq) {
    storage::proposal p = node_.event(shard, 5, 1, seq, nullptr, "x");
    p.owner = self;
    node_.writer().submit(std::move(p));
  }

  running_storage& node_;
  const std::uint64_t count_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool finished_ = false;
};

TEST(chain_marks, long_logs_are_marked_and_trimmed_in_coarse_steps) {
  temporary_folder folder;
  constexpr std::uint64_t commits = limits::log_keep_entries + 2 * limits::log_trim_entries + 100;
  running_storage node(options_for(folder.data()), false);
  {
    const auto runner = std::make_shared<relay>(node, commits);
    runner->self = runner;
    node.writer().claim(shard, conversation_entity(5), 1, runner);
    runner->wait();
    runner->self.reset();
  }
  node.stop();
  {
    raw_database raw(folder.data());
    const auto mark =
        decode_record<chain_mark_record>(raw.get("meta", keys::meta_chain_mark(shard)));
    ASSERT_TRUE(mark);
    EXPECT_EQ(mark->index, log_index{commits + 1});
    EXPECT_EQ(mark->first_kept, log_index{2 * limits::log_trim_entries + 1});
  }
  node.start();
  std::uint64_t kept = 0;
  const auto from = log_index{2 * limits::log_trim_entries + 1};
  ASSERT_TRUE(node.data().read_log(shard, from, [&](log_index, std::string_view) {
    ++kept;
    return true;
  }));
  EXPECT_GE(kept, limits::log_keep_entries);
  const auto older = node.data().read_log(shard, log_index{from.value - 1},
                                          [](log_index, std::string_view) { return true; });
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, errc::not_found);
  EXPECT_TRUE(node.data().verify_log(shard));
}

TEST(epochs, a_restart_goes_on_with_the_next_epoch_and_index) {
  temporary_folder folder;
  running_storage node(options_for(folder.data()));
  for (std::uint64_t round = 1; round <= 4; ++round) {
    EXPECT_EQ(node.epoch(shard), shard_epoch{round});
    const auto owner = std::make_shared<recording_owner>();
    const std::uint64_t version = node.claim(shard, conversation_entity(5), round);
    EXPECT_EQ(version, round - 1);
    node.writer().submit(node.event(shard, 5, round, version + 1, owner));
    EXPECT_TRUE(owner->wait_for(1)[0].what.committed);
    node.stop();
    node.start();
    EXPECT_EQ(node.data().applied(shard)->index, log_index{2 * round + 1});
  }
  shard_epoch last{};
  ASSERT_TRUE(node.data().read_log(shard, log_index{1}, [&](log_index index, std::string_view s) {
    const auto entry = decode_log_entry(s);
    EXPECT_EQ(entry->kind, index.value % 2 == 1 ? log_kind::noop : log_kind::operations);
    EXPECT_EQ(entry->epoch.value, (index.value + 1) / 2);
    last = entry->epoch;
    return true;
  }));
  EXPECT_EQ(last, shard_epoch{5});
}

TEST(epochs, a_proposal_of_an_earlier_epoch_is_refused_after_a_restart) {
  temporary_folder folder;
  running_storage node(options_for(folder.data()));
  const auto owner = std::make_shared<recording_owner>();
  storage::proposal old = node.event(shard, 5, 1, 1, owner);
  node.restart();
  node.claim(shard, conversation_entity(5), 1);
  node.writer().submit(std::move(old));
  EXPECT_FALSE(owner->wait_for(1)[0].what.committed);
}

TEST(epochs, time_never_runs_backwards_across_restarts) {
  temporary_folder folder;
  running_storage node(options_for(folder.data()));
  time_ms last = 0;
  for (std::uint64_t round = 1; round <= 6; ++round) {
    const auto owner = std::make_shared<recording_owner>();
    const std::uint64_t version = node.claim(shard, conversation_entity(5), round);
    const storage::proposal p = node.event(shard, 5, round, version + 1, owner);
    EXPECT_GE(p.time, last);
    last = p.time;
    node.writer().submit(p);
    owner->wait_for(1);
    // While the node is down the wall is set back by a day.
    node.stop();
    node.wall().set(node.wall().wall() - 86'400'000, 1'000);
    node.start();
  }
  time_ms before = 0;
  ASSERT_TRUE(node.data().read_log(shard, log_index{1}, [&](log_index, std::string_view stored) {
    EXPECT_GE(decode_log_entry(stored)->time, before);
    before = decode_log_entry(stored)->time;
    return true;
  }));
}

}  // namespace
}  // namespace conclave::test
