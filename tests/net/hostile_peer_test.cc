/// Bad input costs the sender only: each peer here is closed in bounded time, counted, and told why
/// where that is possible.
#include "schemas/codec.h"
#include "schemas/session_messages.h"
#include "tests/net/loop_fixture.h"
#include "tests/net/raw_tls_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <sys/resource.h>
#include <thread>

namespace conclave::net {
namespace {

using std::chrono::milliseconds;

class lone_server {
 public:
  explicit lone_server(const loop_options& options = {}, bool allow_tls12 = false)
      : loop(1, options) {
    auto listening = loop.loop.listen("127.0.0.1", 0, server_tls(allow_tls12), 7);
    CONCLAVE_CHECK(listening.ok(), "a free port can be listened on");
    port = listening.value();
    loop.frames_hook = echo;
    loop.open_hook = [this](connection& c) {
      if (max_frame != 0) c.set_max_frame(max_frame);
    };
    loop.start();
  }
  test_loop loop;
  std::uint16_t port = 0;
  std::atomic<std::uint32_t> max_frame{0};  // 0: as a connection starts
};

TEST(hostile_peer, one_that_connects_and_says_nothing_is_closed_at_the_handshake_deadline) {
  loop_options options;
  options.handshake_timeout = milliseconds(200);
  lone_server server(options);
  raw_tls_client silent(server.port);
  EXPECT_EQ(silent.read_plain(), "");
  ASSERT_TRUE(server.loop.wait_for_closes(1));
  EXPECT_EQ(server.loop.closes[0].reason, close_reason::handshake_timeout);
  EXPECT_EQ(server.loop.closes[0].detail, "no TLS handshake within 200 ms");
  EXPECT_EQ(server.loop.loop.counters().handshakes_failed, 1u);
}

TEST(hostile_peer, half_a_client_hello_is_closed_at_the_handshake_deadline) {
  loop_options options;
  options.handshake_timeout = milliseconds(200);
  lone_server server(options);
  raw_tls_client half(server.port);
  half.send_plain(std::string("\x16\x03\x01\x01\x00\x01\x00", 7));
  EXPECT_EQ(half.read_plain(), "");
  ASSERT_TRUE(server.loop.wait_for_closes(1));
  EXPECT_EQ(server.loop.closes[0].reason, close_reason::handshake_timeout);
}

TEST(hostile_peer, plain_text_is_closed_and_counted) {
  lone_server server;
  raw_tls_client plain(server.port);
  plain.send_plain("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  plain.read_plain();
  ASSERT_TRUE(server.loop.wait_for_closes(1));
  EXPECT_EQ(server.loop.closes[0].reason, close_reason::handshake_failed);
  EXPECT_EQ(server.loop.closes[0].detail, "the other side does not speak TLS");

  raw_tls_client frames(server.port);
  frames.send_plain(make_frame("a frame without TLS"));
  frames.read_plain();
  ASSERT_TRUE(server.loop.wait_for_closes(2));
  EXPECT_EQ(server.loop.loop.counters().handshakes_failed, 2u);
  EXPECT_TRUE(server.loop.opened.empty());
}

TEST(hostile_peer, another_alpn_name_is_refused) {
  lone_server server;
  raw_tls_client other(server.port);
  EXPECT_FALSE(other.handshake("\x02h2\x08http/1.1"));
  ASSERT_TRUE(server.loop.wait_for_closes(1));
  EXPECT_EQ(server.loop.closes[0].reason, close_reason::handshake_failed);
  EXPECT_EQ(server.loop.closes[0].detail, "the client does not offer conclave/1 (ALPN)");
}

TEST(hostile_peer, no_alpn_at_all_is_refused) {
  lone_server server;
  raw_tls_client none(server.port);
  EXPECT_FALSE(none.handshake(""));
  ASSERT_TRUE(server.loop.wait_for_closes(1));
  EXPECT_EQ(server.loop.closes[0].detail, "the client does not offer conclave/1 (ALPN)");
}

TEST(hostile_peer, conclave_among_other_alpn_names_is_accepted) {
  lone_server server;
  raw_tls_client both(server.port);
  EXPECT_TRUE(both.handshake("\x02h2" + good_alpn));
  EXPECT_TRUE(server.loop.wait_for_opens(1));
}

TEST(hostile_peer, tls_12_is_refused_unless_it_is_allowed) {
  lone_server strict;
  raw_tls_client old(strict.port);
  EXPECT_FALSE(old.handshake(good_alpn, TLS1_2_VERSION));
  ASSERT_TRUE(strict.loop.wait_for_closes(1));
  EXPECT_EQ(strict.loop.closes[0].detail, "the client offers no TLS version that is allowed here");

  lone_server lenient({}, true);
  raw_tls_client welcome(lenient.port);
  ASSERT_TRUE(welcome.handshake(good_alpn, TLS1_2_VERSION));
  EXPECT_STREQ(welcome.version(), "TLSv1.2");
  raw_tls_client ancient(lenient.port);
  EXPECT_FALSE(ancient.handshake(good_alpn, TLS1_1_VERSION));
}

/// What a client reads until the server closes: the ERROR frame behind the echo of the good frame.
void expect_error(const std::string& bad, errc code) {
  lone_server server;
  raw_tls_client client(server.port);
  ASSERT_TRUE(client.handshake(good_alpn));
  const std::string good = make_frame("good", 9);
  ASSERT_TRUE(client.write(good + bad));
  const std::string answer = client.read_all();
  ASSERT_GT(answer.size(), good.size() + frame_header_size);
  EXPECT_EQ(answer.substr(0, good.size()), good);
  const frame_header header = read_frame_header(answer.data() + good.size());
  EXPECT_EQ(header.type, frame_type::error);
  EXPECT_EQ(header.correlation, 0u);
  EXPECT_EQ(good.size() + frame_length_size + header.length, answer.size()) << "one frame, no more";
  const auto error = decode<error_answer>(answer.substr(good.size() + frame_header_size));
  ASSERT_TRUE(error.ok());
  EXPECT_EQ(error->code, code);
  ASSERT_TRUE(server.loop.wait_for_closes(1));
  EXPECT_EQ(server.loop.closes[0].reason, close_reason::malformed);
  EXPECT_EQ(server.loop.loop.counters().malformed, 1u);
}

TEST(hostile_peer, a_malformed_frame_is_answered_with_one_error_frame) {
  expect_error(std::string(300, '\0'), errc::malformed);
}

TEST(hostile_peer, a_frame_above_the_bound_is_answered_with_one_error_frame) {
  expect_error("\xff\xff\xff\xff" + std::string(300, 'x'), errc::frame_too_large);
}

TEST(hostile_peer, a_stranger_may_not_send_big_frames_before_login) {
  expect_error(make_frame(std::string(limits::max_frame_bytes_before_login, 'x')),
               errc::frame_too_large);
}

TEST(hostile_peer, another_frame_version_is_answered_with_one_error_frame) {
  std::string frame = make_frame("x");
  frame[frame_length_size] = 2;
  expect_error(frame, errc::unsupported_version);
}

TEST(hostile_peer, last_words_arrive_though_the_peer_has_sent_more) {
  lone_server server;
  server.max_frame = limits::max_frame_bytes;
  raw_tls_client client(server.port);
  ASSERT_TRUE(client.handshake(good_alpn));
  const std::string good = make_frame(std::string(60'000, 'x'));
  constexpr std::size_t count = 60;
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(client.write(good));
  // The server stops reading at the first of these; the rest is unread when it closes, which must
  // not reset the connection while megabytes are on their way.
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.write(std::string(10'000, '\0')));
  const std::string answer = client.read_all();
  ASSERT_GT(answer.size(), count * good.size() + frame_header_size);
  EXPECT_EQ(read_frame_header(answer.data() + count * good.size()).type, frame_type::error);
}

TEST(hostile_peer, a_broken_record_closes_this_connection_only) {
  lone_server server;
  raw_tls_client bystander(server.port);
  ASSERT_TRUE(bystander.handshake(good_alpn));
  raw_tls_client client(server.port);
  ASSERT_TRUE(client.handshake(good_alpn));
  ASSERT_TRUE(server.loop.wait_for_opens(2));
  client.send_plain(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  ASSERT_TRUE(server.loop.wait_for_closes(1));
  EXPECT_EQ(server.loop.closes[0].reason, close_reason::malformed);
  const std::string frame = make_frame("unharmed");
  ASSERT_TRUE(bystander.write(frame));
  ASSERT_TRUE(server.loop.wait_for_frames(1));
  EXPECT_EQ(server.loop.frames[0].payload, "unharmed");
}

TEST(hostile_peer, connections_beyond_the_bound_are_closed_at_once) {
  loop_options options;
  options.max_connections = 1;
  lone_server server(options);
  raw_tls_client first(server.port);
  ASSERT_TRUE(first.handshake(good_alpn));
  raw_tls_client second(server.port);
  EXPECT_FALSE(second.handshake(good_alpn));
  EXPECT_EQ(server.loop.loop.counters().refused, 1u);
}

TEST(hostile_peer, a_storm_of_handshakes_gets_through) {
  loop_pair pair;
  pair.server.frames_hook = echo;
  pair.client.open_hook = [](connection& c) { c.send(make_frame("in")); };
  pair.start();
  constexpr std::size_t count = 100;
  pair.client.call([&] {
    const auto tls = client_tls();
    for (std::size_t i = 0; i < count; ++i) {
      pair.client.loop.connect("127.0.0.1", pair.port, tls, "localhost", 1);
    }
  });
  EXPECT_TRUE(pair.client.wait_for_frames(count));
  EXPECT_EQ(pair.server.loop.counters().handshakes_failed, 0u);
}

/// What the loop's thread has worked so far; a machine that stands still adds nothing to it.
std::chrono::nanoseconds worked(test_loop& loop) {
  return loop.call([]() -> std::chrono::nanoseconds {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  });
}

/// The records are made beforehand: they come faster than a server can take them.
TEST(hostile_peer, p7_a_flood_of_new_keys_holds_up_nobody_else) {
  lone_server server;
  raw_tls_client honest(server.port);
  ASSERT_TRUE(honest.handshake(good_alpn));
  hand_sealed by_hand;
  raw_tls_client flooding(server.port);
  ASSERT_TRUE(flooding.handshake(good_alpn, TLS1_3_VERSION, &by_hand));
  ASSERT_TRUE(server.loop.wait_for_opens(2));
  std::string flood;
  for (int i = 0; i < 400'000; ++i) {
    // 29 bytes: what OpenSSL reads ahead never ends where one of them does.
    flood += by_hand.record(22, std::string("\x18\x00\x00\x01\x00", 5), 2);
    by_hand.take_new_keys();
  }
  const auto before = worked(server.loop);
  std::thread sender([&] { flooding.send_plain(flood); });
  EXPECT_TRUE(server.loop.wait_for_closes(1));
  const std::string ping = make_frame("still here?", 9);
  EXPECT_TRUE(honest.write(ping));
  EXPECT_EQ(honest.read_some(), ping);
  EXPECT_LT(worked(server.loop) - before, milliseconds(250));
  sender.join();
  ASSERT_GE(server.loop.closes.size(), 1u);
  EXPECT_EQ(server.loop.closes[0].reason, close_reason::malformed);
  EXPECT_EQ(server.loop.closes[0].detail, "too many messages of TLS itself");
}

TEST(hostile_peer, new_keys_now_and_then_are_welcome) {
  lone_server server;
  raw_tls_client client(server.port);
  ASSERT_TRUE(client.handshake(good_alpn));
  const std::string ping = make_frame("ping", 9);
  for (std::uint32_t i = 0; i < limits::tls_messages_per_minute; ++i) {
    ASSERT_TRUE(i % 2 == 0 ? client.take_new_keys() : client.ask_for_new_keys()) << i;
    ASSERT_TRUE(client.write(ping));
    ASSERT_EQ(client.read_some(), ping);
  }
}

TEST(hostile_peer, without_descriptors_the_loop_sheds_connections_and_recovers) {
  lone_server server;
  const unique_fd waiting(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const unique_fd last(::dup(waiting.get()));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(last.get());  // every lower number is taken or refused
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  auto address = resolve("127.0.0.1", server.port);
  const timeval limit{60, 0};
  ::setsockopt(waiting.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ASSERT_EQ(::connect(waiting.get(), address->front().get(), address->front().size), 0);
  char byte = 0;
  EXPECT_EQ(::recv(waiting.get(), &byte, 1, 0), 0) << "closed politely, not left waiting";
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_GE(server.loop.loop.counters().refused, 1u);

  raw_tls_client later(server.port);
  EXPECT_TRUE(later.handshake(good_alpn));
}

}  // namespace
}  // namespace conclave::net
