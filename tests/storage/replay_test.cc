/// Copies are equal (P8): whatever the commits, replaying a shard's log into an empty map gives
/// exactly the shard's state, row by row, and therefore the same digest.
#include "schemas/log_entry.h"
#include "schemas/number_value.h"
#include "storage/state_digest.h"
#include "tests/storage/storage_fixture.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace conclave::test {
namespace {

using state_map = std::map<std::string, std::string, std::less<>>;

/// What a replica does with each entry: the redo, and the applied row that it derives.
state_map replay(const storage::store& data, shard_id shard) {
  state_map state;
  hash16 hash{};
  EXPECT_TRUE(data.read_log(shard, log_index{1}, [&](log_index index, std::string_view stored) {
    const auto entry = decode_log_entry(stored);
    EXPECT_TRUE(entry);
    EXPECT_EQ(entry->prev_hash, hash);
    hash = storage::chain_hash(hash, stored);
    redo_reader reader(entry->redo);
    redo_operation operation;
    while (reader.next(operation)) {
      if (operation.is_put) {
        state.insert_or_assign(std::string(operation.key), std::string(operation.value));
      } else {
        state.erase(std::string(operation.key));
      }
    }
    EXPECT_TRUE(reader.ok());
    state.insert_or_assign(keys::applied(),
                           encode(applied_record{index, entry->epoch, hash, entry->time}));
    return true;
  }));
  return state;
}

std::string digest_of(const state_map& state) {
  storage::state_digest digest;
  for (const auto& [key, value] : state) digest.add(key, value);
  return digest.finish_hex();
}

state_map rows_of(const storage::store& data, shard_id shard) {
  state_map rows;
  EXPECT_TRUE(data.view(shard).scan({std::string(1, '\0'), std::string(4, '\xff')},
                                    [&](std::string_view key, std::string_view value) {
                                      rows.emplace(key, value);
                                      return true;
                                    }));
  return rows;
}

class replay_test : public ::testing::TestWithParam<unsigned> {};

TEST_P(replay_test, the_log_makes_the_state) {
  temporary_folder folder;
  constexpr std::uint16_t shards = 3;
  running_storage node(options_for(folder.data(), shards));
  std::mt19937 random(GetParam());
  const auto roll = [&](std::uint64_t sides) { return random() % sides; };
  std::uint64_t incarnation = 0;
  std::map<std::uint64_t, std::uint64_t> versions;

  for (int life = 0; life < 3; ++life) {
    const auto owner = std::make_shared<recording_owner>();
    const auto shard_of = [](std::uint64_t id) {
      return shard_id{static_cast<std::uint16_t>(id % shards)};
    };
    ++incarnation;
    const auto entity = [](std::uint64_t id) {
      return entity_ref{entity_kind::user, some_tenant, id};
    };
    for (std::uint64_t id = 1; id <= 6; ++id) {
      EXPECT_EQ(node.claim(shard_of(id), entity(id), incarnation), versions[id]);
    }
    std::uint64_t submitted = 0;
    for (int i = 0; i < 300; ++i) {
      const std::uint64_t id = 1 + roll(6);
      storage::proposal p;
      p.shard = shard_of(id);
      p.epoch = node.epoch(p.shard);
      p.entity = entity(id);
      p.incarnation = incarnation;
      p.expected_version = versions[id];
      p.new_version = versions[id] + 1;
      p.time = node.time().now();
      p.owner = owner;
      // Few keys, so that rows are overwritten and erased, also within one proposal.
      for (std::uint64_t row = roll(5); row > 0; --row) {
        const std::string key =
            keys::user_conversation(some_tenant, user_id{id}, conversation_id{1 + roll(8)});
        if (roll(3) == 0) {
          p.redo.erase(key);
        } else {
          p.redo.put(key, std::string(roll(200), static_cast<char>('a' + roll(26))));
        }
      }
      p.redo.put(keys::entity_version(p.entity), encode_number(p.new_version));
      versions[id] = p.new_version;
      node.writer().submit(std::move(p));
      ++submitted;
      if (roll(20) == 0) owner->wait_for_settled(submitted);
      node.wall().pass(roll(50));
    }
    owner->wait_for_settled(submitted);
    node.restart();
  }

  for (std::uint16_t i = 0; i < shards; ++i) {
    const state_map replayed = replay(node.data(), shard_id{i});
    EXPECT_EQ(replayed, rows_of(node.data(), shard_id{i}));
    EXPECT_GT(replayed.size(), 3u);
    const auto digest = node.data().digest(shard_id{i});
    ASSERT_TRUE(digest);
    EXPECT_EQ(*digest, digest_of(replayed));
    state_map other = replayed;
    other.begin()->second += "x";
    EXPECT_NE(*digest, digest_of(other));
  }
}

INSTANTIATE_TEST_SUITE_P(seeds, replay_test, ::testing::Range(1u, 7u));

}  // namespace
}  // namespace conclave::test
