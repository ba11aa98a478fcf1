/// What goes from the old end of a log, and when.
#include "storage/log_tail.h"

#include <gtest/gtest.h>

namespace conclave::storage {
namespace {

constexpr log_tail_bounds small{100, 50, 20, 10};

TEST(log_tail, keeps_the_newest_bytes_and_drops_whole_chunks) {
  log_tail tail(small);
  std::uint64_t from = 1;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    const auto first = tail.appended(log_index{i}, 10);  // a chunk is two entries
    if (first) {
      EXPECT_EQ((first->value - from) % 2, 0u) << "whole chunks";
      from = first->value;
    }
    const std::uint64_t kept = (i - from + 1) * 10;
    EXPECT_GE(kept, std::min<std::uint64_t>(i * 10, small.bytes_kept));
    EXPECT_LT(kept, small.bytes_kept + 2 * small.chunk_bytes);
  }
  EXPECT_EQ(from, 91u);
}

TEST(log_tail, many_small_entries_are_bounded_by_their_number) {
  log_tail tail(small);
  std::uint64_t from = 1;
  for (std::uint64_t i = 1; i <= 1'000; ++i) {
    const auto first = tail.appended(log_index{i}, 0);
    if (first) from = first->value;
    EXPECT_LT(i - from, small.entries_kept + 2 * small.chunk_entries);
  }
  EXPECT_EQ(from, 951u);
}

TEST(log_tail, an_entry_larger_than_all_is_kept_until_the_next_is_complete) {
  log_tail tail(small);
  EXPECT_FALSE(tail.appended(log_index{1}, 1'000));
  const auto first = tail.appended(log_index{2}, 1'000);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->value, 2u);
}

TEST(log_tail, what_a_restart_finds_goes_once_as_much_has_followed) {
  log_tail tail(small);
  tail.found(log_index{5}, log_index{30});
  std::uint64_t from = 5;
  std::uint64_t at = 30;
  while (from == 5) {
    const auto first = tail.appended(log_index{++at}, 10);
    if (first) from = first->value;
    ASSERT_LT(at, 100u);
  }
  EXPECT_EQ(from, 31u);
  EXPECT_EQ(at, 40u) << "a hundred bytes behind it";
  log_tail none(small);
  none.found(log_index{1}, log_index{0});
  EXPECT_FALSE(none.appended(log_index{1}, 1));
}

TEST(log_tail, what_is_needed_is_kept_longer_but_not_for_ever) {
  log_tail tail(small);
  std::uint64_t from = 1;
  std::uint64_t needed = 31;
  const auto append = [&](std::uint64_t i) {
    const auto first = tail.appended(log_index{i}, 10, [&] { return log_index{needed}; });
    if (first) from = first->value;
  };
  for (std::uint64_t i = 1; i <= 60; ++i) append(i);
  EXPECT_EQ(from, 31u) << "what lies before it goes as ever";
  for (std::uint64_t i = 61; i <= 200; ++i) append(i);
  EXPECT_EQ(from, 200 - limits::log_kept_for_peers * 10 + 1) << "eight times as much";
  needed = 150;
  append(201);
  append(202);
  EXPECT_EQ(from, 149u) << "of the chunk that holds it";
}

TEST(log_tail, a_quiet_log_does_not_grow_from_restart_to_restart) {
  std::uint64_t from = 1, last = 0;
  for (int start = 0; start < 40; ++start) {
    log_tail tail(small);
    tail.found(log_index{from}, log_index{last});
    for (int i = 0; i < 12; ++i) {
      const auto first = tail.appended(log_index{++last}, 1);
      if (first) from = first->value;
    }
  }
  EXPECT_LT(last - from, small.entries_kept + 2 * small.chunk_entries);
}

}  // namespace
}  // namespace conclave::storage
