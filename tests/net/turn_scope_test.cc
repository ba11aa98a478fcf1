/// Turns of a sleeping loop that another thread takes: the tasks run there, once and in order, what
/// they send leaves, and the loop neither oversleeps nor loses anything.
#include "net/turn_scope.h"

#include "tests/net/io_uring_use.h"
#include "tests/net/loop_fixture.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace conclave::net {
namespace {

constexpr std::chrono::milliseconds soon{1};

/// The loop has nothing to do. A scope too early finds it awake, which is right, but shows nothing.
void let_sleep(test_loop& at) {
  const auto iterations = [&] { return at.loop.counters().iterations; };
  at.call([] {});
  ASSERT_TRUE(test::wait_until([&] {
    const auto before = iterations();
    std::this_thread::sleep_for(soon);
    return iterations() == before;
  }));
}

/// What `work` posts briefly, by a scope, until it came upon a loop that sleeps.
void take_a_turn(test_loop& at, const std::function<void()>& work) {
  const auto taken = at.loop.counters().lent_turns;
  ASSERT_TRUE(test::wait_until([&] {
    let_sleep(at);
    {
      const turn_scope scope;
      work();
    }
    return at.loop.counters().lent_turns > taken;
  }));
}

TEST(turn_scope, who_posts_to_a_sleeping_loop_runs_it_at_the_end) {
  test_loop sleeper(1);
  sleeper.start();
  std::atomic<std::thread::id> ran;
  std::thread::id before_the_end;
  take_a_turn(sleeper, [&] {
    ran = std::thread::id{};
    sleeper.loop.post_brief([&] { ran = std::this_thread::get_id(); });
    before_the_end = ran;
  });
  EXPECT_EQ(ran.load(), std::this_thread::get_id());
  EXPECT_EQ(before_the_end, std::thread::id{});
}

TEST(turn_scope, without_one_the_loop_is_woken) {
  test_loop sleeper(1);
  sleeper.start();
  let_sleep(sleeper);
  EXPECT_NE(sleeper.call([] { return std::this_thread::get_id(); }), std::this_thread::get_id());
  EXPECT_EQ(sleeper.loop.counters().lent_turns, 0u);
}

TEST(turn_scope, a_loop_that_is_awake_finds_the_task_and_nobody_waits_for_it) {
  test_loop busy(1);
  busy.start();
  std::promise<void> begun, go_on;
  std::promise<std::thread::id> ran;
  busy.loop.post([&] {
    begun.set_value();
    go_on.get_future().wait();
  });
  begun.get_future().wait();
  {
    const turn_scope scope;
    busy.loop.post_brief([&] { ran.set_value(std::this_thread::get_id()); });
  }
  go_on.set_value();
  EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
}

TEST(turn_scope, more_than_brief_tasks_are_the_loops_whoever_posts_them) {
  test_loop sleeper(1);
  sleeper.start();
  for (int i = 0; i < 20; ++i) {
    let_sleep(sleeper);
    std::promise<std::thread::id> long_one, brief_one;
    {
      const turn_scope scope;
      sleeper.loop.post_brief([&] { brief_one.set_value(std::this_thread::get_id()); });
      std::thread([&] {
        sleeper.loop.post([&] { long_one.set_value(std::this_thread::get_id()); });
      }).join();
    }
    EXPECT_NE(long_one.get_future().get(), std::this_thread::get_id());
    EXPECT_NE(brief_one.get_future().get(), std::this_thread::get_id()) << "order is as posted";
  }
}

TEST(turn_scope, a_loop_that_has_not_begun_or_has_ended_is_left_alone) {
  test_loop later(1);
  std::atomic<int> ran{0};
  const auto post = [&] {
    const turn_scope scope;
    later.loop.post_brief([&] { ++ran; });
  };
  post();
  EXPECT_EQ(ran, 0);
  later.start();
  EXPECT_TRUE(test::wait_until([&] { return ran == 1; }));
  later.stop();
  post();
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(later.loop.counters().lent_turns, 0u);
}

TEST(turn_scope, of_several_that_sleep_one_is_run_and_the_others_are_woken) {
  test_loop first(1), second(2);
  first.start();
  second.start();
  std::atomic<bool> both{false};
  take_a_turn(first, [&] {
    first.loop.post_brief([] {});
    second.loop.post_brief([&] { both = true; });
  });
  EXPECT_TRUE(test::wait_until([&] { return both.load(); }));
  EXPECT_EQ(second.loop.counters().lent_turns, 0u);
}

TEST(turn_scope, more_loops_than_it_holds_are_woken_as_usual) {
  std::vector<std::unique_ptr<test_loop>> many;
  std::atomic<std::size_t> ran{0};
  for (std::uint8_t i = 0; i < 10; ++i) {
    many.push_back(std::make_unique<test_loop>(i));
    many.back()->start();
  }
  {
    const turn_scope scope;
    for (auto& each : many) each->loop.post_brief([&] { ++ran; });
  }
  EXPECT_TRUE(test::wait_until([&] { return ran == many.size(); }));
}

TEST(turn_scope, a_timer_that_a_turn_sets_is_not_overslept) {
  test_loop sleeper(1);
  sleeper.start();
  std::shared_ptr<std::atomic<bool>> fired;
  const auto begun = std::chrono::steady_clock::now();
  // Nothing else would wake it: without connections it has no timers.
  take_a_turn(sleeper, [&] {
    fired = std::make_shared<std::atomic<bool>>(false);
    sleeper.loop.post_brief([&sleeper, fired] {
      sleeper.loop.after(std::chrono::milliseconds(200), [fired] { *fired = true; });
    });
  });
  EXPECT_TRUE(test::wait_until([&] { return fired->load(); }));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(200));
}

TEST(turn_scope, what_another_thread_posts_in_the_middle_of_a_turn_is_not_lost) {
  test_loop sleeper(1);
  sleeper.start();
  std::atomic<std::size_t> asked{0}, ran{0};
  take_a_turn(sleeper, [&] {
    ++asked;
    // It finds a loop that is not asleep, so it does not wake it.
    sleeper.loop.post_brief(
        [&] { std::thread([&] { sleeper.loop.post([&] { ++ran; }); }).join(); });
  });
  EXPECT_TRUE(test::wait_until([&] { return ran == asked; }));
}

/// A crowd on one connection each, and how many frames they got.
class crowd_pair : public loop_pair {
 public:
  explicit crowd_pair(std::size_t size, const loop_options& options = {}) : loop_pair(options) {
    client.keep_frames = false;
    client.frames_hook = [this](connection&, std::span<const frame_view> batch) {
      heard += batch.size();
    };
    start();
    for (std::size_t i = 0; i < size; ++i) connect();
    EXPECT_TRUE(server.wait_for_opens(size));
    EXPECT_TRUE(client.wait_for_opens(size));
  }
  void say_to_all() {
    server.loop.post_brief([this] {
      server.loop.for_each([](connection& c) { c.send(make_frame("to everybody")); });
    });
  }
  std::atomic<std::size_t> heard{0};
};

/// The thread that flushed what a turn of this thread sent to a crowd of that size; none: the loop
/// was awake. Told by the end of a connection, which follows the flush.
std::thread::id who_flushes(std::size_t size) {
  crowd_pair pair(size + 1);
  std::atomic<std::thread::id> flushed;
  pair.server.close_hook = [&](connection&, close_reason) { flushed = std::this_thread::get_id(); };
  let_sleep(pair.server);
  {
    const turn_scope scope;
    pair.server.loop.post_brief([&pair, first = true]() mutable {
      pair.server.loop.for_each([&](connection& c) {
        if (std::exchange(first, false)) return c.close(close_reason::by_us, false);
        c.send(make_frame("to everybody"));
      });
    });
  }
  EXPECT_TRUE(test::wait_until([&] { return pair.heard == size; }));
  EXPECT_TRUE(pair.server.wait_for_closes(1));
  return pair.server.loop.counters().lent_turns > 0 ? flushed.load() : std::thread::id{};
}
std::thread::id who_flushes_a_turn(std::size_t size) {
  std::thread::id who;
  EXPECT_TRUE(test::wait_until([&] { return (who = who_flushes(size)) != std::thread::id{}; }));
  return who;
}

TEST(turn_scope, what_a_turn_sends_leaves_with_it) {
  EXPECT_EQ(who_flushes_a_turn(3), std::this_thread::get_id());
}

TEST(turn_scope, a_large_crowd_is_left_to_the_loop) {
  EXPECT_NE(who_flushes_a_turn(most_flushed_for_a_sleeper + 1), std::this_thread::get_id());
}

TEST(turn_scope, a_connection_that_a_turn_closes_ends_once) {
  crowd_pair pair(2);
  std::size_t times = 0;
  take_a_turn(pair.server, [&] {
    pair.server.loop.post_brief([&] {
      pair.server.loop.for_each([](connection& c) { c.close(close_reason::by_us, true); });
    });
    ++times;
  });
  EXPECT_TRUE(pair.server.wait_for_closes(2));
  EXPECT_TRUE(pair.client.wait_for_closes(2));
  pair.server.call([&] { EXPECT_EQ(pair.server.closes.size(), 2u); });
}

/// A ring belongs to the thread that made it.
TEST(turn_scope, who_takes_a_turn_leaves_the_ring_of_the_loop_alone) {
  if (!test::kernel_allows_io_uring()) GTEST_SKIP() << "this kernel forbids io_uring";
  constexpr std::size_t size = 24;
  loop_options options;
  options.io_uring = true;
  crowd_pair pair(size, options);
  std::size_t times = 1;
  pair.say_to_all();
  ASSERT_TRUE(test::wait_until([&] { return pair.heard == size; }));
  const auto together = [&] { return pair.server.counted().writes_together; };
  const auto by_the_loop = together();
  EXPECT_GT(by_the_loop, 0u);
  take_a_turn(pair.server, [&] {
    pair.say_to_all();
    ++times;
  });
  ASSERT_TRUE(test::wait_until([&] { return pair.heard == size * times; }));
  const auto so_far = together();
  pair.server.call(
      [&] { pair.server.loop.for_each([](connection& c) { c.send(make_frame("x")); }); });
  ASSERT_TRUE(test::wait_until([&] { return pair.heard == size * (times + 1); }));
  EXPECT_TRUE(test::wait_until([&] { return together() == so_far + size; }))
      << "the ring is as good as before";
}

TEST(turn_scope, p2_order_holds_whoever_takes_the_turns) {
  constexpr std::uint64_t rounds = 3'000;
  test_loop loop(1);
  loop.start();
  // A busy machine may let no poster run while the loop sleeps: they go on until one did.
  const auto end = std::chrono::steady_clock::now() + patience;
  const auto enough = [&](std::uint64_t n) {
    return n >= rounds &&
           (loop.loop.counters().lent_turns > 0 || std::chrono::steady_clock::now() > end);
  };
  // Each poster's numbers, as they ran: only in turns, so no lock.
  std::array<std::vector<std::uint64_t>, 3> ran;
  std::vector<std::thread> posters;
  for (std::size_t who = 0; who < ran.size(); ++who) {
    posters.emplace_back([&, who] {
      for (std::uint64_t n = 0; !enough(n); ++n) {
        const auto task = [&ran, who, n] { ran[who].push_back(n); };
        if (who == 0) {
          loop.loop.post(task);
        } else {
          const turn_scope scope;
          loop.loop.post_brief(task);
        }
        if (n % 64 == who) std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    });
  }
  for (std::thread& each : posters) each.join();
  loop.call([&] {
    for (const auto& numbers : ran) {
      ASSERT_GE(numbers.size(), rounds);
      for (std::uint64_t n = 0; n < numbers.size(); ++n) ASSERT_EQ(numbers[n], n);
    }
  });
  EXPECT_GT(loop.loop.counters().lent_turns, 0u);
}

}  // namespace
}  // namespace conclave::net
