/// The door over real TLS: where it sends people, what it does to strangers who say something else,
/// and that somebody listens at every moment of a change.
#include "actors/door.h"

#include "tests/support/gateway_fixture.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace conclave::actors {
namespace {

using test::certificates_of_process;
using test::gateway_world;
using test::wait_until;
using test::wire_client;
using test::wire_frame;

std::shared_ptr<const net::tls_context> server_tls() {
  auto tls = net::tls_context::server(
      {certificates_of_process().certificate_file(), certificates_of_process().key_file(), false});
  CONCLAVE_CHECK(tls.ok(), "the test certificate is usable");
  return *tls;
}

door_options options_for(std::string leader) {
  door_options o;
  o.client = {"127.0.0.1", 0};
  o.admin = {"127.0.0.1", 0};
  o.tls = server_tls();
  o.node_name = "under test";
  o.leader = [leader] { return leader; };
  return o;
}

/// The last frame before the door closed the connection; nothing when it did not.
std::optional<wire_frame> last_words(wire_client& client) {
  std::optional<wire_frame> words;
  while (auto frame = client.next()) words = std::move(frame);
  return client.closed() ? words : std::nullopt;
}

TEST(door, a_hello_is_sent_on_to_the_leader) {
  door d(options_for("chat2.example.org:7443"));
  const auto ports = d.start();
  ASSERT_TRUE(ports.ok()) << ports.error().detail;
  wire_client client(ports->client);
  ASSERT_TRUE(client.send(77, hello{}));
  const auto words = last_words(client);
  ASSERT_TRUE(words && words->is(frame_type::error));
  EXPECT_EQ(words->header.correlation, 77u);
  const auto error = words->as<error_answer>();
  EXPECT_EQ(error->code, errc::not_leading);
  EXPECT_EQ(error->kind, error_class::retry);
  EXPECT_EQ(error->leader, "chat2.example.org:7443");
  EXPECT_EQ(error->retry_after_ms, 200u);
  EXPECT_EQ(d.counters().sent_on, 1u);
}

TEST(door, without_a_leader_it_says_so_and_asks_for_more_time) {
  door d(options_for(""));
  const auto ports = d.start();
  ASSERT_TRUE(ports.ok());
  wire_client client(ports->client);
  const auto words = client.ask(hello{});
  ASSERT_TRUE(words && words->is(frame_type::error));
  EXPECT_EQ(words->code(), errc::not_leading);
  EXPECT_EQ(words->as<error_answer>()->leader, "");
  EXPECT_EQ(words->as<error_answer>()->retry_after_ms, 1000u);
  EXPECT_EQ(d.counters().sent_away, 1u);
}

TEST(door, operators_are_not_sent_to_a_place_for_users) {
  door d(options_for("chat2.example.org:7443"));
  const auto ports = d.start();
  ASSERT_TRUE(ports.ok());
  wire_client client(ports->admin);
  const auto words = client.ask(hello{});
  ASSERT_TRUE(words && words->is(frame_type::error));
  EXPECT_EQ(words->code(), errc::not_leading);
  EXPECT_EQ(words->as<error_answer>()->leader, "");
}

TEST(door, p7_whatever_else_a_stranger_says_ends_his_connection_with_one_clear_word) {
  door d(options_for("a:1"));
  const auto ports = d.start();
  ASSERT_TRUE(ports.ok());
  const auto words_to = [&](const std::string& bytes) {
    wire_client client(ports->client);
    client.send_bytes(bytes);
    const auto words = last_words(client);
    EXPECT_TRUE(words.has_value());
    // What ends the connection for its own sake speaks of no request.
    if (words && words->code() != errc::not_leading) {
      EXPECT_EQ(words->header.correlation, 0u);
    }
    return words ? words->code() : errc::ok;
  };
  const auto encoded = [](const auto& message) {
    std::string out;
    append_frame(out, 1, message);
    return out;
  };
  login early;
  early.token = "cv1.1.7.1.x";
  EXPECT_EQ(words_to(encoded(early)), errc::unexpected_frame);
  EXPECT_EQ(words_to(encoded(ping{})), errc::unexpected_frame);
  hello later;
  later.min_version = later.max_version = 9;
  EXPECT_EQ(words_to(encoded(later)), errc::unsupported_version);
  std::string broken = encoded(hello{});
  broken[16] = '\xc1';
  EXPECT_EQ(words_to(broken), errc::malformed);
  std::string large = encoded(hello{});
  large[2] = '\x7f';
  EXPECT_EQ(words_to(large), errc::frame_too_large);
  EXPECT_EQ(words_to(encoded(hello{}) + encoded(early)), errc::not_leading) << "the first settles";
}

TEST(door, its_connections_are_bounded) {
  door_options o = options_for("a:1");
  o.max_connections = 1;
  door d(std::move(o));
  const auto ports = d.start();
  ASSERT_TRUE(ports.ok());
  wire_client first(ports->client);
  ASSERT_TRUE(first.connected());
  wire_client second(ports->client);
  EXPECT_FALSE(second.connected());
  EXPECT_EQ(d.counters().refused, 1u);
  EXPECT_EQ(first.ask(hello{})->code(), errc::not_leading);
}

TEST(door, a_port_that_a_stranger_holds_is_noticed) {
  door first(options_for(""));
  const auto ports = first.start();
  ASSERT_TRUE(ports.ok());
  door_options o = options_for("");
  o.client.port = ports->client;
  door second(std::move(o));
  EXPECT_FALSE(second.start().ok());
}

TEST(door, who_is_on_the_doorstep_when_it_closes_is_told_where_to_go) {
  door d(options_for("chat2.example.org:7443"));
  const auto ports = d.start();
  ASSERT_TRUE(ports.ok());
  wire_client silent(ports->client);
  ASSERT_TRUE(silent.connected());
  d.stop(20);
  const auto words = last_words(silent);
  ASSERT_TRUE(words && words->is(frame_type::goaway));
  EXPECT_EQ(words->code(), errc::not_leading);
  EXPECT_EQ(words->as<goaway>()->leader, "chat2.example.org:7443");
  wire_client late(ports->client);
  EXPECT_FALSE(late.connected());
}

/// Comes again and again, as clients do, and counts what he meets.
class newcomers {
 public:
  explicit newcomers(std::uint16_t port) : thread_([this, port] { come(port); }) {}
  ~newcomers() { stop(); }
  void stop() {
    stopping = true;
    if (thread_.joinable()) thread_.join();
  }

  std::atomic<unsigned> welcomed{0};
  std::atomic<unsigned> sent_on{0};
  std::atomic<unsigned> refused{0};
  std::atomic<bool> stopping{false};

 private:
  void come(std::uint16_t port) {
    while (!stopping) {
      wire_client client(port);
      const auto words = client.connected() ? client.ask(hello{}) : std::nullopt;
      if (words && words->is(frame_type::welcome)) {
        ++welcomed;
      } else if (words || !client.pushes().empty()) {
        ++sent_on;  // not_leading in answer, or in a GOAWAY or ERROR of the connection
      } else {
        ++refused;
      }
    }
  }

  std::thread thread_;
};

TEST(door, from_engine_to_door_and_back_somebody_is_always_there) {
  gateway_world w;
  newcomers people(w.client_port);
  ASSERT_TRUE(wait_until([&] { return people.welcomed >= 5; }));

  door_options o = options_for("chat2.example.org:7443");
  o.client.port = w.client_port;
  o.admin.port = w.admin_port;
  o.engine_is_open = true;
  door d(std::move(o));
  const auto opened = d.start();
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_EQ(opened->client, w.client_port);
  w.on_loop([&] { w.gate().loop().close_listeners(); });
  const unsigned before = people.sent_on;
  ASSERT_TRUE(wait_until([&] { return people.sent_on >= before + 5; }));

  w.on_loop([&] {
    const auto again =
        w.gate().loop().listen("127.0.0.1", w.client_port, server_tls(), client_listener);
    EXPECT_TRUE(again.ok());
  });
  d.stop();
  const unsigned inside = people.welcomed;
  ASSERT_TRUE(wait_until([&] { return people.welcomed >= inside + 5; }));
  people.stop();
  // Between the last look at the queue and its end there are a few microseconds.
  EXPECT_LE(people.refused, 1u);
}

}  // namespace
}  // namespace conclave::actors
