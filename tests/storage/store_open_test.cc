/// Opening: what is created, what is refused, and the sentence that says why.
#include "storage/reads.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/faulty_fs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace conclave::test {
namespace {

using ::testing::HasSubstr;

failure refusal(const storage::store_options& options) {
  const auto opened = storage::store::open(options);
  EXPECT_FALSE(opened) << "the store opened";
  return opened ? failure{} : opened.error();
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// The newest WAL file of a folder.
std::string newest_wal(const std::string& path) {
  std::string newest;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    const std::string name = entry.path().string();
    if (name.ends_with(".log") && name > newest) newest = name;
  }
  return newest;
}

storage::store_options alone(const std::string& path) {
  storage::store_options options = options_for(path);
  options.syncs_each_write = true;
  return options;
}

/// Runs a node in a child that is killed, so that its WAL is not flushed at an orderly end.
void leave_a_crashed_node(const storage::store_options& options, std::uint64_t events) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    running_storage node(options);
    const auto owner = std::make_shared<recording_owner>();
    node.claim(shard_id{1}, conversation_entity(5), 1);
    for (std::uint64_t seq = 1; seq <= events; ++seq) {
      node.writer().submit(node.event(shard_id{1}, 5, 1, seq, owner, std::string(300, 'w')));
      owner->wait_for_settled(seq);
    }
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
}

TEST(store_open, creates_a_private_folder_and_names_it) {
  temporary_folder folder;
  const auto opened = storage::store::open(options_for(folder.root() + "/deep/down/data", 3));
  ASSERT_TRUE(opened) << opened.error().detail;
  struct stat facts {};
  ASSERT_EQ(::stat((folder.root() + "/deep/down/data").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777u, 0700u);
  EXPECT_EQ((*opened)->shard_count(), 3);
  EXPECT_EQ((*opened)->node().boot_count, 1u);
  EXPECT_EQ((*opened)->node().cluster.size(), 32u);
  EXPECT_EQ((*opened)->node().secret.size(), 32u);
  EXPECT_NE((*opened)->node().incarnation, 0u);
}

TEST(store_open, keeps_who_it_is_and_counts_its_starts) {
  temporary_folder folder;
  node_record first;
  for (std::uint64_t boot = 1; boot <= 3; ++boot) {
    const auto opened = storage::store::open(options_for(folder.data()));
    ASSERT_TRUE(opened) << opened.error().detail;
    ASSERT_TRUE((*opened)->count_start());
    node_record node = (*opened)->node();
    EXPECT_EQ(node.boot_count, boot);
    node.boot_count = 0;
    if (boot == 1) first = node;
    EXPECT_EQ(node, first);
  }
}

/// Else failed starts would count a folder that went back in time up to what its peers know (P1).
TEST(store_open, p1_a_start_that_no_peer_has_seen_does_not_count) {
  temporary_folder folder;
  for (int times = 0; times < 3; ++times) {
    const auto opened = storage::store::open(options_for(folder.data()));
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_EQ((*opened)->node().boot_count, 1u);
  }
}

TEST(store_open, two_folders_are_never_the_same_node) {
  temporary_folder folder;
  const auto a = storage::store::open(options_for(folder.root() + "/a"));
  const auto b = storage::store::open(options_for(folder.root() + "/b"));
  ASSERT_TRUE(a && b);
  EXPECT_NE((*a)->node().cluster, (*b)->node().cluster);
  EXPECT_NE((*a)->node().incarnation, (*b)->node().incarnation);
  EXPECT_NE((*a)->node().secret, (*b)->node().secret);
}

TEST(store_open, uses_an_empty_folder_and_a_file_systems_root) {
  temporary_folder folder;
  std::filesystem::create_directories(folder.data() + "/lost+found");
  EXPECT_TRUE(storage::store::open(options_for(folder.data())));
}

TEST(store_open, goes_on_with_a_creation_that_was_cut_short) {
  temporary_folder folder;
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, folder.data(), &db).ok());
    rocksdb::ColumnFamilyHandle* family = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, "log", &family).ok());
    ASSERT_TRUE(db->DestroyColumnFamilyHandle(family).ok());
    ASSERT_TRUE(db->CreateColumnFamily({}, "shard_000", &family).ok());
    ASSERT_TRUE(db->DestroyColumnFamilyHandle(family).ok());
    delete db;
  }
  const auto opened = storage::store::open(options_for(folder.data(), 4));
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ((*opened)->shard_count(), 4);
}

TEST(store_open, another_number_of_shards_is_refused_and_changes_nothing) {
  temporary_folder folder;
  ASSERT_TRUE(storage::store::open(options_for(folder.data(), 4)));
  for (const std::uint16_t wrong : {std::uint16_t{3}, std::uint16_t{5}}) {
    const failure why = refusal(options_for(folder.data(), wrong));
    EXPECT_EQ(why.code, errc::invalid_argument);
    EXPECT_THAT(why.detail, HasSubstr("was created with 4 shards"));
    EXPECT_THAT(why.detail, HasSubstr("says " + std::to_string(wrong)));
  }
  EXPECT_TRUE(storage::store::open(options_for(folder.data(), 4)));
}

TEST(store_open, another_cluster_is_refused) {
  temporary_folder folder;
  storage::store_options options = options_for(folder.data());
  options.cluster = "blue";
  ASSERT_TRUE(storage::store::open(options));
  options.cluster = "green";
  const failure why = refusal(options);
  EXPECT_EQ(why.code, errc::invalid_argument);
  EXPECT_THAT(why.detail, HasSubstr("belongs to cluster blue, not to green"));
  options.cluster.clear();
  EXPECT_TRUE(storage::store::open(options));
}

TEST(store_open, a_folder_with_other_things_in_it_is_left_alone) {
  temporary_folder folder;
  std::filesystem::create_directories(folder.data());
  write_file(folder.data() + "/thesis.txt", "years of work");
  const failure why = refusal(options_for(folder.data()));
  EXPECT_EQ(why.code, errc::invalid_argument);
  EXPECT_THAT(why.detail, HasSubstr("is not a data folder: it holds thesis.txt"));
  EXPECT_FALSE(std::filesystem::exists(folder.data() + "/LOCK"));
}

TEST(store_open, a_file_is_not_a_folder) {
  temporary_folder folder;
  write_file(folder.data(), "");
  EXPECT_THAT(refusal(options_for(folder.data())).detail, HasSubstr("is not a folder"));
}

TEST(store_open, somebody_elses_database_is_refused) {
  temporary_folder folder;
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, folder.data(), &db).ok());
    ASSERT_TRUE(db->Put({}, "key", "value").ok());
    delete db;
  }
  EXPECT_THAT(refusal(options_for(folder.data())).detail, HasSubstr("is not a data folder"));
}

TEST(store_open, a_missing_beginning_is_damage) {
  temporary_folder folder;
  ASSERT_TRUE(storage::store::open(options_for(folder.data())));
  std::filesystem::remove(folder.data() + "/CURRENT");
  const failure why = refusal(options_for(folder.data()));
  EXPECT_EQ(why.code, errc::corrupt);
  EXPECT_THAT(why.detail, HasSubstr("CURRENT is missing"));
}

TEST(store_open, a_folder_in_use_by_another_process_is_refused) {
  temporary_folder folder;
  int ready[2];
  int leave[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(leave), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto opened = storage::store::open(options_for(folder.data()));
    char byte = opened ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    ::close(leave[1]);
    ::_exit(::read(leave[0], &byte, 1) == 0 ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  EXPECT_THAT(refusal(options_for(folder.data())).detail, HasSubstr("in use by another process"));
  ::close(leave[1]);
  ::waitpid(child, nullptr, 0);
  for (const int end : {ready[0], ready[1], leave[0]}) ::close(end);
}

TEST(store_open, a_folder_of_somebody_else_is_refused) {
  temporary_folder folder;
  std::filesystem::create_directories(folder.data());
  std::filesystem::permissions(folder.root(), std::filesystem::perms(0755));
  std::filesystem::permissions(folder.data(), std::filesystem::perms(0500));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Root may do anything; nobody may not. Whoever else runs this is not root already.
    if (::getuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const auto opened = storage::store::open(options_for(folder.data()));
    if (opened) ::_exit(3);
    const bool named = opened.error().code == errc::forbidden &&
                       opened.error().detail.find("Permission denied") != std::string::npos;
    ::_exit(named ? 0 : 4);
  }
  int state = 0;
  ::waitpid(child, &state, 0);
  EXPECT_TRUE(WIFEXITED(state));
  EXPECT_EQ(WEXITSTATUS(state), 0);
}

TEST(store_open, a_number_of_shards_out_of_bounds_is_refused) {
  temporary_folder folder;
  EXPECT_EQ(refusal(options_for(folder.data(), 0)).code, errc::invalid_argument);
  EXPECT_EQ(refusal(options_for(folder.data(), 257)).code, errc::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder.data()));
}

TEST(store_open, a_torn_wal_tail_loses_only_what_was_torn) {
  temporary_folder folder;
  leave_a_crashed_node(options_for(folder.data()), 20);
  const std::string wal = newest_wal(folder.data());
  std::filesystem::resize_file(wal, std::filesystem::file_size(wal) - 100);
  const auto opened = storage::store::open(options_for(folder.data()));
  ASSERT_TRUE(opened) << opened.error().detail;
  const auto has = [&](std::uint64_t seq) {
    return (*opened)
        ->get(shard_id{1}, keys::event(some_tenant, conversation_id{5}, event_seq{seq}))
        .ok();
  };
  EXPECT_TRUE(has(19));
  EXPECT_FALSE(has(20));
}

TEST(store_open, damage_in_the_middle_of_the_wal_is_refused) {
  temporary_folder folder;
  leave_a_crashed_node(options_for(folder.data()), 20);
  const std::string wal = newest_wal(folder.data());
  std::fstream file(wal, std::ios::in | std::ios::out | std::ios::binary);
  const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(wal) / 2);
  file.seekg(middle);
  const char byte = static_cast<char>(file.get());
  file.seekp(middle);
  file.put(static_cast<char>(byte ^ 1));
  file.close();
  const failure why = refusal(options_for(folder.data()));
  EXPECT_EQ(why.code, errc::corrupt);
  EXPECT_THAT(why.detail, HasSubstr("is damaged and will not be served"));
}

/// The log that a killed node left, whose size is ahead of its content: one write per event.
class killed_node : public testing::Test {
 protected:
  static constexpr std::uint64_t events = 20;

  void SetUp() override {
    leave_a_crashed_node(alone(folder.data()), events);
    wal = newest_wal(folder.data());
    std::ifstream file(wal, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
    written = bytes.find_last_not_of('\0') + 1;
    ASSERT_LT(written, bytes.size());
  }
  /// Sectors that did not come to the disk, or lost what they held.
  void empty(std::size_t from, std::size_t to) {
    bytes.replace(from, to - from, to - from, '\0');
    write_file(wal, bytes);
  }
  std::uint64_t found_at_open() {
    const auto opened = storage::store::open(alone(folder.data()));
    EXPECT_TRUE(opened) << opened.error().detail;
    if (!opened) return 0;
    const auto version =
        storage::entity_version((*opened)->view(shard_id{1}), conversation_entity(5));
    EXPECT_TRUE(version);
    EXPECT_TRUE((*opened)->verify_log(shard_id{1}));
    return *version;
  }

  temporary_folder folder;
  std::string wal;
  std::string bytes;
  std::size_t written = 0;
};

TEST_F(killed_node, p1_has_everything_before_the_zeros) {
  EXPECT_EQ(found_at_open(), events);
}

TEST_F(killed_node, a_last_write_with_a_hole_is_left_out) {
  const std::size_t sector = (written - 1) / 512 * 512;
  empty(sector, written);
  EXPECT_EQ(found_at_open(), events - 1);
}

TEST_F(killed_node, p1_a_hole_in_the_middle_is_refused) {
  const std::size_t sector = written / 2 / 512 * 512;
  empty(sector, sector + 2'048);
  const failure why = refusal(alone(folder.data()));
  EXPECT_EQ(why.code, errc::corrupt);
  EXPECT_THAT(why.detail, HasSubstr("is damaged and will not be served"));
  EXPECT_EQ(refusal(options_for(folder.data())).code, errc::corrupt) << "however it is opened";
}

TEST_F(killed_node, p1_a_flipped_bit_in_the_last_write_is_refused) {
  bytes[written - 100] = static_cast<char>(bytes[written - 100] ^ 1);
  write_file(wal, bytes);
  EXPECT_EQ(refusal(alone(folder.data())).code, errc::corrupt);
}

TEST(store_open, p1_what_a_node_that_stands_alone_notes_is_durable_at_once) {
  temporary_folder folder;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    storage::store_options options = alone(folder.data());
    options.file_system = std::make_shared<faulty_file_system>();
    running_storage node(options);
    if (!node.data().put_local(keys::meta_failed_logins, "noted")) ::_exit(2);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  const auto opened = storage::store::open(alone(folder.data()));
  ASSERT_TRUE(opened) << opened.error().detail;
  const auto found = (*opened)->local(keys::meta_failed_logins);
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(*found, "noted");
}

}  // namespace
}  // namespace conclave::test
