/// Digests of whole shards: taken in turn, and compared at marks (promise P8).
#include "replication/digest_ledger.h"
#include "replication/digest_worker.h"
#include "schemas/check.h"
#include "storage/replica_disk.h"
#include "tests/storage/storage_fixture.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <set>

namespace conclave::replication {
namespace {

constexpr shard_id shards[] = {shard_id(0), shard_id(1), shard_id(2)};

std::unique_ptr<storage::store> store_in(const test::temporary_folder& folder) {
  auto opened = storage::store::open(test::options_for(folder.data(), 3));
  CONCLAVE_CHECK(opened.ok(), "a fresh store opens");
  return std::move(*opened);
}

std::string digest_of(storage::store& data, shard_id shard) {
  std::promise<std::string> taken;
  digest_worker worker([&](shard_id, log_index, const std::string& hex) { taken.set_value(hex); });
  worker.begin(log_index(1), data.view(shard));
  return taken.get_future().get();
}

TEST(digest_worker, p8_equal_states_have_equal_digests_and_one_row_more_another) {
  const test::temporary_folder one, two;
  const auto first = store_in(one);
  const auto second = store_in(two);
  const std::string empty = digest_of(*first, shards[1]);
  EXPECT_EQ(empty.size(), 64u);
  EXPECT_EQ(digest_of(*second, shards[1]), empty) << "other folders, the same state";
  storage::replica_disk disk(*second);
  redo_writer redo;
  redo.put(keys::event(test::some_tenant, conversation_id{1}, event_seq{1}), "a row");
  disk.apply(shards[1], redo.bytes(), *second->applied(shards[1]));
  ASSERT_TRUE(disk.apply_now());
  EXPECT_NE(digest_of(*second, shards[1]), empty);
}

TEST(digest_worker, a_shard_that_is_asked_again_and_again_holds_up_no_other) {
  const test::temporary_folder folder;
  const auto data = store_in(folder);
  std::mutex mutex;
  std::set<shard_id> seen;
  std::promise<void> all;
  std::size_t results = 0;
  std::unique_ptr<digest_worker> worker;
  worker = std::make_unique<digest_worker>([&](shard_id shard, log_index, const std::string&) {
    const std::lock_guard lock(mutex);
    if (++results > 100) return;
    seen.insert(shard);
    if (results == 100 || seen.size() == 3) all.set_value();
    if (seen.size() < 3) worker->begin(log_index(results), data->view(shards[0]));
  });
  {
    const std::lock_guard lock(mutex);
    for (const shard_id each : shards) worker->begin(log_index(1), data->view(each));
  }
  all.get_future().wait();
  const std::lock_guard lock(mutex);
  EXPECT_EQ(seen.size(), 3u);
}

TEST(digest_ledger, compares_what_was_taken_at_the_same_mark) {
  using comparison = digest_ledger::comparison;
  digest_ledger ledger;
  EXPECT_EQ(ledger.compare(shards[0], {log_index(5), "aa"}), comparison::unknown);
  ledger.note(shards[0], {log_index(5), "aa"});
  ledger.note(shards[0], {log_index(9), "bb"});
  EXPECT_EQ(ledger.newest(shards[0]), (state_digest_at{log_index(9), "bb"}));
  EXPECT_EQ(ledger.compare(shards[0], {log_index(5), "aa"}), comparison::equal);
  EXPECT_EQ(ledger.compare(shards[0], {log_index(9), "aa"}), comparison::differs);
  EXPECT_EQ(ledger.compare(shards[0], {log_index(9), ""}), comparison::unknown) << "none yet";
  EXPECT_EQ(ledger.compare(shards[1], {log_index(9), "bb"}), comparison::unknown);
  for (std::uint64_t i = 10; i < 20; ++i) ledger.note(shards[0], {log_index(i), "cc"});
  EXPECT_EQ(ledger.compare(shards[0], {log_index(5), "zz"}), comparison::unknown) << "forgotten";
}

}  // namespace
}  // namespace conclave::replication
