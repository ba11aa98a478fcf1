/// Slow peers: the outbox fills, says so when it has drained, and has an end; reading can be
/// paused.
#include "tests/net/loop_fixture.h"
#include "tests/net/raw_tls_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>

namespace conclave::net {
namespace {

using std::chrono::milliseconds;

loop_options small_outbox() {
  loop_options options;
  options.outbox_high_bytes = 512 * 1024;
  options.outbox_low_bytes = 64 * 1024;
  options.outbox_max_bytes = 64 * 1024 * 1024;
  return options;
}

/// Starts both sides and connects a client that takes nothing.
connection_id connect_a_paused_reader(loop_pair& pair) {
  pair.start();
  const connection_id reader = pair.connect();
  CONCLAVE_CHECK(pair.server.wait_for_opens(1) && pair.client.wait_for_opens(1), "both are open");
  pair.client.call([&] { pair.client.loop.find(reader)->pause_reading(); });
  return reader;
}

TEST(back_pressure, a_drained_outbox_is_told_once) {
  loop_pair pair(small_outbox());
  pair.client.keep_frames = false;
  const connection_id reader = connect_a_paused_reader(pair);
  pair.server.call([&] {
    pair.server.loop.for_each([&](connection& c) {
      for (int i = 0; i < 200; ++i) c.send(make_frame(std::string(100 * 1024, 'x')));
      EXPECT_GT(c.outbox_bytes(), small_outbox().outbox_high_bytes);
    });
  });
  EXPECT_EQ(pair.server.call([&] { return pair.server.drained; }), 0u);
  pair.client.call([&] { pair.client.loop.find(reader)->resume_reading(); });
  ASSERT_TRUE(pair.server.wait([&] { return pair.server.drained == 1; }));
  EXPECT_EQ(pair.server.call([&] { return pair.server.drained; }), 1u);
  EXPECT_EQ(pair.server.call([&] { return pair.server.closes.size(); }), 0u);
}

/// What a slow peer is spared, he is told of when his outbox has drained: nobody may find it too
/// full to send while it is not full enough to be told of (promise P2). A record that the socket
/// took a part of counts for both.
TEST(back_pressure, an_outbox_that_was_seen_too_full_is_always_told_drained) {
  const loop_options options = small_outbox();
  loop_pair pair(options);
  pair.client.keep_frames = false;
  const connection_id reader = connect_a_paused_reader(pair);
  send_until_stuck(pair.server, std::size_t{32} * 1024);
  pair.server.call([&] {
    pair.server.loop.for_each([&](connection& c) {
      EXPECT_FALSE(c.above_high());
      const std::size_t missing = options.outbox_high_bytes + 1 - c.outbox_bytes();
      c.send(make_frame(std::string(missing - make_frame({}).size(), 'x')));
      EXPECT_EQ(c.outbox_bytes(), options.outbox_high_bytes + 1);
      EXPECT_TRUE(c.above_high());
    });
  });
  EXPECT_EQ(pair.server.call([&] { return pair.server.drained; }), 0u);
  pair.client.call([&] { pair.client.loop.find(reader)->resume_reading(); });
  ASSERT_TRUE(pair.server.wait([&] { return pair.server.drained == 1; }));
  EXPECT_FALSE(pair.server.call([&] {
    bool above = false;
    pair.server.loop.for_each([&](connection& c) { above = c.above_high(); });
    return above;
  }));
}

TEST(back_pressure, a_reader_that_takes_nothing_is_closed_when_the_outbox_is_full) {
  loop_options options = small_outbox();
  options.outbox_max_bytes = 1024 * 1024;
  loop_pair pair(options);
  connect_a_paused_reader(pair);
  send_until_stuck(pair.server, options.outbox_max_bytes);
  ASSERT_TRUE(pair.server.wait_for_closes(1));
  EXPECT_EQ(pair.server.closes[0].reason, close_reason::outbox_overflow);
}

TEST(back_pressure, a_write_without_progress_is_closed_after_the_stall_bound) {
  loop_options options = small_outbox();
  options.write_stall = milliseconds(300);
  loop_pair pair(options);
  connect_a_paused_reader(pair);
  pair.server.call([&] {
    pair.server.loop.for_each([](connection& c) {
      for (int i = 0; i < 300; ++i) c.send(make_frame(std::string(100 * 1024, 'x')));
    });
  });
  ASSERT_TRUE(pair.server.wait_for_closes(1));
  EXPECT_EQ(pair.server.closes[0].reason, close_reason::write_stall);
}

TEST(back_pressure, last_words_that_nobody_takes_are_given_up_after_the_stall_bound) {
  loop_options options = small_outbox();
  options.write_stall = milliseconds(300);
  loop_pair pair(options);
  connect_a_paused_reader(pair);
  pair.server.call([&] {
    pair.server.loop.for_each([](connection& c) {
      for (int i = 0; i < 300; ++i) c.send(make_frame(std::string(100 * 1024, 'x')));
      c.close(close_reason::by_us, true);
    });
  });
  ASSERT_TRUE(pair.server.wait_for_closes(1));
  EXPECT_EQ(pair.server.closes[0].reason, close_reason::by_us);
}

TEST(back_pressure, a_paused_connection_delivers_nothing_until_it_resumes) {
  loop_pair pair;
  constexpr std::size_t count = 2000;
  std::atomic<bool> resumed{false};
  std::atomic<bool> early{false};
  pair.server.frames_hook = [&](connection& c, std::span<const frame_view>) {
    if (!resumed && pair.server.batches > 0) early = true;
    c.pause_reading();
  };
  pair.client.open_hook = [](connection& c) {
    for (std::size_t i = 0; i < count; ++i) c.send(make_frame(std::string(900, 'x'), i + 1));
  };
  pair.start();
  pair.connect();
  ASSERT_TRUE(pair.server.wait([&] { return pair.server.batches == 1; }));
  // Round trips through both loops: anything that would come has come.
  for (int i = 0; i < 20; ++i) {
    pair.client.call([] {});
    pair.server.call([] {});
  }
  EXPECT_FALSE(early);
  EXPECT_EQ(pair.server.call([&] { return pair.server.batches; }), 1u);
  resumed = true;
  while (pair.server.call([&] { return pair.server.frames.size(); }) < count) {
    pair.server.call([&] { pair.server.loop.for_each([](connection& c) { c.resume_reading(); }); });
  }
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(pair.server.frames[i].header.correlation, i + 1);
  }
}

/// OpenSSL writes nothing while half a message of the handshake has come. A peer who leaves it at
/// that while nobody reads him must not keep his connection for ever.
struct half_asked {
  explicit half_asked(loop_options options) : pair(options) {
    pair.server.frames_hook = [](connection& c, std::span<const frame_view> batch) {
      if (batch.front().header.type == frame_type::ping) c.pause_reading();
    };
    pair.start();
    client.emplace(pair.port);
    CONCLAVE_CHECK(client->handshake(good_alpn, TLS1_3_VERSION, &by_hand), "a handshake");
    CONCLAVE_CHECK(pair.server.wait_for_opens(1), "the server agrees");
    std::string both = by_hand.record(23, make_frame("first", 1, frame_type::ping));
    both += by_hand.record(22, key_update.substr(0, 4));
    client->send_plain(both);
    CONCLAVE_CHECK(pair.server.wait_for_frames(1), "the frame has come");
    pair.server.call([&] {
      pair.server.loop.for_each([](connection& c) {
        EXPECT_TRUE(c.reading_paused());
        c.send(make_frame("waits", 2));
      });
    });
  }
  static inline const std::string key_update{"\x18\x00\x00\x01\x00", 5};
  loop_pair pair;
  hand_sealed by_hand;
  std::optional<raw_tls_client> client;
};

TEST(back_pressure, p7_half_a_request_for_new_keys_does_not_keep_a_connection_for_ever) {
  loop_options options = small_outbox();
  options.write_stall = milliseconds(300);
  half_asked peer(options);
  ASSERT_TRUE(peer.pair.server.wait_for_closes(1));
  EXPECT_EQ(peer.pair.server.closes[0].reason, close_reason::write_stall);
}

TEST(back_pressure, the_other_half_of_a_request_for_new_keys_lets_a_write_go_on_while_not_read) {
  half_asked peer(small_outbox());
  peer.client->send_plain(peer.by_hand.record(22, half_asked::key_update.substr(4)));
  EXPECT_EQ(peer.client->read_some(), make_frame("waits", 2));
  EXPECT_EQ(peer.pair.server.call([&] { return peer.pair.server.closes.size(); }), 0u);
}

TEST(back_pressure, a_silent_connection_is_closed_with_a_goaway_and_a_talking_one_is_not) {
  // While a machine stands still everybody is silent: then once more, with more time.
  for (const int ms : {1'500, 5'000}) {
    std::function<void()> talk;
    loop_options options;
    options.idle_timeout = milliseconds(ms);
    loop_pair pair(options);
    pair.server.frames_hook = echo;
    pair.start();
    const connection_id talker = pair.connect();
    pair.connect();
    ASSERT_TRUE(pair.client.wait_for_opens(2));
    pair.client.call([&] {
      talk = [&] {
        connection* c = pair.client.loop.find(talker);
        if (c == nullptr) return;
        c->send(make_frame("still here", 1, frame_type::ping));
        pair.client.loop.after(milliseconds(100), talk);
      };
      talk();
    });
    ASSERT_TRUE(pair.server.wait_for_closes(1));
    EXPECT_EQ(pair.server.closes[0].reason, close_reason::idle_timeout);
    ASSERT_TRUE(pair.client.wait_for_closes(1));
    const bool talks = pair.client.call([&] { return pair.client.loop.find(talker) != nullptr; });
    const auto goaways = pair.client.call([&] {
      return std::count_if(pair.client.frames.begin(), pair.client.frames.end(),
                           [](const seen_frame& f) { return f.header.type == frame_type::goaway; });
    });
    if ((!talks || goaways != 1) && ms < 5'000) continue;
    EXPECT_TRUE(talks);
    EXPECT_EQ(goaways, 1);
    break;
  }
}

}  // namespace
}  // namespace conclave::net
