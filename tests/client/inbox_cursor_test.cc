/// inbox_cursor and the renewal of tokens: each rule by itself.
#include "client/inbox_cursor.h"

#include "client/renewal.h"

#include <gtest/gtest.h>

namespace conclave::client {
namespace {

using verdict = inbox_cursor::verdict;

TEST(inbox_cursor, the_next_entry_is_delivered_and_an_earlier_one_dropped) {
  inbox_cursor cursor(4);
  EXPECT_EQ(cursor.on_entry(5), verdict::deliver);
  EXPECT_EQ(cursor.on_entry(5), verdict::drop);
  EXPECT_EQ(cursor.on_entry(2), verdict::drop);
  EXPECT_EQ(cursor.cursor(), 5u);
  EXPECT_FALSE(cursor.begin_fetch()) << "nothing is missing";
}

TEST(inbox_cursor, a_gap_is_fetched_once_and_the_page_brings_the_early_one_along) {
  inbox_cursor cursor(4);
  EXPECT_EQ(cursor.on_entry(7), verdict::gap);
  EXPECT_TRUE(cursor.begin_fetch());
  EXPECT_EQ(cursor.on_entry(8), verdict::gap);
  EXPECT_FALSE(cursor.begin_fetch());
  EXPECT_FALSE(cursor.on_page(1));
  for (const std::uint64_t seq : {5, 6, 7, 8}) {
    EXPECT_EQ(cursor.on_page_entry(seq), verdict::deliver);
  }
  EXPECT_TRUE(cursor.on_page_end(8));
  EXPECT_TRUE(cursor.complete());
}

TEST(inbox_cursor, a_page_that_begins_beyond_the_cursor_asks_for_the_conversations) {
  inbox_cursor cursor(4);
  cursor.on_head(12);
  ASSERT_TRUE(cursor.begin_fetch());
  EXPECT_TRUE(cursor.on_page(10));
  EXPECT_EQ(cursor.on_page_entry(10), verdict::deliver);
  EXPECT_TRUE(cursor.on_page_end(12));
  EXPECT_EQ(cursor.cursor(), 10u);
  EXPECT_TRUE(cursor.begin_fetch());
}

TEST(inbox_cursor, the_oldest_kept_entry_right_after_the_cursor_is_no_loss) {
  inbox_cursor cursor(4);
  cursor.on_head(6);
  ASSERT_TRUE(cursor.begin_fetch());
  EXPECT_FALSE(cursor.on_page(5));
}

TEST(inbox_cursor, a_hint_that_the_node_takes_back_does_not_keep_asking) {
  inbox_cursor cursor(4);
  cursor.on_head(9);
  ASSERT_TRUE(cursor.begin_fetch());
  EXPECT_TRUE(cursor.on_page_end(4));
  EXPECT_TRUE(cursor.complete());
}

TEST(inbox_cursor, an_empty_page_for_a_newer_hint_asks_to_wait) {
  inbox_cursor cursor(4);
  cursor.on_head(5);
  ASSERT_TRUE(cursor.begin_fetch());
  cursor.on_head(6);
  EXPECT_FALSE(cursor.on_page_end(4));
  EXPECT_FALSE(cursor.complete());
  EXPECT_TRUE(cursor.begin_fetch());
}

constexpr std::uint64_t day = 24ull * 3600 * 1000;
constexpr time_ms now = 1'700'000'000'000;

TEST(renewal, a_long_lived_token_is_renewed_a_week_before_its_end) {
  EXPECT_EQ(renew_after_ms(now + 90 * day, now, false), 83 * day);
  EXPECT_EQ(renew_after_ms(now + 90 * day, now, true), 83 * day);
}

TEST(renewal, a_token_near_its_end_is_renewed_at_once_but_a_fresh_one_at_half_of_its_life) {
  EXPECT_EQ(renew_after_ms(now + day, now, false), 0u);
  EXPECT_EQ(renew_after_ms(now + day, now, true), day / 2);
  EXPECT_EQ(renew_after_ms(now - day, now, true), 0u);
}

}  // namespace
}  // namespace conclave::client
