/// What a loop judges itself: one conversation, few messages, nothing but messages. And what the
/// writer lets a conversation do: pass on few events, and nothing for other actors.
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

/// One event of so many bytes for so many people.
delivery event_for(std::size_t people, std::size_t bytes) {
  auto members = std::make_shared<member_list>();
  members->users.resize(people);
  delivery_part part;
  part.frames = std::make_shared<const std::string>(bytes, 'x');
  part.segments.push_back({std::move(members), 0, 1});
  delivery news;
  news.parts.push_back(std::move(part));
  return news;
}

TEST(inline_rule, a_large_crowd_or_a_large_message_is_told_by_the_loop) {
  EXPECT_TRUE(is_brief(event_for(most_told_inline, 200)));
  EXPECT_FALSE(is_brief(event_for(most_told_inline + 1, 200)));
  EXPECT_TRUE(is_brief(event_for(2, most_bytes_told_inline / 2)));
  EXPECT_FALSE(is_brief(event_for(2, most_bytes_told_inline / 2 + 1)));
  delivery two = event_for(2, most_bytes_told_inline / 4);
  two.parts.push_back(event_for(2, most_bytes_told_inline / 4 + 1).parts.front());
  EXPECT_FALSE(is_brief(two)) << "all parts together";
}

TEST(inline_rule, few_events_and_answers_are_passed_on) {
  draft committed;
  EXPECT_TRUE(passes_on_inline(committed, 0, 1)) << "housekeeping";
  committed.part.events.resize(most_run_inline);
  EXPECT_TRUE(passes_on_inline(committed, 0, most_loops_told_inline));
  EXPECT_FALSE(passes_on_inline(committed, 1, 1)) << "the writer has others to serve";
  EXPECT_FALSE(passes_on_inline(committed, 0, most_loops_told_inline + 1));
}

TEST(inline_rule, what_other_actors_or_many_rows_are_told_of_is_a_workers) {
  const auto with = [](const auto& change) {
    draft committed;
    change(committed);
    return passes_on_inline(committed, 0, 1);
  };
  EXPECT_FALSE(with([](draft& d) { d.changes.emplace_back(); }));
  EXPECT_FALSE(with([](draft& d) { d.owed.emplace_back(); }));
  EXPECT_FALSE(with([](draft& d) { d.signals.emplace_back(); }));
  EXPECT_FALSE(with([](draft& d) { d.empties_bodies = true; }));
}

}  // namespace
}  // namespace conclave::actors
