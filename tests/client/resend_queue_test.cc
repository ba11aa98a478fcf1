/// resend_queue and backoff: order, lanes, windows, putting off, deadlines.
#include "client/resend_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace conclave::client {
namespace {

struct note {
  int doubts = 0;
};
using queue = resend_queue<note>;

void add(queue& q, std::uint64_t correlation, std::uint64_t lane,
         std::uint64_t deadline_ms = 1'000'000) {
  queue::entry e;
  e.frame = "frame " + std::to_string(correlation);
  e.lane = lane;
  e.deadline_ms = deadline_ms;
  q.add(correlation, std::move(e));
}

std::vector<std::uint64_t> pump(queue& q, std::uint64_t now_ms) {
  std::vector<std::uint64_t> sent;
  q.pump(now_ms, [&](std::uint64_t correlation, queue::entry& e) {
    EXPECT_EQ(e.frame, "frame " + std::to_string(correlation));
    sent.push_back(correlation);
    return true;
  });
  return sent;
}

using list = std::vector<std::uint64_t>;

TEST(resend_queue, requests_go_out_once_in_order_and_leave_when_answered) {
  queue q;
  add(q, 1, 7);
  add(q, 2, 7);
  add(q, 3, 8);
  EXPECT_EQ(pump(q, 0), (list{1, 2, 3}));
  EXPECT_EQ(pump(q, 0), list{});
  EXPECT_TRUE(q.take(2));
  EXPECT_FALSE(q.take(2));
  EXPECT_EQ(q.size(), 2u);
  EXPECT_EQ(q.under_way(), 2u);
}

TEST(resend_queue, a_new_connection_gets_all_unanswered_ones_again_in_their_first_order) {
  queue q;
  for (std::uint64_t i = 1; i <= 4; ++i) add(q, i, i % 2);
  ASSERT_EQ(pump(q, 0).size(), 4u);
  q.take(3);
  q.on_disconnect([](note& n) { ++n.doubts; });
  EXPECT_EQ(pump(q, 0), (list{1, 2, 4}));
  EXPECT_EQ(q.find(4)->context.doubts, 1);
}

TEST(resend_queue, one_that_never_left_is_not_in_doubt) {
  queue q;
  add(q, 1, 7);
  q.on_disconnect([](note& n) { ++n.doubts; });
  EXPECT_EQ(q.find(1)->context.doubts, 0);
}

TEST(resend_queue, the_window_bounds_what_is_under_way) {
  queue q;
  q.set_window(2);
  for (std::uint64_t i = 1; i <= 3; ++i) add(q, i, 0);
  EXPECT_EQ(pump(q, 0), (list{1, 2}));
  q.take(1);
  EXPECT_EQ(pump(q, 0), list{3});
}

TEST(resend_queue, a_put_off_request_holds_back_later_ones_of_its_lane_only) {
  queue q;
  add(q, 1, 7);
  ASSERT_EQ(pump(q, 0), list{1});
  q.put_off(1, 0, 42, 500);
  add(q, 2, 7);
  add(q, 3, 8);
  add(q, 4, 0);
  EXPECT_EQ(pump(q, 100), (list{3, 4}));
  EXPECT_EQ(pump(q, 499), list{});
  EXPECT_EQ(pump(q, 1'100), list{1});
  EXPECT_EQ(pump(q, 1'100), list{}) << "until it is answered";
  ASSERT_TRUE(q.take(1));
  EXPECT_EQ(pump(q, 1'100), list{2});
}

/// A node that remembers 256 numbers would take a later try of the first one for an old request.
TEST(resend_queue, p3_one_that_is_put_off_again_and_again_is_not_left_far_behind) {
  queue q;
  q.set_window(248);
  for (std::uint64_t i = 1; i <= 1'000; ++i) add(q, i, 7);
  std::uint64_t done = 0;
  std::uint64_t now = 0;
  for (int round = 0; round < 20; ++round, now += 10'000) {
    for (const std::uint64_t sent : pump(q, now)) {
      if (sent == 1) {
        q.put_off(1, now, 42, 0);
      } else {
        ASSERT_TRUE(q.take(sent));
        ++done;
      }
    }
    ASSERT_LE(done, 255u);
  }
  EXPECT_EQ(done, 247u);
  ASSERT_EQ(pump(q, now), list{1});
  ASSERT_TRUE(q.take(1));
  EXPECT_EQ(pump(q, now).size(), 248u);
}

TEST(resend_queue, the_deadline_takes_requests_out_wherever_they_are) {
  queue q;
  add(q, 1, 7, 100);
  add(q, 2, 7, 300);
  ASSERT_EQ(pump(q, 0).size(), 2u);
  EXPECT_TRUE(q.expired(99).empty());
  const auto gone = q.expired(100);
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone.front().first, 1u);
  EXPECT_EQ(q.under_way(), 1u);
}

TEST(resend_queue, without_a_connection_nothing_counts_as_sent) {
  queue q;
  add(q, 1, 7);
  q.pump(0, [](std::uint64_t, queue::entry&) { return false; });
  EXPECT_EQ(q.under_way(), 0u);
  EXPECT_EQ(pump(q, 0), list{1});
}

TEST(backoff, waits_double_up_to_the_bound_and_stay_in_the_upper_half) {
  backoff patience(std::chrono::milliseconds{100}, std::chrono::milliseconds{1'000});
  std::int64_t step = 100;
  for (std::uint64_t random = 0; random < 8; ++random) {
    const auto wait = patience.next(random * 0x9E3779B97F4A7C15ull).count();
    EXPECT_GE(wait, step / 2);
    EXPECT_LE(wait, step);
    step = std::min<std::int64_t>(1'000, step * 2);
  }
  patience.reset();
  EXPECT_LE(patience.next(99).count(), 100);
}

TEST(backoff, what_the_node_asks_for_is_a_lower_bound) {
  backoff patience;
  for (std::uint64_t random = 0; random < 100; ++random) {
    const auto wait = patience.next(random * 7, std::chrono::milliseconds{700}).count();
    EXPECT_GE(wait, 700);
    EXPECT_LE(wait, 10'000);
  }
}

}  // namespace
}  // namespace conclave::client
