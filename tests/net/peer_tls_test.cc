/// TLS between nodes: both sides show a certificate of one CA, nothing is ever resumed, and who is
/// at the other end can be read from its certificate.
#include "tests/net/loop_fixture.h"
#include "tests/net/raw_tls_client.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace conclave::net {
namespace {

using tls_ref = std::shared_ptr<const tls_context>;

tls_ref peer_tls(test::test_certificates& ca, const std::string& name, const std::string& names) {
  const auto files = ca.issue(name, names);
  auto made = tls_context::peer({files.certificate_file, files.key_file, ca.ca_file()});
  CONCLAVE_CHECK(made.ok(), "the test certificate is usable");
  return std::move(made).value();
}

/// Two loops; what each sees of the other's certificate is kept.
struct peers {
  peers(const tls_ref& server_side, tls_ref client_side) : client_tls(std::move(client_side)) {
    auto listening = server.loop.listen("127.0.0.1", 0, server_side, 7);
    CONCLAVE_CHECK(listening.ok(), "a free port can be listened on");
    port = listening.value();
    server.start();
    client.start();
  }
  /// The names of the last one that opened.
  static std::vector<std::string> names_seen_by(test_loop& loop) {
    return loop.call([&] { return loop.loop.find(loop.opened.back())->peer_uris(); });
  }
  connection_id connect() {
    return client.call(
        [this] { return client.loop.connect("127.0.0.1", port, client_tls, "", 3); });
  }

  std::uint16_t port = 0;
  tls_ref client_tls;
  test_loop server{1};
  test_loop client{2};
};

std::string peer_error(const tls_peer_options& options) {
  const auto made = tls_context::peer(options);
  return made.ok() ? "accepted" : made.error().detail;
}

TEST(peer_tls, both_sides_read_the_others_name) {
  peers pair(peer_tls(certificates(), "peer-1", "URI:conclave://berlin/1,DNS:one.example"),
             peer_tls(certificates(), "peer-2", "DNS:two.example,URI:conclave://berlin/2,URI:x:y"));
  pair.connect();
  ASSERT_TRUE(pair.server.wait_for_opens(1));
  ASSERT_TRUE(pair.client.wait_for_opens(1));
  EXPECT_EQ(peers::names_seen_by(pair.server),
            (std::vector<std::string>{"conclave://berlin/2", "x:y"}));
  EXPECT_EQ(peers::names_seen_by(pair.client), std::vector<std::string>{"conclave://berlin/1"});
}

TEST(peer_tls, a_certificate_without_uris_has_none) {
  peers pair(peer_tls(certificates(), "peer-3", "DNS:one.example"),
             peer_tls(certificates(), "peer-4", ""));
  pair.connect();
  ASSERT_TRUE(pair.server.wait_for_opens(1));
  ASSERT_TRUE(pair.client.wait_for_opens(1));
  EXPECT_TRUE(peers::names_seen_by(pair.server).empty());
  EXPECT_TRUE(peers::names_seen_by(pair.client).empty());
}

TEST(peer_tls, a_client_of_another_ca_is_refused) {
  test::test_certificates other;
  const auto files = other.issue("stranger", "URI:conclave://berlin/2");
  // It trusts the cluster, but the cluster does not trust it.
  auto stranger =
      tls_context::peer({files.certificate_file, files.key_file, certificates().ca_file()});
  ASSERT_TRUE(stranger.ok());
  peers pair(peer_tls(certificates(), "peer-5", "URI:conclave://berlin/1"), stranger.value());
  pair.connect();
  ASSERT_TRUE(pair.server.wait_for_closes(1));
  EXPECT_EQ(pair.server.closes[0].reason, close_reason::handshake_failed);
  EXPECT_EQ(pair.server.closes[0].detail.find("the client's certificate is not trusted: "), 0u)
      << pair.server.closes[0].detail;
  EXPECT_TRUE(pair.server.opened.empty());
  ASSERT_TRUE(pair.client.wait_for_closes(1));
  EXPECT_EQ(pair.client.closes[0].detail, "the other side does not trust this side's certificate");
}

TEST(peer_tls, a_server_of_another_ca_is_refused) {
  test::test_certificates other;
  peers pair(peer_tls(other, "impostor", "URI:conclave://berlin/1"),
             peer_tls(certificates(), "peer-6", "URI:conclave://berlin/2"));
  pair.connect();
  ASSERT_TRUE(pair.client.wait_for_closes(1));
  EXPECT_EQ(pair.client.closes[0].reason, close_reason::handshake_failed);
  EXPECT_EQ(pair.client.closes[0].detail.find("the server's certificate is not trusted: "), 0u);
  EXPECT_TRUE(pair.client.opened.empty());
}

TEST(peer_tls, a_client_without_a_certificate_is_refused) {
  peers pair(peer_tls(certificates(), "peer-7", "URI:conclave://berlin/1"), nullptr);
  raw_tls_client client(pair.port);
  client.handshake(
      "\x0f"
      "conclave-peer/1");
  EXPECT_EQ(client.read_all(), "");
  ASSERT_TRUE(pair.server.wait_for_closes(1));
  EXPECT_EQ(pair.server.closes[0].detail, "the client shows no certificate");
  EXPECT_TRUE(pair.server.opened.empty());
}

TEST(peer_tls, clients_of_people_are_refused) {
  peers pair(peer_tls(certificates(), "peer-8", "URI:conclave://berlin/1"), nullptr);
  for (const std::string& alpn : {std::string(good_alpn), std::string()}) {
    raw_tls_client client(pair.port);
    EXPECT_FALSE(client.handshake(alpn));
  }
  ASSERT_TRUE(pair.server.wait_for_closes(2));
  for (const seen_close& end : pair.server.closes) {
    EXPECT_EQ(end.detail, "the client does not offer conclave-peer/1 (ALPN)");
  }
}

TEST(peer_tls, older_versions_are_refused) {
  peers pair(peer_tls(certificates(), "peer-9", "URI:conclave://berlin/1"), nullptr);
  raw_tls_client client(pair.port);
  EXPECT_FALSE(
      client.handshake("\x0f"
                       "conclave-peer/1",
                       TLS1_2_VERSION));
  ASSERT_TRUE(pair.server.wait_for_closes(1));
  EXPECT_EQ(pair.server.closes[0].reason, close_reason::handshake_failed);
}

TEST(peer_tls, a_peer_does_not_get_through_where_clients_do) {
  test_loop server(1);
  auto listening = server.loop.listen("127.0.0.1", 0, server_tls(), 7);
  ASSERT_TRUE(listening.ok());
  server.start();
  test_loop client(2);
  client.start();
  const tls_ref tls = peer_tls(certificates(), "peer-10", "URI:conclave://berlin/2");
  client.call([&] { return client.loop.connect("127.0.0.1", *listening, tls, "", 3); });
  ASSERT_TRUE(client.wait_for_closes(1));
  EXPECT_EQ(client.closes[0].detail, "the other side does not speak conclave-peer/1 (ALPN)");
}

TEST(peer_tls, nothing_is_resumed) {
  peers pair(peer_tls(certificates(), "peer-11", "URI:conclave://berlin/1"),
             peer_tls(certificates(), "peer-12", "URI:conclave://berlin/2"));
  for (std::size_t i = 1; i <= 3; ++i) {
    pair.connect();
    ASSERT_TRUE(pair.client.wait_for_opens(i));
    // Tickets would come behind the handshake: something must have been read.
    const connection_id id = pair.client.opened.back();
    ASSERT_TRUE(pair.server.wait_for_opens(i));
    pair.server.call(
        [&] { pair.server.loop.for_each([](connection& c) { c.send(make_frame("x")); }); });
    ASSERT_TRUE(pair.client.wait_for_frames(i));
    pair.client.call([&] { pair.client.loop.find(id)->close(close_reason::by_us, false); });
    ASSERT_TRUE(pair.server.wait_for_closes(i));
  }
  EXPECT_EQ(pair.client.loop.counters().resumed, 0u);
  EXPECT_EQ(pair.server.loop.counters().resumed, 0u);
}

TEST(peer_tls, files_that_cannot_be_used_are_named) {
  const auto files = certificates().issue("peer-13", "URI:conclave://berlin/1");
  const std::string ca = certificates().ca_file();
  EXPECT_EQ(peer_error({files.certificate_file, files.key_file, ca}), "accepted");
  EXPECT_EQ(peer_error({files.certificate_file, files.key_file, "/nowhere/ca.pem"}).substr(0, 38),
            "cannot use the CA file /nowhere/ca.pem");
  EXPECT_EQ(peer_error({files.certificate_file, "/nowhere/node.key", ca}),
            "cannot read the key file /nowhere/node.key: no such file or directory");
  EXPECT_EQ(peer_error({files.certificate_file, certificates().key_file(), ca})
                .find("cannot use the key file " + certificates().key_file()),
            0u);
  ASSERT_EQ(::chmod(files.key_file.c_str(), 0644), 0);
  EXPECT_EQ(peer_error({files.certificate_file, files.key_file, ca}),
            "the key file " + files.key_file +
                " is open to every user of this machine; chmod 600 mends it");
}

}  // namespace
}  // namespace conclave::net
