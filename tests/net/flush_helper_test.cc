/// Large fan-outs whose writes two threads share: every connection gets everything, once and in
/// order, also when some of them take no more or are gone.
#include "net/flush_helper.h"

#include "net/rest_meter.h"
#include "tests/net/io_uring_use.h"
#include "tests/net/loop_fixture.h"
#include "tests/net/raw_tls_client.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

namespace conclave::net {
namespace {

constexpr std::size_t crowd = 48;
constexpr std::int64_t ms = 1'000'000;

loop_options shared_from(std::size_t connections) {
  loop_options options;
  options.share_flush_from = connections;
  return options;
}

/// What each of the client's connections got: the payloads, in order.
class heard {
 public:
  void watch(test_loop& client) {
    client.keep_frames = false;
    client.frames_hook = [this](connection& c, std::span<const frame_view> batch) {
      for (const frame_view& f : batch) {
        by_[c.id()].push_back(f.header.correlation);
        ++frames_;
      }
    };
  }
  bool wait_for(test_loop& client, std::size_t frames) {
    return test::wait_until([&] { return client.call([&] { return frames_; }) >= frames; });
  }
  std::map<connection_id, std::vector<std::uint64_t>> by_;
  std::size_t frames_ = 0;
};

/// Gives frame `number` to all, in one iteration, after `first` in the same one.
void say_to_all(
    test_loop& server, std::uint64_t number, const std::string& payload,
    std::function<void()> first = [] {}) {
  server.loop.post([&server, number, payload, first = std::move(first)] {
    first();
    const loop_buffer_ref frame(make_frame(payload, number));
    server.loop.for_each([&](connection& c) { c.send(frame, 0, frame.bytes().size()); });
  });
}

bool rests(test_loop& server) {
  return test::wait_until([&] { return server.call([&] { return server.loop.rests(); }); });
}

TEST(flush_helper, two_threads_share_a_fan_out_and_each_connection_gets_all_of_it) {
  constexpr std::uint64_t rounds = 300;
  loop_pair pair(shared_from(8));
  heard all;
  all.watch(pair.client);
  pair.start();
  for (std::size_t i = 0; i < crowd; ++i) pair.connect();
  ASSERT_TRUE(pair.server.wait_for_opens(crowd));
  for (std::uint64_t n = 1; n <= rounds; ++n) {
    if (n % 50 == 1) {
      ASSERT_TRUE(rests(pair.server));
    }
    say_to_all(pair.server, n, "to everybody");
    ASSERT_TRUE(all.wait_for(pair.client, crowd * n));
  }
  std::vector<std::uint64_t> in_order(rounds);
  for (std::uint64_t n = 1; n <= rounds; ++n) in_order[n - 1] = n;
  pair.client.call([&] {
    EXPECT_EQ(all.by_.size(), crowd);
    for (const auto& [id, numbers] : all.by_) EXPECT_EQ(numbers, in_order);
  });
  const loop_counters counters = pair.server.counted();
  EXPECT_EQ(counters.writes, crowd * rounds);
  EXPECT_GT(counters.shared_writes, 0u);
  EXPECT_LT(counters.shared_writes, counters.writes) << "the loop takes part";
}

/// With a helper and without; by calls of io_uring and without.
class fan_out : public testing::TestWithParam<std::tuple<bool, bool>> {
 protected:
  const bool shared = std::get<0>(GetParam());
  const bool together = std::get<1>(GetParam());

  loop_options options() const {
    loop_options o = shared_from(shared ? 8 : 0);
    o.io_uring = together;
    return o;
  }
  void expect_it_was_written_so(test_loop& server) const {
    const loop_counters counters = server.counted();
    EXPECT_EQ(counters.shared_writes > 0, shared);
    EXPECT_EQ(counters.writes_together > 0, together && test::kernel_allows_io_uring());
  }
};

TEST_P(fan_out, p2_who_takes_no_more_gets_the_rest_later_and_who_is_gone_ends) {
  loop_options roomy = options();
  roomy.outbox_max_bytes = 64 * 1024 * 1024;
  loop_pair pair(roomy);
  heard all;
  all.watch(pair.client);
  pair.start();
  std::vector<connection_id> people;
  for (std::size_t i = 0; i < crowd; ++i) people.push_back(pair.connect());
  ASSERT_TRUE(pair.server.wait_for_opens(crowd));
  ASSERT_TRUE(pair.client.wait_for_opens(crowd));
  const connection_id slow = people[3];
  const connection_id gone = people[20];
  pair.client.call([&] { pair.client.loop.find(slow)->pause_reading(); });
  const std::string body(15'000, 'x');
  const auto waiting = [&] {
    return pair.server.call([&] {
      std::size_t bytes = 0;
      pair.server.loop.for_each([&](connection& c) { bytes += c.outbox_bytes(); });
      return bytes;
    });
  };
  std::size_t others = crowd - 1;
  std::size_t expected = 0;
  std::uint64_t rounds = 0;
  // Until the slow one's socket is full, which is a matter of the kernel's settings.
  while (rounds < 150 || (waiting() == 0 && rounds < 4000)) {
    const std::uint64_t n = ++rounds;
    if (shared && n % 50 == 1) {
      ASSERT_TRUE(rests(pair.server));
    }
    if (n == 100) {
      pair.client.call([&] { pair.client.loop.find(gone)->close(close_reason::by_us, false); });
      ASSERT_TRUE(pair.server.wait_for_closes(1));
      --others;
    }
    say_to_all(pair.server, n, body);
    expected += others;
    ASSERT_TRUE(all.wait_for(pair.client, expected));
  }
  ASSERT_GT(waiting(), 0u) << "the slow one's socket was never full";
  pair.client.call([&] { pair.client.loop.find(slow)->resume_reading(); });
  ASSERT_TRUE(all.wait_for(pair.client, expected + rounds));
  pair.client.call([&] {
    for (const auto& [id, numbers] : all.by_) {
      ASSERT_EQ(numbers.size(), id == gone ? 99u : rounds);
      for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i + 1);
    }
  });
  expect_it_was_written_so(pair.server);
}

TEST_P(fan_out, p7_one_who_is_gone_amid_it_costs_his_neighbours_nothing) {
  loop_pair pair(options());
  heard all;
  all.watch(pair.client);
  pair.start();
  for (std::size_t i = 0; i < crowd / 2; ++i) pair.connect();
  ASSERT_TRUE(pair.server.wait_for_opens(crowd / 2));
  raw_tls_client gone(pair.port);
  ASSERT_TRUE(gone.handshake(good_alpn));
  ASSERT_TRUE(pair.server.wait_for_opens(crowd / 2 + 1));
  for (std::size_t i = crowd / 2; i < crowd; ++i) pair.connect();
  ASSERT_TRUE(pair.server.wait_for_opens(crowd + 1));
  if (shared) {
    ASSERT_TRUE(rests(pair.server));
  }
  // After the iteration's look at the sockets, before its flush.
  say_to_all(pair.server, 1, "to everybody who is left", [&] { gone.reset(); });
  ASSERT_TRUE(pair.server.wait_for_closes(1));
  EXPECT_EQ(pair.server.closes[0].reason, close_reason::by_peer);
  say_to_all(pair.server, 2, "and again");
  ASSERT_TRUE(all.wait_for(pair.client, 2 * crowd));
  pair.client.call([&] {
    EXPECT_EQ(all.by_.size(), crowd);
    for (const auto& [id, numbers] : all.by_)
      EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2}));
  });
}

INSTANTIATE_TEST_SUITE_P(, fan_out, testing::Combine(testing::Bool(), testing::Bool()));

TEST(flush_helper, a_small_fan_out_is_the_loops_own) {
  loop_pair pair(shared_from(crowd));
  heard all;
  all.watch(pair.client);
  pair.start();
  for (std::size_t i = 0; i + 1 < crowd; ++i) pair.connect();
  ASSERT_TRUE(pair.server.wait_for_opens(crowd - 1));
  ASSERT_TRUE(rests(pair.server));
  say_to_all(pair.server, 1, "few");
  ASSERT_TRUE(all.wait_for(pair.client, crowd - 1));
  EXPECT_EQ(pair.server.counted().shared_writes, 0u);
}

TEST(rest_meter, half_of_a_window_asleep_is_rest) {
  rest_meter meter;
  EXPECT_FALSE(meter.rests()) << "nothing is known yet";
  std::int64_t now = 1000 * ms;
  meter.note(0, now);  // the first window is as long as the clock is old
  const auto spend = [&](std::int64_t asleep, std::int64_t busy) {
    now += asleep + busy;
    meter.note(asleep, now);
  };
  for (int i = 0; i < 20; ++i) spend(3 * ms, 2 * ms);
  EXPECT_TRUE(meter.rests());
  for (int i = 0; i < 30; ++i) spend(0, 2 * ms);
  EXPECT_FALSE(meter.rests());
  spend(500 * ms, 1 * ms);
  EXPECT_TRUE(meter.rests()) << "one long sleep";
}

}  // namespace
}  // namespace conclave::net
