// session against the nodes of a cluster: it finds the one that leads, moves with it, loses nothing
// on the way, and is not sent around for ever.
#include "client/failures.h"
#include "client/session.h"
#include "tests/client/fake_node.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <thread>

namespace conclave::client {
namespace {

using test::wait_until;

/// Two nodes; the second one leads, and the first one may know.
class session_in_a_cluster : public ::testing::Test {
 protected:
  void SetUp() override {
    follower_.leads = false;
    follower_.start();
    leader_.start();
  }

  void tell(fake_node& node, const std::string& leader) {
    node.run([&] { node.leader = leader; });
  }

  session_options options() const {
    session_options o = follower_.options(1);
    o.servers = {follower_.address()};
    return o;
  }

  fake_node follower_;
  fake_node leader_{2};
};

TEST_F(session_in_a_cluster, goes_to_the_leader_that_a_node_names) {
  tell(follower_, leader_.address());
  auto s = session::connect(options());
  ASSERT_TRUE(s) << s.error().detail;
  EXPECT_EQ(leader_.logins, 1u);
  EXPECT_EQ(follower_.hellos, 1u);
  EXPECT_EQ(follower_.logins, 0u);
  EXPECT_TRUE((*s)->send(fake_node::group, "hello"));
}

TEST_F(session_in_a_cluster, tries_its_servers_in_turn_when_nobody_knows_the_leader) {
  session_options o = options();
  o.servers = {follower_.address(), "127.0.0.1:1", leader_.address()};
  auto s = session::connect(o);
  ASSERT_TRUE(s) << s.error().detail;
  EXPECT_EQ(follower_.hellos, 1u) << "nobody was asked twice";
}

TEST_F(session_in_a_cluster, passes_over_a_leader_who_is_no_address) {
  tell(follower_, "nowhere");
  session_options o = options();
  o.servers = {follower_.address(), leader_.address()};
  EXPECT_TRUE(session::connect(o));
}

TEST_F(session_in_a_cluster, waits_until_somebody_leads) {
  std::thread election([&] {
    wait_until([&] { return follower_.hellos >= 2; });
    tell(follower_, leader_.address());
  });
  auto s = session::connect(options());
  election.join();
  ASSERT_TRUE(s) << s.error().detail;
  EXPECT_EQ(leader_.logins, 1u);
}

TEST_F(session_in_a_cluster, says_so_when_nobody_leads_for_long) {
  session_options o = options();
  o.connect_timeout = std::chrono::milliseconds{300};
  const auto nobody = session::connect(o);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, errc::not_leading);
}

TEST_F(session_in_a_cluster, is_not_sent_around_for_ever_by_nodes_that_disagree) {
  leader_.leads = false;
  tell(follower_, leader_.address());
  tell(leader_, follower_.address());
  // The longer time is for a machine that stood still in the shorter one.
  for (const unsigned ms : {1'500u, 5'000u}) {
    follower_.hellos = leader_.hellos = 0;
    session_options o = options();
    o.connect_timeout = std::chrono::milliseconds{ms};
    const auto nobody = session::connect(o);
    ASSERT_FALSE(nobody);
    // A round is one server and three hops, and a second passes between two rounds.
    const unsigned asked = follower_.hellos + leader_.hellos;
    EXPECT_LE(asked, 4 * (2 + ms / 1'000));
    if (asked < 4 && ms < 5'000) continue;
    EXPECT_EQ(nobody.error().code, errc::not_leading);
    EXPECT_GE(asked, 4u);
    break;
  }
}

TEST_F(session_in_a_cluster, moves_to_the_new_leader_and_brings_what_is_open) {
  follower_.leads = true;  // for now
  follower_.silent = true;
  session_options o = options();
  o.follow = false;
  auto s = session::connect(o);
  ASSERT_TRUE(s) << s.error().detail;
  outcome<receipt> said = errc::internal;
  std::thread sender([&] { said = (*s)->send(fake_node::group, "on the way"); });
  ASSERT_TRUE(wait_until([&] { return follower_.logins == 1 && leader_.logins == 0; }));
  follower_.leads = false;
  follower_.send_goaway(errc::not_leading, leader_.address(), 50);
  sender.join();
  ASSERT_TRUE(said) << said.error().detail;
  EXPECT_EQ(leader_.logins, 1u);
  EXPECT_EQ(leader_.sends, 1u);
  EXPECT_EQ(follower_.logins, 1u);
  s->reset();
  leader_.stop();
  EXPECT_EQ(leader_.texts(), (std::vector<std::string>{"on the way"}));
}

TEST_F(session_in_a_cluster, p9_leaves_a_node_from_which_nothing_comes_but_not_one_that_is_slow) {
  follower_.leads = true;
  follower_.silent = true;  // but for PONG
  session_options o = options();
  o.follow = false;
  o.servers = {follower_.address(), leader_.address()};
  o.doubt_after = std::chrono::milliseconds{100};
  auto s = session::connect(o);
  ASSERT_TRUE(s) << s.error().detail;
  outcome<receipt> said = errc::internal;
  std::thread sender([&] { said = (*s)->send(fake_node::group, "on the way"); });
  ASSERT_TRUE(wait_until([&] { return follower_.pings >= 4; }));
  EXPECT_EQ(leader_.logins, 0u) << "it is there, and may take its time";
  follower_.mute_pings = true;  // the cable is cut: no end of the connection is told
  sender.join();
  ASSERT_TRUE(said) << said.error().detail;
  s->reset();
  leader_.stop();
  EXPECT_EQ(leader_.texts(), (std::vector<std::string>{"on the way"}));
}

TEST_F(session_in_a_cluster, checks_the_certificate_of_the_leader_against_the_name_it_was_given) {
  const auto elsewhere = certificates().issue("elsewhere", "DNS:elsewhere.example");
  fake_node impostor(3, elsewhere.certificate_file, elsewhere.key_file);
  impostor.start();
  tell(follower_, impostor.address());
  session_options o = options();
  o.connect_timeout = std::chrono::milliseconds{300};
  EXPECT_FALSE(session::connect(o));
  EXPECT_EQ(impostor.hellos, 0u);
  tell(follower_, "localhost:" + std::to_string(leader_.port()));
  EXPECT_TRUE(session::connect(options()));
}

}  // namespace
}  // namespace conclave::client
