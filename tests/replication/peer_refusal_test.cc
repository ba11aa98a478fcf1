/// Who may not take part hears why in one sentence, and costs nobody else a link.
#include "tests/net/loop_fixture.h"
#include "tests/replication/mesh_fixture.h"

#include <gtest/gtest.h>

namespace conclave::replication {
namespace {

using std::chrono::milliseconds;

std::string at(const test_node& node) {
  return "127.0.0.1:" + std::to_string(node.port);
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.ends_with(end);
}

TEST(peer_refusal, a_node_of_another_cluster) {
  test_node one(1), two(2);
  introduce({&one, &two});
  two.options.cluster = "paris";
  two.options.tls = node_tls("conclave://paris/2");
  two.start();
  one.start();
  EXPECT_EQ(one.seen.wait_refusal(),
            "the peer at " + at(two) + " belongs to cluster \"paris\", not \"berlin\"");
  const std::string other_side = two.seen.wait_refusal();
  EXPECT_TRUE(ends_with(other_side, " belongs to cluster \"berlin\", not \"paris\"")) << other_side;
  EXPECT_TRUE(one.seen.changes.empty());
  EXPECT_TRUE(two.seen.changes.empty());
}

TEST(peer_refusal, a_node_that_is_not_configured) {
  test_node one(1), two(2);
  one.knows(two);
  two.start();
  one.start();
  const std::string here = two.seen.wait_refusal();
  EXPECT_TRUE(ends_with(here, " is node 1, which is not configured")) << here;
  EXPECT_EQ(one.seen.wait_refusal(),
            "the peer at " + at(two) + " refuses this node: it is node 1, which is not configured");
  EXPECT_TRUE(one.seen.changes.empty());
  EXPECT_GE(two.mesh->counters().refused, 1u);
}

TEST(peer_refusal, another_node_than_the_one_that_was_dialled) {
  test_node one(1), two(2), three(3);
  one.options.peers = {{two.self, "127.0.0.1", three.port}, {three.self, "127.0.0.1", two.port}};
  three.knows(one);
  three.start();
  one.start();
  EXPECT_EQ(one.seen.wait_refusal(), "the peer at " + at(three) + " is node 3, not node 2");
}

TEST(peer_refusal, a_copy_of_the_own_certificate) {
  test_node one(1), two(2);
  introduce({&one, &two});
  two.options.tls = one.options.tls;
  two.start();
  one.start();
  EXPECT_EQ(one.seen.wait_refusal(),
            "the peer at " + at(two) + " has the certificate of this node, 1");
}

TEST(peer_refusal, a_node_of_another_ca_until_it_gets_a_good_certificate) {
  test::test_certificates other;
  test_node one(1), two(2);
  introduce({&one, &two});
  one.options.tls = node_tls("conclave://berlin/1", other);
  two.start();
  one.start();
  EXPECT_NE(two.seen.wait_refusal().find("the client's certificate is not trusted"),
            std::string::npos);
  EXPECT_EQ(one.seen.wait_refusal(), "no link to the peer at " + at(two) +
                                         ": the other side does not trust this side's certificate");
  EXPECT_TRUE(one.seen.look([&] { return one.seen.changes.empty(); }));
  one.mesh->replace_tls(node_tls("conclave://berlin/1"));
  EXPECT_TRUE(one.seen.wait_up(two.self).id);
  EXPECT_TRUE(two.seen.wait_up(one.self).id);
}

TEST(peer_refusal, a_seed_link_that_is_refused_is_told_once) {
  test_node one(1), two(2);
  one.knows(two);  // and it does not know the other way
  two.start();
  one.start();
  one.mesh->open_seed_link(two.self, 5);
  const auto end = one.seen.wait_down(two.self, 1, link_kind::seed);
  EXPECT_EQ(end.link.context, 5u);
  EXPECT_TRUE(ends_with(end.why, "it is node 1, which is not configured")) << end.why;
}

/// Node `number` made of a bare loop, that says what it is told.
struct odd_node {
  explicit odd_node(std::uint16_t number, const test_node& to)
      : tls(node_tls(uri_of({"berlin", node_id(number)}))) {
    loop.start();
    id = loop.call([&] { return loop.loop.connect("127.0.0.1", to.port, tls, "", 0); });
    CONCLAVE_CHECK(loop.wait_for_opens(1), "the node accepts");
  }
  template <class Frame>
  void say(const Frame& frame) {
    std::string out;
    append_peer_frame(out, frame);
    loop.call([&] {
      if (net::connection* c = loop.loop.find(id); c != nullptr) c->send(out);
    });
  }
  std::string last_words() {
    CONCLAVE_CHECK(loop.wait_for_closes(1), "the connection ends");
    if (loop.frames.empty()) return "none";
    const auto& last = loop.frames.back();
    if (peer_frame(static_cast<std::uint8_t>(last.header.type)) != peer_frame::unlink)
      return "other";
    return decode_peer_frame<peer_unlink>(last.payload)->text;
  }

  std::shared_ptr<const net::tls_context> tls;
  net::test_loop loop{9};
  net::connection_id id;
};

struct alone : testing::Test {
  test_node two{2}, one{1}, three{3};
  void SetUp() override {
    two.options.silence = milliseconds(1'000);
    two.options.ping_period = milliseconds(60'000);
    two.knows(one);
    two.knows(three);
    two.start();
  }
};
using peer_manners = alone;

TEST_F(peer_manners, a_link_begins_with_what_it_is_for) {
  odd_node hasty(1, two);
  hasty.say(seed_ack{shard_id(1), 2, 3});
  EXPECT_EQ(hasty.last_words(), "it says something before its link is up");
  odd_node vague(1, two);
  vague.say(peer_linked{});
  EXPECT_EQ(vague.last_words(), "it does not say what its link is for");
}

TEST_F(peer_manners, a_live_link_is_dialled_by_the_lower_number) {
  odd_node higher(3, two);
  higher.say(peer_link{link_kind::live});
  EXPECT_EQ(higher.last_words(), "it dials a live link, which the lower number does");
}

TEST_F(peer_manners, a_link_is_introduced_once) {
  odd_node node(1, two);
  node.say(peer_link{link_kind::live});
  ASSERT_TRUE(two.seen.wait_up(one.self).id);
  node.say(peer_link{link_kind::seed});
  EXPECT_EQ(node.last_words(), "it introduces a link that is up");
  EXPECT_TRUE(two.seen.wait_down(one.self).link.id);
}

TEST_F(peer_manners, a_silent_link_is_closed) {
  odd_node node(1, two);
  node.say(peer_link{link_kind::live});
  ASSERT_TRUE(two.seen.wait_up(one.self).id);
  EXPECT_EQ(two.seen.wait_down(one.self).why, "nothing came within 1000 ms");
}

TEST_F(peer_manners, a_stranger_who_never_says_what_for_is_closed) {
  odd_node node(1, two);
  EXPECT_TRUE(node.loop.wait_for_closes(1));
  EXPECT_TRUE(two.seen.changes.empty());
}

TEST_F(peer_manners, a_frame_above_the_bound_ends_the_link) {
  odd_node node(1, two);
  node.say(peer_link{link_kind::live});
  ASSERT_TRUE(two.seen.wait_up(one.self).id);
  std::string head(frame_header_size, '\0');
  write_frame_header({limits::max_peer_frame_bytes + 1, protocol_version, {}, 0, 0}, head.data());
  node.loop.call([&] { node.loop.loop.find(node.id)->send(head); });
  EXPECT_EQ(two.seen.wait_down(one.self).why, "bad frame: frame_too_large");
}

}  // namespace
}  // namespace conclave::replication
