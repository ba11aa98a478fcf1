/// Who claims the lead by itself, and who by order; as pure rules.
#include "replication/leadership.h"

#include <gtest/gtest.h>

namespace conclave::replication {
namespace {

replica_id folder_of(std::uint16_t node, std::uint64_t incarnation = 0) {
  return {node_id(node), incarnation == 0 ? 100u + node : incarnation};
}

struct leadership_rules : testing::Test {
  leadership_rules() {
    plan.self = node_id(1);
    plan.founder = node_id(1);
    plan.rule = {2, 2};
    for (std::uint16_t i = 1; i <= 4; ++i) plan.nodes.push_back({node_id(i), i, i <= 3});
  }

  void hear(std::uint16_t node, shard_epoch promised = {}, std::uint64_t last = 0,
            std::uint64_t incarnation = 0) {
    introduction said;
    said.id = folder_of(node, incarnation);
    said.promised.epoch = promised;
    said.last.index = log_index{last};
    heard.introductions[node_id(node)] = said;
  }
  void be_part_of_a_cluster() {
    auto config = std::make_shared<shard_config>();
    config->version = 1;
    config->rule = plan.rule;
    for (std::uint16_t i = 1; i <= 3; ++i) config->voters.push_back({folder_of(i), i});
    state.base_config = config;
  }
  leadership wish() { return by_itself(plan, shard, self, state, heard, 1); }

  cluster_plan plan;
  shard_id shard{3};
  replica_id self = folder_of(1);
  replica_state state;
  heard_of heard;
};

TEST_F(leadership_rules, the_founder_waits_for_every_voter) {
  hear(2);
  EXPECT_FALSE(wish().claim);
  EXPECT_NE(wish().why_not.find("node 3"), std::string::npos) << wish().why_not;
  hear(3);
  hear(4);
  const auto claim = wish().claim;
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->config.voters.size(), 3u) << "the learner has no vote";
  EXPECT_EQ(claim->config.version, 1u);
  EXPECT_TRUE(is_sound(claim->config));
}

TEST_F(leadership_rules, p1_the_founder_gives_each_shard_the_rule_that_is_its_own) {
  plan.shard_rules[shard_id(5)] = {3, 3};
  for (std::uint16_t node = 2; node <= 4; ++node) hear(node);
  EXPECT_EQ(wish().claim->config.rule, (commit_rule{2, 2}));
  shard = shard_id(5);
  EXPECT_EQ(wish().claim->config.rule, (commit_rule{3, 3}));
}

TEST_F(leadership_rules, the_founder_waits_a_moment_for_learners_that_may_hold_its_data) {
  hear(2);
  hear(3);
  EXPECT_FALSE(wish().claim);
  EXPECT_NE(wish().why_not.find("node 4 may hold data"), std::string::npos) << wish().why_not;
  heard.waited = true;
  EXPECT_TRUE(wish().claim);
  hear(4, make_epoch(4, node_id(1)), 50);
  EXPECT_FALSE(wish().claim) << "it holds data";
}

struct change_rules : leadership_rules {
  change_rules() {
    be_part_of_a_cluster();
    for (std::uint16_t node = 2; node <= 4; ++node) hear(node);
    state.now = role::leader;
    state.commit = log_index{1000};
    state.leading.emplace();
    state.leading->record.config = *state.base_config;
    for (std::uint16_t node = 2; node <= 4; ++node) {
      progress p;
      p.peer = {folder_of(node), node};
      p.match = log_index{1000};
      state.leading->receivers.push_back(p);
    }
  }
  membership_change wanted() { return by_configuration(plan, shard, self, state, heard); }
  void plan_it(shard_config config, std::uint64_t at) {
    config.planned = true;
    state.configs.emplace_back(log_index{at}, std::make_shared<const shard_config>(config));
  }
};

TEST_F(change_rules, voters_and_rule_become_what_the_configuration_says) {
  EXPECT_TRUE(wanted().needless);
  plan.nodes[3].voter = true;
  plan.shard_rules[shard] = {3, 2};
  const auto change = wanted();
  ASSERT_TRUE(change.config) << change.why_not;
  EXPECT_EQ(change.config->version, 2u);
  EXPECT_EQ(change.config->voters.size(), 4u);
  EXPECT_EQ(change.config->rule, (commit_rule{3, 2}));
  plan.nodes[2].voter = false;
  EXPECT_EQ(wanted().config->voters.size(), 3u) << "one for another";
}

TEST_F(change_rules, a_change_waits_for_copies_that_are_there_and_for_the_one_before_it) {
  plan.nodes[3].voter = true;
  state.leading->receivers[2].match = log_index{100};
  EXPECT_NE(wanted().why_not.find("node 4: its copy is not there yet: entry 100 of 1000"),
            std::string::npos)
      << wanted().why_not;
  state.leading->receivers[2].match = log_index{1000};
  heard.introductions.erase(node_id(4));
  EXPECT_NE(wanted().why_not.find("node 4: it has not been heard of"), std::string::npos);
  hear(4);
  plan_it(*wanted().config, 1001);
  EXPECT_NE(wanted().why_not.find("under way"), std::string::npos) << wanted().why_not;
  state.configs.clear();
  plan.nodes[0].voter = false;
  EXPECT_NE(wanted().why_not.find("move the lead first"), std::string::npos) << wanted().why_not;
  state.now = role::follower;
  EXPECT_NE(wanted().why_not.find("only the node that leads"), std::string::npos);
}

TEST_F(change_rules, what_would_leave_nobody_who_may_lead_is_not_begun) {
  const shard_config current = *state.base_config;  // 2 of 3 at 2 sites
  plan.nodes[3].voter = true;
  const shard_config next = *wanted().config;
  const auto linked = [](std::initializer_list<replica_id> ids) {
    return std::set<replica_id>(ids);
  };
  const replica_id one = folder_of(1), two = folder_of(2), three = folder_of(3),
                   four = folder_of(4);
  EXPECT_EQ(path_of(current, next, linked({one, two, three, four})), change_path::planned);
  EXPECT_EQ(path_of(current, next, linked({one, two, four})), change_path::planned);
  EXPECT_EQ(path_of(current, next, linked({one, two})), change_path::none)
      << "two of four do not recover";
  shard_config lax = current;
  lax.rule = {1, 1};
  EXPECT_EQ(path_of(current, lax, linked({one, two})), change_path::none)
      << "then all three have to be heard";
  // Two at one site and one at another, whose folder was emptied.
  shard_config split = current;
  split.voters[1].site = 1;
  split.voters[2].site = 2;
  shard_config readmitted = split;
  readmitted.voters[2].id = folder_of(3, 999);
  EXPECT_EQ(path_of(split, readmitted, linked({one, two, folder_of(3, 999)})),
            change_path::at_once);
  EXPECT_EQ(path_of(split, readmitted, linked({one, folder_of(3, 999)})), change_path::none);
  split.rule = readmitted.rule = {1, 1};
  EXPECT_EQ(path_of(split, readmitted, linked({one, two, folder_of(3, 999)})), change_path::none)
      << "what the emptied folder held may be missing";
}

TEST_F(change_rules, p1_a_plan_is_claimed_when_it_is_committed_and_by_who_has_a_part_in_it) {
  plan.nodes[3].voter = true;
  const shard_config next = *wanted().config;
  plan_it(next, 1001);
  EXPECT_FALSE(wish().claim) << "not committed: it may be lost";
  EXPECT_FALSE(by_order(self, state, heard, 1).claim->planned);
  state.commit = log_index{1001};
  ASSERT_TRUE(wish().claim);
  EXPECT_TRUE(wish().claim->planned);
  EXPECT_EQ(wish().claim->config, next);
  EXPECT_EQ(wish().claim->previous, *state.base_config);
  self = folder_of(1, 999);  // which has no part in it
  EXPECT_FALSE(wish().claim);
  EXPECT_NE(wish().why_not.find("promote one of node 1, 2, 3, 4"), std::string::npos)
      << wish().why_not;
  ASSERT_FALSE(by_order(self, state, heard, 1).claim) << "nor had it a vote before";
  self = folder_of(1);
  state.commit = log_index{1000};
  state.promised.config_version = 2;  // to somebody who knew that it is committed
  EXPECT_TRUE(by_order(self, state, heard, 1).claim->planned);
  // In force: nothing is planned any more.
  state.configs.emplace_back(log_index{1002}, std::make_shared<const shard_config>(next));
  EXPECT_FALSE(by_order(self, state, heard, 1).claim->planned);
  EXPECT_EQ(by_order(self, state, heard, 1).claim->config, next);
}

/// The leader that planned it may be lost before anybody with a part in it has heard of it.
TEST_F(change_rules, p1_who_is_left_out_by_a_plan_claims_it_by_order_only) {
  shard_config next = *state.base_config;
  ++next.version;
  std::erase_if(next.voters, [](const member& m) { return m.id.node == node_id(1); });
  next.voters.push_back({folder_of(4), 4});
  plan_it(next, 1001);
  state.commit = log_index{1001};
  state.now = role::follower;
  state.promised.epoch = make_epoch(3, node_id(1));
  EXPECT_FALSE(wish().claim);
  EXPECT_NE(wish().why_not.find("leaves this node out"), std::string::npos) << wish().why_not;
  const auto ordered = by_order(self, state, heard, 1);
  ASSERT_TRUE(ordered.claim) << ordered.why_not;
  EXPECT_EQ(ordered.claim->config, next);
  EXPECT_TRUE(ordered.claim->planned);
}

TEST_F(leadership_rules, an_order_is_refused_to_a_copy_that_ends_before_another_log_begins) {
  be_part_of_a_cluster();
  hear(2, make_epoch(4, node_id(2)), 90);
  hear(3, make_epoch(4, node_id(2)), 90);
  heard.log_begins[node_id(3)] = log_index(0);
  EXPECT_TRUE(by_order(self, state, heard, 1).claim);
  heard.log_begins[node_id(3)] = log_index(80);
  const auto ordered = by_order(self, state, heard, 1);
  EXPECT_FALSE(ordered.claim);
  EXPECT_NE(ordered.why_not.find("the log of node 3 begins behind it"), std::string::npos)
      << ordered.why_not;
}

TEST_F(leadership_rules, nobody_else_founds) {
  plan.self = node_id(2);
  self = folder_of(2);
  hear(1);
  hear(3);
  EXPECT_FALSE(wish().claim);
}

TEST_F(leadership_rules, an_empty_founder_does_not_found_what_exists) {
  hear(2, make_epoch(4, node_id(1)), 50);
  hear(3, make_epoch(4, node_id(1)), 50);
  EXPECT_FALSE(wish().claim);
  EXPECT_NE(wish().why_not.find("holds data"), std::string::npos) << wish().why_not;
}

TEST_F(leadership_rules, a_founding_that_was_cut_short_goes_on) {
  // Its own promise survived; the first entry is only on others.
  state.promised.epoch = make_epoch(1, node_id(1));
  hear(2, make_epoch(1, node_id(1)), 1);
  hear(3);
  EXPECT_TRUE(wish().claim);
}

TEST_F(leadership_rules, who_led_last_leads_again_once_a_recovery_set_is_there) {
  be_part_of_a_cluster();
  state.promised.epoch = make_epoch(4, node_id(1));
  EXPECT_FALSE(wish().claim) << "alone it cannot know";
  hear(2, make_epoch(4, node_id(1)), 50);
  const auto claim = wish().claim;
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->epoch, make_epoch(5, node_id(1)));
}

TEST_F(leadership_rules, a_lead_that_was_moved_stays_moved) {
  be_part_of_a_cluster();
  state.promised.epoch = make_epoch(4, node_id(1));
  hear(2, make_epoch(5, node_id(2)), 50);
  hear(3, make_epoch(4, node_id(1)), 50);
  EXPECT_FALSE(wish().claim);
  const auto ordered = by_order(self, state, heard, 1);
  ASSERT_TRUE(ordered.claim);
  EXPECT_EQ(ordered.claim->epoch, make_epoch(6, node_id(1)));
}

TEST_F(leadership_rules, a_refusal_that_names_a_newer_epoch_counts) {
  be_part_of_a_cluster();
  state.promised.epoch = make_epoch(4, node_id(1));
  hear(2, make_epoch(4, node_id(1)), 50);
  heard.newest = make_epoch(6, node_id(3));
  EXPECT_FALSE(wish().claim);
}

TEST_F(leadership_rules, another_folder_of_a_voter_does_not_count_for_it) {
  be_part_of_a_cluster();
  state.promised.epoch = make_epoch(4, node_id(1));
  hear(2, {}, 0, 999);
  EXPECT_FALSE(wish().claim);
  const auto learners = learners_of(plan, *state.base_config, heard);
  ASSERT_EQ(learners.size(), 1u);
  EXPECT_EQ(learners[0].id, folder_of(2, 999));
}

TEST_F(leadership_rules, a_folder_without_a_vote_takes_no_lead_by_order_either) {
  be_part_of_a_cluster();
  self = folder_of(1, 999);
  hear(2, make_epoch(4, node_id(1)), 50);
  hear(3, make_epoch(4, node_id(1)), 50);
  EXPECT_FALSE(wish().claim);
  EXPECT_FALSE(by_order(self, state, heard, 1).claim);
}

TEST_F(leadership_rules, an_order_without_a_recovery_set_is_refused_and_says_who_is_missing) {
  be_part_of_a_cluster();
  state.promised.epoch = make_epoch(4, node_id(3));
  const auto ordered = by_order(self, state, heard, 1);
  EXPECT_FALSE(ordered.claim);
  EXPECT_NE(ordered.why_not.find("2, 3"), std::string::npos) << ordered.why_not;
}

}  // namespace
}  // namespace conclave::replication
