/// What operators read of the shards' rules; and the pace of snapshots.
#include "replication/rule_text.h"

#include "replication/send_pace.h"

#include <gtest/gtest.h>

namespace conclave::replication {
namespace {

TEST(rule_text, the_rule_of_most_shards_comes_first) {
  EXPECT_EQ(rules_in_words({{2, 2}, {2, 2}}), "A message is safe on 2 copies at 2 sites.\n");
  EXPECT_EQ(rules_in_words({{3, 1}, {2, 1}, {2, 1}, {1, 1}, {1, 1}, {2, 1}}),
            "A message is safe on 2 copies at 1 site.\n"
            "In shards 3, 4: on 1 copy at 1 site.\n"
            "In shard 0: on 3 copies at 1 site.\n");
  EXPECT_EQ(rules_in_words({{0, 0}, {0, 0}}), "") << "not founded yet";
}

TEST(rule_text, a_rule_that_was_changed_in_the_file_only_is_named) {
  cluster_plan plan;
  plan.rule = {2, 2};
  plan.shard_rules[shard_id(1)] = {3, 2};
  EXPECT_EQ(rule_not_in_force({{2, 2}, {3, 2}, {0, 0}}, plan), "");
  EXPECT_EQ(rule_not_in_force({{2, 2}, {1, 1}}, plan),
            "shard 1 goes by 1 copy at 1 site; the configuration says 3 copies at 2 sites: "
            "`conclaved cluster apply` on the node that leads puts it in force");
}

TEST(send_pace, on_the_average_no_more_than_the_rate_leaves) {
  const send_pace::instant start{std::chrono::seconds(100)};
  send_pace pace(1'000'000);
  EXPECT_LE(pace.free_at(), start);
  pace.sent(500'000, start);
  EXPECT_EQ(pace.free_at(), start + std::chrono::milliseconds(500));
  // Who comes late has no credit, who sends more at once pays for it later.
  pace.sent(2'000'000, start + std::chrono::seconds(5));
  EXPECT_EQ(pace.free_at(), start + std::chrono::seconds(7));
  send_pace unbounded(0);
  unbounded.sent(1'000'000'000, start);
  EXPECT_LE(unbounded.free_at(), start);
}

}  // namespace
}  // namespace conclave::replication
