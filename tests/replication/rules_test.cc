/// The rules by themselves: what commits, what recovers, names of epochs, regressions of peers, the
/// window of names, the sealed entry.
#include "replication/log_window.h"
#include "replication/peer_memory.h"
#include "replication/shard_config.h"

#include <gtest/gtest.h>

namespace conclave::replication {
namespace {

shard_config config_of(std::size_t voters, std::uint16_t w, std::uint16_t k,
                       std::vector<std::uint16_t> sites) {
  shard_config c;
  for (std::size_t i = 0; i < voters; ++i)
    c.voters.push_back({{node_id(static_cast<std::uint16_t>(i + 1)), 1}, sites[i]});
  c.rule = {w, k};
  return c;
}

TEST(commit_rule, counts_replicas_and_sites) {
  const shard_config metro3 = config_of(3, 2, 2, {1, 1, 2});
  EXPECT_FALSE(commits(metro3, 0b001));
  EXPECT_FALSE(commits(metro3, 0b011)) << "two replicas of one site";
  EXPECT_TRUE(commits(metro3, 0b101));
  EXPECT_TRUE(commits(metro3, 0b111));
  EXPECT_FALSE(commits(metro3, 0b11000)) << "bits beyond the voters";
}

TEST(commit_rule, every_recovery_set_meets_every_commit_set) {
  for (std::uint16_t n = 1; n <= 5; ++n)
    for (std::uint16_t w = 1; w <= n; ++w)
      for (std::uint16_t k = 1; k <= 3; ++k) {
        const shard_config c = config_of(n, w, k, {1, 2, 3, 1, 2});
        if (!is_sound(c)) continue;
        EXPECT_TRUE(recovers(c, all_voters(c)));
        EXPECT_FALSE(recovers(c, 0));
        for (voter_set r = 0; r <= all_voters(c); ++r)
          for (voter_set s = 0; s <= all_voters(c); ++s)
            if (recovers(c, r) && commits(c, s)) {
              EXPECT_NE(r & s, 0u) << n << w << k;
            }
      }
}

TEST(commit_rule, an_unsound_configuration_is_found) {
  EXPECT_FALSE(is_sound({}));
  EXPECT_FALSE(is_sound(config_of(2, 3, 1, {1, 1})));
  EXPECT_FALSE(is_sound(config_of(3, 2, 2, {1, 1, 1})));
  shard_config twice = config_of(2, 1, 1, {1, 1});
  twice.voters[1].id = {node_id(1), 2};
  EXPECT_FALSE(is_sound(twice)) << "one node in two incarnations";
  EXPECT_TRUE(is_sound(config_of(1, 1, 1, {1})));
}

TEST(epochs, are_ordered_by_round_then_candidate_and_never_shared) {
  EXPECT_LT(make_epoch(1, node_id(9)), make_epoch(2, node_id(1)));
  EXPECT_LT(make_epoch(2, node_id(1)), make_epoch(2, node_id(2)));
  EXPECT_EQ(round_of(make_epoch(7, node_id(3))), 7u);
  EXPECT_EQ(candidate_of(make_epoch(7, node_id(3))), node_id(3));
  EXPECT_LT(shard_epoch(41), make_epoch(1, node_id(1))) << "epochs of single come before";
}

TEST(newer_log, a_higher_epoch_beats_a_longer_log) {
  const position old_long{shard_epoch(1), log_index(9), {}};
  const position new_short{shard_epoch(2), log_index(3), {}};
  EXPECT_TRUE(newer(new_short, old_long));
  EXPECT_FALSE(newer(old_long, new_short));
  EXPECT_FALSE(newer(new_short, new_short));
}

peer_memory known_peer() {
  peer_memory m;
  m.id = {node_id(2), 3};
  m.boot = 5;
  m.nonce = 77;
  m.promised = {shard_epoch(9), 2};
  m.match_epoch = shard_epoch(9);
  m.match = log_index(40);
  return m;
}

introduction honest() {
  introduction i;
  i.id = {node_id(2), 3};
  i.boot = 6;
  i.nonce = 78;
  i.promised = {shard_epoch(9), 2};
  i.last.index = log_index(40);
  return i;
}

TEST(peers, an_honest_restart_is_believed) {
  EXPECT_EQ(judge(known_peer(), honest()), distrust::none);
  introduction same_start = honest();
  same_start.boot = 5;
  same_start.nonce = 77;
  EXPECT_EQ(judge(known_peer(), same_start), distrust::none) << "the link came up again";
  introduction fresh = honest();
  fresh.id.incarnation = 4;
  fresh.boot = 1;
  fresh.promised = {};
  fresh.last = {};
  EXPECT_EQ(judge(known_peer(), fresh), distrust::none) << "a wiped disk is a new replica";
}

TEST(peers, each_way_back_in_time_has_its_own_code) {
  const auto with = [](auto change) {
    introduction i = honest();
    change(i);
    return judge(known_peer(), i);
  };
  EXPECT_EQ(with([](introduction& i) { i.id.incarnation = 2; }), distrust::older_incarnation);
  EXPECT_EQ(with([](introduction& i) { i.boot = 4; }), distrust::rolled_back);
  EXPECT_EQ(with([](introduction& i) { i.boot = 5; }), distrust::copied);
  EXPECT_EQ(with([](introduction& i) { i.promised.epoch = shard_epoch(8); }),
            distrust::promise_lost);
  EXPECT_EQ(with([](introduction& i) { i.promised.config_version = 1; }), distrust::promise_lost);
  EXPECT_EQ(with([](introduction& i) { i.last.index = log_index(39); }), distrust::entries_lost);
}

TEST(peers, a_log_cut_by_a_newer_epoch_is_no_loss) {
  introduction i = honest();
  i.promised.epoch = shard_epoch(10);
  i.last.index = log_index(12);
  EXPECT_EQ(judge(known_peer(), i), distrust::none);
}

TEST(peers, a_verdict_stays_until_a_new_incarnation) {
  peer_memory m = known_peer();
  m.verdict = distrust::rolled_back;
  EXPECT_EQ(judge(m, honest()), distrust::rolled_back);
}

TEST(log_window, grows_cuts_and_forgets) {
  log_window w({shard_epoch(1), log_index(10), {}});
  for (std::uint64_t i = 11; i <= 20; ++i) w.append({shard_epoch(2), log_index(i), {}});
  EXPECT_EQ(w.last_index(), log_index(20));
  EXPECT_EQ(w.at(log_index(9)), nullptr);
  EXPECT_EQ(w.at(log_index(10))->epoch, shard_epoch(1));
  EXPECT_EQ(w.at(log_index(21)), nullptr);
  w.truncate_after(log_index(15));
  EXPECT_EQ(w.last_index(), log_index(15));
  w.forget_before(log_index(14));
  EXPECT_EQ(w.first(), log_index(14));
  EXPECT_EQ(w.at(log_index(13)), nullptr);
  EXPECT_EQ(w.last().index, log_index(15));
}

}  // namespace
}  // namespace conclave::replication
