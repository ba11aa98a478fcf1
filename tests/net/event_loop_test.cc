/// Loops with real TLS sockets on 127.0.0.1: what goes in comes out, in few writes, in order.
#include "net/event_loop.h"

#include "tests/net/loop_fixture.h"
#include "tests/net/raw_tls_client.h"

#include <gtest/gtest.h>

#include <atomic>

namespace conclave::net {
namespace {

TEST(event_loop, frames_come_back_from_an_echo) {
  loop_pair pair;
  pair.server.frames_hook = echo;
  pair.client.open_hook = [](connection& c) { c.send(make_frame("hello", 5)); };
  pair.start();
  const connection_id id = pair.connect();
  ASSERT_TRUE(pair.client.wait_for_frames(1));
  EXPECT_EQ(pair.client.frames[0].payload, "hello");
  EXPECT_EQ(pair.client.frames[0].header.correlation, 5u);
  EXPECT_EQ(pair.client.opened[0], id);
  pair.server.call([&] {
    pair.server.loop.for_each([](connection& c) {
      EXPECT_EQ(c.tag(), 7u);
      EXPECT_EQ(c.peer().substr(0, 10), "127.0.0.1:");
    });
  });
}

TEST(event_loop, a_thousand_small_frames_leave_in_few_writes) {
  loop_pair pair;
  pair.server.frames_hook = echo;
  constexpr std::size_t count = 1000;
  pair.client.open_hook = [](connection& c) {
    for (std::size_t i = 0; i < count; ++i) c.send(make_frame(std::string(30, 'x'), i + 1));
  };
  pair.start();
  pair.connect();
  ASSERT_TRUE(pair.client.wait_for_frames(count));
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(pair.client.frames[i].header.correlation, i + 1);
  }
  // 46 000 bytes are three records; one iteration queued them all.
  EXPECT_LE(pair.client.counted().writes, 4u);
  EXPECT_LE(pair.server.counted().writes, 10u);
  EXPECT_EQ(pair.server.counted().frames_in, count);
}

TEST(event_loop, big_frames_arrive_whole) {
  loop_pair pair;
  constexpr std::size_t big = 400 * 1024;
  pair.server.open_hook = [](connection& c) { c.set_max_frame(limits::max_answer_bytes); };
  pair.server.frames_hook = echo;
  pair.client.open_hook = [](connection& c) {
    for (char letter : {'a', 'b', 'c'}) c.send(make_frame(std::string(big, letter)));
    c.send(make_frame("small"));
  };
  pair.start();
  pair.connect();
  ASSERT_TRUE(pair.client.wait_for_frames(4));
  EXPECT_EQ(pair.client.frames[0].payload, std::string(big, 'a'));
  EXPECT_EQ(pair.client.frames[2].payload, std::string(big, 'c'));
  EXPECT_EQ(pair.client.frames[3].payload, "small");
}

TEST(event_loop, one_buffer_reaches_many_connections) {
  loop_pair pair;
  constexpr std::size_t connections = 20;
  pair.start();
  for (std::size_t i = 0; i < connections; ++i) pair.connect();
  ASSERT_TRUE(pair.server.wait_for_opens(connections));
  pair.server.call([&] {
    const std::string one = make_frame("one");
    const std::string two = make_frame("two");
    const loop_buffer_ref shared(one + two);
    pair.server.loop.for_each([&](connection& c) {
      c.send(shared, 0, one.size());
      c.send(shared, one.size(), two.size());
    });
  });
  ASSERT_TRUE(pair.client.wait_for_frames(2 * connections));
  EXPECT_EQ(pair.server.counted().writes, connections);
}

TEST(event_loop, a_stale_id_finds_nothing_after_its_slot_is_reused) {
  loop_pair pair;
  pair.start();
  const connection_id first = pair.connect();
  ASSERT_TRUE(pair.client.wait_for_opens(1));
  pair.client.call([&] { pair.client.loop.find(first)->close(close_reason::by_us, false); });
  ASSERT_TRUE(pair.client.wait_for_closes(1));
  const connection_id second = pair.connect();
  ASSERT_TRUE(pair.client.wait_for_opens(2));
  EXPECT_EQ(first.value & 0xffffff, second.value & 0xffffff) << "the slot is reused";
  pair.client.call([&] {
    EXPECT_EQ(pair.client.loop.find(first), nullptr);
    ASSERT_NE(pair.client.loop.find(second), nullptr);
    EXPECT_EQ(pair.client.loop.find({}), nullptr);
    EXPECT_EQ(pair.client.loop.find({second.value ^ (std::uint64_t{1} << 56)}), nullptr)
        << "an id of another loop";
  });
}

TEST(event_loop, posts_of_each_thread_run_in_order) {
  test_loop loop(1);
  loop.start();
  constexpr int threads = 4;
  constexpr int posts = 5000;
  std::vector<int> last(threads, -1);
  std::atomic<bool> in_order{true};
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < posts; ++i) {
        loop.loop.post([&, t, i] {
          if (last[static_cast<std::size_t>(t)] != i - 1) in_order = false;
          last[static_cast<std::size_t>(t)] = i;
        });
      }
    });
  }
  for (std::thread& t : posters) t.join();
  const std::vector<int> seen = loop.call([&] { return last; });
  EXPECT_EQ(seen, std::vector<int>(threads, posts - 1));
  EXPECT_TRUE(in_order);
}

TEST(event_loop, a_delayed_task_runs_after_its_delay) {
  test_loop loop(1);
  loop.start();
  std::promise<std::chrono::steady_clock::duration> ran;
  const auto begin = std::chrono::steady_clock::now();
  loop.loop.post([&] {
    loop.loop.after(std::chrono::milliseconds(150),
                    [&] { ran.set_value(std::chrono::steady_clock::now() - begin); });
  });
  auto future = ran.get_future();
  ASSERT_EQ(future.wait_for(patience), std::future_status::ready);
  EXPECT_GE(future.get(), std::chrono::milliseconds(150));
}

TEST(event_loop, a_task_at_a_moment_runs_then_and_in_its_turn) {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  test_loop loop(1);
  loop.start();
  std::vector<int> ran;
  std::vector<steady_clock::duration> late;
  std::promise<void> all;
  const auto begin = steady_clock::now();
  const auto at = [&](int ms, auto then) {
    loop.loop.at(begin + milliseconds(ms), [&, ms, then] {
      ran.push_back(ms);
      late.push_back(steady_clock::now() - begin - milliseconds(ms));
      then();
    });
  };
  loop.loop.post([&] {
    at(30, [&] { at(45, [&] { all.set_value(); }); });
    at(20, [] {});
    at(40, [] {});
    at(-5, [] {});  // overdue already
  });
  ASSERT_EQ(all.get_future().wait_for(patience), std::future_status::ready);
  loop.call([&] {
    EXPECT_EQ(ran, (std::vector<int>{-5, 20, 30, 40, 45}));
    for (const auto& by : late) EXPECT_GE(by, milliseconds(0));
  });
}

TEST(event_loop, stop_flushes_what_was_queued_and_closes_every_connection_once) {
  loop_pair pair;
  pair.start();
  pair.connect();
  pair.connect();
  ASSERT_TRUE(pair.server.wait_for_opens(2));
  pair.server.loop.post(
      [&] { pair.server.loop.for_each([](connection& c) { c.send(make_frame("goodbye")); }); });
  pair.server.stop();
  EXPECT_EQ(pair.server.closes.size(), 2u);
  EXPECT_EQ(pair.server.closes[0].reason, close_reason::by_us);
  EXPECT_EQ(pair.server.loop.counters().connections, 0u);
  ASSERT_TRUE(pair.client.wait_for_closes(2));
  EXPECT_EQ(pair.client.frames.size(), 2u);
  EXPECT_EQ(pair.client.closes[0].reason, close_reason::by_peer);
}

TEST(event_loop, closing_with_flush_delivers_what_was_queued) {
  loop_pair pair;
  pair.client.keep_frames = false;
  constexpr std::size_t big = 500 * 1024;
  std::atomic<std::size_t> received{0};
  pair.client.frames_hook = [&](connection&, std::span<const frame_view> batch) {
    for (const frame_view& f : batch) received += f.payload.size();
  };
  pair.server.open_hook = [](connection& c) {
    for (int i = 0; i < 10; ++i) c.send(make_frame(std::string(big, 'x')));
    c.close(close_reason::by_us, true);
    c.send(make_frame("too late"));
  };
  pair.start();
  pair.connect();
  ASSERT_TRUE(pair.client.wait_for_closes(1));
  EXPECT_EQ(pair.client.closes[0].reason, close_reason::by_peer);
  EXPECT_EQ(received, 10 * big);
  ASSERT_TRUE(pair.server.wait_for_closes(1));
  EXPECT_EQ(pair.server.closes[0].reason, close_reason::by_us);
}

TEST(event_loop, frames_after_a_close_are_not_delivered) {
  loop_pair pair;
  std::atomic<int> batches{0};
  pair.server.frames_hook = [&](connection& c, std::span<const frame_view>) {
    ++batches;
    c.close(close_reason::by_us, false);
  };
  pair.client.open_hook = [](connection& c) {
    // More than one read budget: without the close there would be several batches.
    for (int i = 0; i < 300; ++i) c.send(make_frame(std::string(1000, 'x')));
  };
  pair.start();
  pair.connect();
  ASSERT_TRUE(pair.client.wait_for_closes(1));
  EXPECT_EQ(batches, 1);
}

TEST(event_loop, replaced_certificates_serve_new_connections_and_keep_the_old) {
  loop_pair pair;
  pair.server.frames_hook = echo;
  pair.start();
  const connection_id first = pair.connect();
  ASSERT_TRUE(pair.client.wait_for_opens(1));

  const auto files = certificates().issue("other-host", "DNS:other.example");
  auto other = tls_context::server({files.certificate_file, files.key_file});
  ASSERT_TRUE(other.ok());
  pair.server.call([&] { pair.server.loop.replace_tls(7, other.value()); });

  pair.connect();
  ASSERT_TRUE(pair.client.wait_for_closes(1));
  EXPECT_EQ(pair.client.closes[0].detail,
            "the server's certificate is not made out to 'localhost'");
  pair.client.call([&] { pair.client.loop.find(first)->send(make_frame("still here")); });
  ASSERT_TRUE(pair.client.wait_for_frames(1));
  EXPECT_EQ(pair.client.frames[0].payload, "still here");
}

TEST(event_loop, a_port_in_use_is_noticed_before_it_is_shared) {
  loop_pair pair;
  pair.start();
  EXPECT_FALSE(event_loop::check_port_is_free("127.0.0.1", pair.port));
  test_loop sibling(3);
  EXPECT_TRUE(sibling.loop.listen("127.0.0.1", pair.port, server_tls(), 1).ok());
  pair.server.stop();
  sibling.loop.close_listeners();
  EXPECT_TRUE(event_loop::check_port_is_free("127.0.0.1", pair.port));
}

TEST(event_loop, after_close_listeners_nobody_new_comes_in_and_the_others_stay) {
  loop_pair pair;
  pair.server.frames_hook = echo;
  pair.start();
  const connection_id first = pair.connect();
  ASSERT_TRUE(pair.client.wait_for_opens(1));
  pair.server.call([&] { pair.server.loop.close_listeners(); });
  pair.connect();
  ASSERT_TRUE(pair.client.wait_for_closes(1));
  EXPECT_EQ(pair.client.closes[0].reason, close_reason::connect_failed);
  pair.client.call([&] { pair.client.loop.find(first)->send(make_frame("x")); });
  EXPECT_TRUE(pair.client.wait_for_frames(1));
}

}  // namespace
}  // namespace conclave::net
