/// The connecting side: it trusts its own CA and the name it was given, and says in one sentence
/// why it did not get through.
#include "tests/net/loop_fixture.h"
#include "tests/net/raw_tls_client.h"

#include <gtest/gtest.h>

namespace conclave::net {
namespace {

using std::chrono::milliseconds;

/// Connects once and returns how it ended; fails when it opened.
seen_close expect_no_connection(test_loop& client, const std::string& address, std::uint16_t port,
                                const std::shared_ptr<const tls_context>& tls,
                                const std::string& server_name) {
  client.call([&] { return client.loop.connect(address, port, tls, server_name, 1); });
  EXPECT_TRUE(client.wait_for_closes(1));
  EXPECT_TRUE(client.opened.empty());
  return client.closes.empty() ? seen_close{} : client.closes[0];
}

TEST(client_connection, an_ip_address_in_the_certificate_is_as_good_as_a_name) {
  loop_pair pair;
  pair.start();
  pair.client.call(
      [&] { pair.client.loop.connect("127.0.0.1", pair.port, client_tls(), "127.0.0.1", 1); });
  EXPECT_TRUE(pair.client.wait_for_opens(1));
}

TEST(client_connection, a_host_name_is_resolved_and_its_addresses_are_tried_in_turn) {
  loop_pair pair;
  pair.start();
  pair.client.call(
      [&] { pair.client.loop.connect("localhost", pair.port, client_tls(), "localhost", 1); });
  EXPECT_TRUE(pair.client.wait_for_opens(1));
}

TEST(client_connection, another_name_than_the_certificates_is_refused) {
  loop_pair pair;
  pair.start();
  const seen_close end =
      expect_no_connection(pair.client, "127.0.0.1", pair.port, client_tls(), "chat.example");
  EXPECT_EQ(end.reason, close_reason::handshake_failed);
  EXPECT_EQ(end.detail, "the server's certificate is not made out to 'chat.example'");
  ASSERT_TRUE(pair.server.wait_for_closes(1));
  EXPECT_EQ(pair.server.closes[0].reason, close_reason::handshake_failed);
}

TEST(client_connection, another_address_than_the_certificates_is_refused) {
  loop_pair pair;
  pair.start();
  const seen_close end =
      expect_no_connection(pair.client, "127.0.0.1", pair.port, client_tls(), "10.1.2.3");
  EXPECT_EQ(end.detail, "the server's certificate is not made out to '10.1.2.3'");
}

TEST(client_connection, an_empty_server_name_is_never_connected) {
  loop_pair pair;
  pair.start();
  const seen_close end =
      expect_no_connection(pair.client, "127.0.0.1", pair.port, client_tls(), "");
  EXPECT_EQ(end.reason, close_reason::handshake_failed);
}

TEST(client_connection, a_context_that_resumes_makes_later_handshakes_short) {
  loop_pair pair;
  pair.server.frames_hook = &echo;
  pair.start();
  const auto connect_with = [&](const tls_client_options& options) {
    auto tls = tls_context::client(options);
    EXPECT_TRUE(tls.ok());
    // The ticket comes before the echo of the first frame.
    pair.client.open_hook = [](connection& c) { c.send(make_frame("hello")); };
    for (int i = 0; i < 3; ++i) {
      const std::size_t before = pair.client.frames.size();
      pair.client.call(
          [&] { return pair.client.loop.connect("127.0.0.1", pair.port, *tls, "localhost", 1); });
      EXPECT_TRUE(pair.client.wait_for_frames(before + 1));
    }
  };
  connect_with({certificates().ca_file()});
  EXPECT_EQ(pair.client.loop.counters().resumed, 0u);
  connect_with({certificates().ca_file(), true});
  EXPECT_EQ(pair.client.loop.counters().resumed, 2u);
  EXPECT_EQ(pair.server.loop.counters().resumed, 2u);
}

TEST(client_connection, a_certificate_of_another_ca_is_not_trusted) {
  loop_pair pair;
  pair.start();
  test::test_certificates strangers;
  auto tls = tls_context::client({strangers.ca_file()});
  ASSERT_TRUE(tls.ok());
  const seen_close end =
      expect_no_connection(pair.client, "127.0.0.1", pair.port, tls.value(), "localhost");
  EXPECT_EQ(end.reason, close_reason::handshake_failed);
  EXPECT_EQ(end.detail.find("the server's certificate is not trusted: "), 0u) << end.detail;
}

TEST(client_connection, a_port_without_listener_is_refused_with_a_sentence) {
  std::uint16_t port = 0;
  {
    auto address = resolve("127.0.0.1", 0);
    auto listening = listening_socket(address->front(), false);
    ASSERT_TRUE(listening.ok());
    port = local_address(listening->get()).port();
  }
  test_loop client(2);
  client.start();
  const seen_close end = expect_no_connection(client, "127.0.0.1", port, client_tls(), "localhost");
  EXPECT_EQ(end.reason, close_reason::connect_failed);
  EXPECT_EQ(end.detail,
            "cannot connect to 127.0.0.1:" + std::to_string(port) + ": connection refused");
}

TEST(client_connection, a_server_that_never_answers_is_given_up) {
  auto address = resolve("127.0.0.1", 0);
  auto mute = listening_socket(address->front(), false);
  ASSERT_TRUE(mute.ok());
  loop_options options;
  options.handshake_timeout = milliseconds(200);
  test_loop client(2, options);
  client.start();
  const seen_close end = expect_no_connection(
      client, "127.0.0.1", local_address(mute->get()).port(), client_tls(), "localhost");
  EXPECT_EQ(end.reason, close_reason::handshake_timeout);
  EXPECT_EQ(end.detail, "no TLS handshake within 200 ms");
}

TEST(client_connection, a_server_without_conclave_is_recognised) {
  // A plain TLS server that ignores ALPN, one handshake long.
  auto address = resolve("127.0.0.1", 0);
  auto listening = listening_socket(address->front(), false);
  ASSERT_TRUE(listening.ok());
  const std::uint16_t port = local_address(listening->get()).port();
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate_chain_file(context, certificates().certificate_file().c_str());
  SSL_CTX_use_PrivateKey_file(context, certificates().key_file().c_str(), SSL_FILETYPE_PEM);
  std::thread server([&] {
    int raw = -1;
    while (raw < 0) raw = ::accept(listening->get(), nullptr, nullptr);
    const unique_fd fd(raw);
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, fd.get());
    SSL_accept(ssl);
    char byte = 0;
    SSL_read(ssl, &byte, 1);
    SSL_free(ssl);
  });
  test_loop client(2);
  client.start();
  const seen_close end = expect_no_connection(client, "127.0.0.1", port, client_tls(), "localhost");
  EXPECT_EQ(end.detail, "the other side does not speak conclave/1 (ALPN)");
  server.join();
  SSL_CTX_free(context);
}

TEST(client_connection, a_server_that_does_not_speak_tls_is_recognised) {
  auto address = resolve("127.0.0.1", 0);
  auto listening = listening_socket(address->front(), false);
  ASSERT_TRUE(listening.ok());
  std::thread server([&] {
    int raw = -1;
    while (raw < 0) raw = ::accept(listening->get(), nullptr, nullptr);
    const unique_fd fd(raw);
    const std::string_view greeting = "220 mail.example ESMTP ready\r\n";
    EXPECT_GT(::send(raw, greeting.data(), greeting.size(), MSG_NOSIGNAL), 0);
    char byte = 0;
    while (::recv(raw, &byte, 1, 0) > 0) continue;
  });
  test_loop client(2);
  client.start();
  const seen_close end = expect_no_connection(
      client, "127.0.0.1", local_address(listening->get()).port(), client_tls(), "localhost");
  EXPECT_EQ(end.detail, "the other side does not speak TLS");
  client.stop();
  server.join();
}

TEST(client_connection, an_unknown_host_is_one_sentence) {
  test_loop client(2);
  client.start();
  const seen_close end =
      expect_no_connection(client, "no.such.host.invalid", 1, client_tls(), "localhost");
  EXPECT_EQ(end.reason, close_reason::connect_failed);
  EXPECT_EQ(end.detail.substr(0, 37), "cannot resolve 'no.such.host.invalid'");
}

}  // namespace
}  // namespace conclave::net
