/// What replicas ask of the disk: the synced and the unsynced batch, a state that lags behind its
/// log, a state that takes another one's place.
#include "storage/replica_disk.h"

#include "schemas/log_entry.h"
#include "tests/storage/raw_database.h"
#include "tests/storage/storage_fixture.h"

namespace conclave::storage {
namespace {

constexpr shard_id shard{1};

class replica_disk_test : public testing::Test {
 protected:
  void open() {
    disk.reset();
    data.reset();
    auto opened = store::open(test::options_for(folder.data(), 2));
    ASSERT_TRUE(opened) << opened.error().detail;
    data = std::move(*opened);
    disk = std::make_unique<replica_disk>(*data);
  }
  void SetUp() override { open(); }

  /// Appends entry `index` with one row; its name is remembered.
  void append(std::uint64_t index, shard_epoch epoch = shard_epoch{1 << 16 | 1}) {
    redo_writer redo;
    redo.put("\x33" + std::to_string(index), "value");
    std::string stored;
    append_log_entry(stored, {log_kind::operations, shard, epoch, log_index{index}, 100 + index,
                              last.hash, redo.bytes()});
    disk->append(shard, log_index{index}, stored);
    last = {log_index{index}, epoch, chain_hash(last.hash, stored), 100 + index};
    redos.push_back(redo.bytes());
  }
  /// Closes the store and puts other bytes in the place of the shard's record; returns the old
  /// ones.
  std::string exchange_record(const std::string& bytes) {
    disk.reset();
    data.reset();
    test::raw_database raw(folder.data());
    std::string before = raw.get("meta", keys::meta_replica(shard));
    raw.put("meta", keys::meta_replica(shard), bytes);
    return before;
  }
  void be_a_replica() { disk->put(shard, replica_record{}); }

  test::temporary_folder folder;
  std::unique_ptr<store> data;
  std::unique_ptr<replica_disk> disk;
  applied_record last;
  std::vector<std::string> redos;
};

TEST_F(replica_disk_test, the_state_may_stand_before_the_end_of_the_log) {
  be_a_replica();
  append(1);
  disk->apply(shard, redos[0], last);
  const applied_record first = last;
  append(2);
  append(3);
  ASSERT_TRUE(disk->apply_now());
  ASSERT_TRUE(disk->sync());
  open();
  const auto rows = replica_disk::load(*data, shard);
  ASSERT_TRUE(rows) << rows.error().detail;
  EXPECT_TRUE(rows->record.has_value());
  EXPECT_EQ(rows->applied, first);
  const auto entries = disk->read(shard, log_index{2}, 10, 1 << 20);
  ASSERT_TRUE(entries);
  EXPECT_EQ(entries->size(), 2u);
}

TEST_F(replica_disk_test, of_a_node_that_stands_alone_it_may_not) {
  append(1);
  ASSERT_TRUE(disk->sync());
  disk.reset();
  data.reset();
  const auto opened = store::open(test::options_for(folder.data(), 2));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::corrupt);
}

TEST_F(replica_disk_test, a_state_that_is_not_of_the_log_is_refused) {
  be_a_replica();
  append(1);
  append(2);
  applied_record wrong = last;
  wrong.index = log_index{1};
  disk->apply(shard, redos[0], wrong);
  ASSERT_TRUE(disk->apply_now());
  ASSERT_TRUE(disk->sync());
  disk.reset();
  data.reset();
  const auto opened = store::open(test::options_for(folder.data(), 2));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().detail.find("another hash"), std::string::npos) << opened.error().detail;
}

TEST_F(replica_disk_test, what_was_cut_may_come_again_with_other_content) {
  be_a_replica();
  append(1);
  const applied_record first = last;
  append(2);
  append(3);
  ASSERT_TRUE(disk->sync());
  disk->cut(shard, log_index{1}, log_index{3});
  last = first;
  append(2, shard_epoch{2 << 16 | 2});
  ASSERT_TRUE(disk->sync());
  open();
  const auto entries = disk->read(shard, log_index{1}, 10, 1 << 20);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ(decode_log_entry((*entries)[1])->epoch, (shard_epoch{2 << 16 | 2}));
}

TEST_F(replica_disk_test, an_adopted_state_takes_the_place_of_log_and_state) {
  be_a_replica();
  append(1);
  disk->apply(shard, redos[0], last);
  ASSERT_TRUE(disk->apply_now());
  ASSERT_TRUE(disk->sync());
  auto staged = staged_state::create(*data, shard);
  ASSERT_TRUE(staged);
  const std::vector<staged_state::row> rows{{"\x33 new", "a"}, {"\x33 newer", "b"}};
  ASSERT_TRUE((*staged)->put(rows));
  const applied_record there{log_index{70}, shard_epoch{3 << 16 | 1}, hash16{7}, 900};
  replica_record record;
  disk->adopt(shard, std::move(*staged), record, there);
  EXPECT_TRUE(data->get(shard,
                        "\x33"
                        "1")
                  .ok())
      << "until it is synced the old state is read";
  {
    const state_view before = data->view(shard);
    ASSERT_TRUE(disk->sync());
    EXPECT_TRUE(before
                    .get("\x33"
                         "1")
                    .ok())
        << "who has looked at it goes on";
    EXPECT_FALSE(before.get("\x33 new").ok());
  }
  EXPECT_FALSE(data->get(shard,
                         "\x33"
                         "1")
                   .ok());
  EXPECT_TRUE(data->get(shard, "\x33 new").ok());
  open();
  EXPECT_TRUE(data->get(shard, "\x33 newer").ok());
  const auto found = replica_disk::load(*data, shard);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->applied, there);
  EXPECT_EQ(found->first_kept, log_index{71});
  EXPECT_EQ(disk->read(shard, log_index{71}, 10, 1 << 20)->size(), 0u);
}

TEST_F(replica_disk_test, p1_a_record_that_cannot_be_read_costs_no_state) {
  be_a_replica();
  append(1);
  disk->apply(shard, redos[0], last);
  ASSERT_TRUE(disk->sync());
  auto staged = staged_state::create(*data, shard);
  ASSERT_TRUE(staged);
  const std::vector<staged_state::row> rows{{"\x33 new", "a"}};
  ASSERT_TRUE((*staged)->put(rows));
  const applied_record there{log_index{70}, shard_epoch{3 << 16 | 1}, hash16{7}, 900};
  replica_record record;
  disk->adopt(shard, std::move(*staged), record, there);
  ASSERT_TRUE(disk->sync());
  const std::string kept = exchange_record("a record of a later version");
  const auto refused = store::open(test::options_for(folder.data(), 2));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("replica record"), std::string::npos);
  exchange_record(kept);
  open();
  EXPECT_TRUE(data->get(shard, "\x33 new").ok()) << "it was not for the start to throw it away";
}

TEST_F(replica_disk_test, p1_a_record_of_a_state_that_is_not_there_costs_no_other) {
  be_a_replica();
  append(1);
  disk->apply(shard, redos[0], last);
  ASSERT_TRUE(disk->apply_now());
  ASSERT_TRUE(disk->sync());
  replica_record wrong;
  wrong.family = 7;
  const std::string kept = exchange_record(encode(wrong));
  const auto refused = store::open(test::options_for(folder.data(), 2));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("missing"), std::string::npos) << refused.error().detail;
  exchange_record(kept);
  open();
  EXPECT_EQ(replica_disk::load(*data, shard)->applied, last);
}

TEST_F(replica_disk_test, a_staged_state_that_nobody_adopts_leaves_nothing) {
  auto staged = staged_state::create(*data, shard);
  ASSERT_TRUE(staged);
  const std::vector<staged_state::row> rows{{"\x33 new", "a"}};
  ASSERT_TRUE((*staged)->put(rows));
  staged->reset();
  EXPECT_FALSE(data->get(shard, "\x33 new").ok());
  open();
  EXPECT_FALSE(data->get(shard, "\x33 new").ok());
}

TEST_F(replica_disk_test, a_node_alone_does_not_write_into_a_replica) {
  be_a_replica();
  ASSERT_TRUE(disk->sync());
  disk.reset();
  test::manual_clock clock;
  shard_clock time(clock, 0);
  shard_writer writer(*data, time, {});
  const auto started = writer.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find("cluster"), std::string::npos) << started.error().detail;
}

}  // namespace
}  // namespace conclave::storage
