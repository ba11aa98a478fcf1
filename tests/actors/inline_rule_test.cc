/// What a loop judges itself: one conversation, few messages, nothing but messages.
#include "actors/inline_rule.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

std::vector<conversation_request> asking(const std::vector<conversation_verb>& verbs) {
  std::vector<conversation_request> requests(verbs.size());
  for (std::size_t i = 0; i < verbs.size(); ++i) requests[i].verb = verbs[i];
  return requests;
}

std::vector<conversation_request> messages(std::size_t count) {
  return asking(std::vector<conversation_verb>(count, conversation_verb::send));
}

TEST(inline_rule, a_few_messages_for_one_conversation) {
  EXPECT_TRUE(runs_inline(1, messages(1)));
  EXPECT_TRUE(runs_inline(1, messages(most_run_inline)));
  EXPECT_FALSE(runs_inline(1, messages(most_run_inline + 1))) << "the loop has others to serve";
  EXPECT_FALSE(runs_inline(2, messages(1))) << "the other conversation would wait";
}

TEST(inline_rule, whatever_may_touch_many_rows_is_a_workers) {
  using verb = conversation_verb;
  for (int v = 0; v <= static_cast<int>(verb::review_burning); ++v) {
    const auto one = static_cast<verb>(v);
    EXPECT_EQ(runs_inline(1, asking({one})), one == verb::send) << v;
    EXPECT_EQ(runs_inline(1, asking({verb::send, one})), one == verb::send) << v;
  }
}

}  // namespace
}  // namespace conclave::actors
