/// The log's sync in two steps: which syncs are only begun, that each is finished, and that nobody
/// sees what is not durable (P1).
#include "storage/two_step_sync.h"

#include "storage/reads.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/faulty_fs.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace conclave::test {
namespace {

using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using storage::two_step_sync;

struct spied {
  std::atomic<int> syncs{0};
  std::atomic<std::uint64_t> begun_from{0}, begun_bytes{0};
  std::atomic<bool> fails{false};
  std::atomic<bool> gate_closed{false};
  std::atomic<bool> held{false};
};

/// Tells what reaches the files below; a sync can be held up or fail.
class spy final : public rocksdb::FileSystemWrapper {
 public:
  spy() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "spy"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<FSWritableFile>* result,
                           IODebugContext* debug) override {
    IOStatus made = target()->NewWritableFile(name, options, result, debug);
    if (name.ends_with(".log")) *result = std::make_unique<file>(std::move(*result), seen);
    return made;
  }

  spied seen;

 private:
  class file final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    file(std::unique_ptr<FSWritableFile> below, spied& seen)
        : FSWritableFileOwnerWrapper(std::move(below)), seen_(seen) {}
    IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
      if (seen_.gate_closed) {
        seen_.held = true;
        seen_.gate_closed.wait(true);
      }
      ++seen_.syncs;
      if (seen_.fails) return IOStatus::IOError("failed on purpose");
      return target()->Sync(options, debug);
    }
    IOStatus RangeSync(std::uint64_t from, std::uint64_t bytes, const IOOptions& options,
                       IODebugContext* debug) override {
      seen_.begun_from = from;
      seen_.begun_bytes = bytes;
      return target()->RangeSync(from, bytes, options, debug);
    }

   private:
    spied& seen_;
  };
};

class two_step_sync_test : public testing::Test {
 protected:
  std::unique_ptr<FSWritableFile> make(const std::string& name) {
    std::unique_ptr<FSWritableFile> made;
    EXPECT_TRUE(files.NewWritableFile(folder.root() + "/" + name, {}, &made, nullptr).ok());
    return made;
  }
  static void append(FSWritableFile& to, const std::string& bytes) {
    ASSERT_TRUE(to.Append(bytes, {}, nullptr).ok());
  }
  static bool sync(FSWritableFile& file) { return file.Sync({}, nullptr).ok(); }

  temporary_folder folder;
  std::shared_ptr<spy> below = std::make_shared<spy>();
  two_step_sync files{below};
};

TEST_F(two_step_sync_test, a_sync_is_begun_and_finished_later) {
  const auto log = make("1.log");
  append(*log, "before");
  ASSERT_TRUE(sync(*log));
  EXPECT_EQ(below->seen.syncs, 1) << "nobody asked for two steps";
  files.begin();
  append(*log, "some ");
  append(*log, "more");
  ASSERT_TRUE(sync(*log));
  EXPECT_EQ(below->seen.syncs, 1);
  EXPECT_EQ(below->seen.begun_from, 6u);
  EXPECT_EQ(below->seen.begun_bytes, 9u);
  ASSERT_TRUE(files.finish().ok());
  EXPECT_EQ(below->seen.syncs, 2);
  ASSERT_TRUE(files.finish().ok());
  EXPECT_EQ(below->seen.syncs, 2) << "once";
}

TEST_F(two_step_sync_test, an_older_log_is_synced_at_once) {
  const auto old = make("1.log");
  const auto current = make("2.log");
  append(*old, "its last record");
  files.begin();
  append(*current, "of this write");
  ASSERT_TRUE(sync(*old));
  EXPECT_EQ(below->seen.syncs, 1);
  ASSERT_TRUE(sync(*current));
  EXPECT_EQ(below->seen.syncs, 1);
  ASSERT_TRUE(files.finish().ok());
  EXPECT_EQ(below->seen.syncs, 2);
}

TEST_F(two_step_sync_test, another_threads_sync_is_one_step) {
  const auto log = make("1.log");
  files.begin();
  append(*log, "of this write");
  std::thread([&] { EXPECT_TRUE(sync(*log)); }).join();
  EXPECT_EQ(below->seen.syncs, 1);
  ASSERT_TRUE(files.finish().ok());
  EXPECT_EQ(below->seen.syncs, 1) << "nothing was begun";
}

TEST_F(two_step_sync_test, a_sync_that_fails_is_told_by_finish) {
  const auto log = make("1.log");
  files.begin();
  append(*log, "lost");
  below->seen.fails = true;
  ASSERT_TRUE(sync(*log)) << "so far nothing has failed";
  EXPECT_TRUE(files.finish().IsIOError());

  // RocksDB believes that all is well; nothing may come after what is lost.
  below->seen.fails = false;
  EXPECT_FALSE(log->Append("behind a hole", {}, nullptr).ok());
  EXPECT_FALSE(sync(*log));
  const auto next = make("2.log");
  EXPECT_FALSE(next->Append("of the next log", {}, nullptr).ok());
}

TEST_F(two_step_sync_test, a_log_that_is_closed_or_gone_in_between_is_synced_before) {
  auto log = make("1.log");
  files.begin();
  append(*log, "of this write");
  ASSERT_TRUE(sync(*log));
  ASSERT_TRUE(log->Close({}, nullptr).ok());
  EXPECT_EQ(below->seen.syncs, 1);
  log = nullptr;
  ASSERT_TRUE(files.finish().ok());
  EXPECT_EQ(below->seen.syncs, 1);

  log = make("2.log");
  files.begin();
  append(*log, "of this write");
  ASSERT_TRUE(sync(*log));
  log = nullptr;
  EXPECT_EQ(below->seen.syncs, 2);
  ASSERT_TRUE(files.finish().ok());
}

TEST_F(two_step_sync_test, only_logs_are_looked_after) {
  const auto table = make("1.sst");
  files.begin();
  append(*table, "a table");
  ASSERT_TRUE(sync(*table));
  EXPECT_EQ(below->seen.begun_bytes, 0u);
  ASSERT_TRUE(files.finish().ok());
}

constexpr shard_id shard{1};

std::uint64_t last_in_log(const storage::store& data) {
  std::uint64_t last = 0;
  const auto read = data.read_log(shard, log_index{1}, [&](log_index index, std::string_view) {
    last = index.value;
    return true;
  });
  EXPECT_TRUE(read);
  return last;
}

/// The memtables are filled by then: only the snapshot that readers are given keeps it from them.
TEST(two_step_commit, p1_nobody_sees_a_message_before_it_is_durable) {
  temporary_folder folder;
  const auto files = std::make_shared<spy>();
  storage::store_options options = options_for(folder.data());
  options.file_system = files;
  running_storage node(options);
  node.claim(shard, conversation_entity(5), 1);
  const auto owner = std::make_shared<recording_owner>();
  node.writer().submit(node.event(shard, 5, 1, 1, owner));
  owner->wait_for_settled(1);

  const std::string key = keys::event(some_tenant, conversation_id{5}, event_seq{2});
  const auto seen_by_all = [&] {
    const bool viewed = node.data().view(shard).get(key).ok();
    EXPECT_EQ(node.data().get(shard, key).ok(), viewed);
    return viewed;
  };
  const std::uint64_t entries = node.data().applied(shard)->index.value;
  const auto digest = *node.data().digest(shard);
  spied& seen = files->seen;
  seen.gate_closed = true;
  seen.begun_bytes = 0;
  node.writer().submit(node.event(shard, 5, 1, 2, owner));
  ASSERT_TRUE(wait_until([&] { return seen.held.load(); }));
  EXPECT_GT(seen.begun_bytes, 0u) << "RocksDB is done with it, and has filled the memtables";
  EXPECT_FALSE(seen_by_all());
  EXPECT_EQ(node.data().applied(shard)->index.value, entries);
  EXPECT_EQ(*node.data().digest(shard), digest);
  EXPECT_EQ(last_in_log(node.data()), entries);
  seen.gate_closed = false;
  seen.gate_closed.notify_all();
  owner->wait_for_settled(2);
  EXPECT_TRUE(seen_by_all());
  EXPECT_EQ(node.data().applied(shard)->index.value, entries + 1);
  EXPECT_EQ(last_in_log(node.data()), entries + 1);
}

TEST(two_step_commit, readers_never_go_back_while_groups_are_committed) {
  temporary_folder folder;
  running_storage node(options_for(folder.data()));
  node.claim(shard, conversation_entity(5), 1);
  const auto owner = std::make_shared<recording_owner>();
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> settled{0};
  std::thread reader([&] {
    std::uint64_t last = 0;
    while (!stop) {
      const std::uint64_t told = settled;
      const auto head = storage::entity_version(node.data().view(shard), conversation_entity(5));
      ASSERT_TRUE(head);
      EXPECT_GE(*head, last);
      EXPECT_GE(*head, told) << "whoever was told of it finds it";
      last = *head;
    }
  });
  for (std::uint64_t seq = 1; seq <= 300; ++seq) {
    node.writer().submit(node.event(shard, 5, 1, seq, owner));
    owner->wait_for_settled(seq);
    settled = seq;
  }
  stop = true;
  reader.join();
}

/// Small memtables, so that logs are closed and tables written all the time; a log that is closed
/// without its sync loses it, and the manifest knows how long each log must be.
TEST(two_step_commit, logs_that_are_left_behind_are_whole) {
  temporary_folder folder;
  const auto files = std::make_shared<faulty_file_system>();
  storage::store_options options = options_for(folder.data());
  options.file_system = files;
  options.write_buffer_bytes = 64 << 10;
  running_storage node(options);
  node.claim(shard, conversation_entity(5), 1);
  const auto owner = std::make_shared<recording_owner>();
  std::uint64_t seq = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 200; ++i) {
      ++seq;
      node.writer().submit(node.event(shard, 5, 1 + static_cast<std::uint64_t>(round), seq, owner,
                                      std::string(2'000, 'x')));
      owner->wait_for_settled(seq);
      // Unsynced: the tail of a log that the next write leaves behind.
      ASSERT_TRUE(node.data().put_local(keys::meta_failed_logins, std::to_string(seq)));
    }
    node.restart();
    EXPECT_EQ(node.claim(shard, conversation_entity(5), 2 + static_cast<std::uint64_t>(round)),
              seq);
    const auto whole = node.data().verify_log(shard);
    EXPECT_TRUE(whole) << whole.error().detail;
  }
}

}  // namespace
}  // namespace conclave::test
