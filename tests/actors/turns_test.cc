/// The order of a fan-out: others before askers, askers before a crowd, nobody left out.
#include "actors/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace conclave::actors {
namespace {

/// People 0 to n-1 in their turn.
std::vector<int> turns_of(int n, const std::set<int>& askers) {
  std::vector<int> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  std::vector<int> turns{99};  // of an earlier fan-out
  put_in_turn(
      all, [&](int who) { return askers.count(who) > 0; }, turns);
  return turns;
}

TEST(turns, in_a_small_room_who_asked_comes_last) {
  EXPECT_EQ(turns_of(2, {0}), (std::vector<int>{1, 0}));
  EXPECT_EQ(turns_of(5, {1, 3}), (std::vector<int>{0, 2, 4, 1, 3}));
  EXPECT_EQ(turns_of(1, {0}), (std::vector<int>{0}));
  EXPECT_EQ(turns_of(3, {}), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(turns_of(0, {}), std::vector<int>{});
}

TEST(turns, in_a_large_room_who_asked_waits_for_a_few_wherever_he_stands) {
  for (const int asker : {0, 5, 15, 16, 17, 50, 99}) {
    std::vector<int> turns = turns_of(100, {asker});
    ASSERT_EQ(turns.size(), 100u);
    EXPECT_EQ(turns[askers_wait_for], asker);
    std::sort(turns.begin(), turns.end());
    for (int who = 0; who < 100; ++who) EXPECT_EQ(turns[static_cast<std::size_t>(who)], who);
  }
}

}  // namespace
}  // namespace conclave::actors
