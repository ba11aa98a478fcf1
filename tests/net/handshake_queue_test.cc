/// The handshake queue: fair while it is short, and in a storm new ones are served soon and nobody
/// waits for ever.
#include "net/handshake_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace conclave::net {
namespace {

constexpr std::int64_t patience = handshake_queue::patience_ms;

TEST(handshake_queue, who_came_first_is_served_first) {
  handshake_queue queue;
  for (std::uint64_t i = 1; i <= 3; ++i) queue.push({i}, 0);
  for (const std::uint64_t expected : {1, 2, 3}) EXPECT_EQ(queue.take(patience).value, expected);
  EXPECT_TRUE(queue.empty());
}

TEST(handshake_queue, once_the_oldest_is_late_the_youngest_takes_turns_with_it) {
  handshake_queue queue;
  for (std::uint64_t i = 1; i <= 5; ++i) queue.push({i}, 0);
  for (const std::uint64_t expected : {5, 1, 4, 2, 3})
    EXPECT_EQ(queue.take(patience + 1).value, expected);
  queue.push({6}, patience);
  queue.push({7}, patience);
  EXPECT_EQ(queue.take(patience + 1).value, 6u) << "the late ones are through";
}

/// A step takes a millisecond, and for every one that is served two come: nobody could serve all.
TEST(handshake_queue, in_a_storm_that_never_ends_the_waiting_is_bounded) {
  struct waiter {
    std::int64_t since;
    std::int64_t found;
  };
  handshake_queue queue;
  std::map<std::uint64_t, waiter> waiting;
  std::uint64_t next = 1;
  int at_once = 0;
  constexpr std::int64_t steps = 20'000;
  for (std::int64_t now = 0; now < steps; ++now) {
    for (int i = 0; i < 2; ++i) {
      waiting[next] = {now, static_cast<std::int64_t>(waiting.size())};
      queue.push({next++}, now);
    }
    const auto served = waiting.find(queue.take(now).value);
    ASSERT_NE(served, waiting.end()) << "served twice";
    EXPECT_LE(now - served->second.since, 2 * served->second.found + 2);
    if (now == served->second.since) ++at_once;
    waiting.erase(served);
  }
  EXPECT_GE(at_once, (steps - 2 * patience) / 2) << "half of the steps go to those in time";
}

/// As after an outage: all at once, and each comes back when it was served.
TEST(handshake_queue, among_a_steady_number_nobody_waits_longer_than_two_rounds) {
  constexpr std::int64_t number = 3'000;
  handshake_queue queue;
  std::map<std::uint64_t, std::int64_t> since;
  for (std::uint64_t i = 1; i <= number; ++i) queue.push({i}, since[i] = 0);
  std::int64_t longest = 0;
  for (std::int64_t now = 1; now <= 10 * number; ++now) {
    const connection_id id = queue.take(now);
    longest = std::max(longest, now - since[id.value]);
    queue.push(id, since[id.value] = now);
  }
  EXPECT_LE(longest, 2 * number + 2);
}

}  // namespace
}  // namespace conclave::net
