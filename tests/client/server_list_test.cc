// Which server comes next: turns, words about leaders, and the bound on following them.
#include "client/server_list.h"

#include <gtest/gtest.h>

namespace conclave::client {
namespace {

using step = server_list::step;

server_list three() {
  return server_list({endpoint{"a", 1, {}}, endpoint{"b", 2, {}}, endpoint{"c", 3, {}}});
}

TEST(server_list, every_server_has_its_turn_before_anybody_waits) {
  server_list servers = three();
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(servers.take().host, "a");
    EXPECT_EQ(servers.on_closed(false, "", 0), step::next);
    EXPECT_EQ(servers.take().host, "b");
    EXPECT_EQ(servers.on_closed(false, "", 0), step::next);
    EXPECT_EQ(servers.take().host, "c");
    EXPECT_EQ(servers.on_closed(false, "", 0), step::wait);
  }
}

TEST(server_list, a_named_leader_comes_first_and_takes_nobodys_turn) {
  server_list servers = three();
  servers.take();
  EXPECT_EQ(servers.on_closed(false, "[::1]:9", 0), step::follow);
  const endpoint leader = servers.take();
  EXPECT_EQ(leader.host, "::1");
  EXPECT_EQ(leader.port, 9);
  EXPECT_EQ(servers.on_closed(false, "", 0), step::next) << "the leader is gone already";
  EXPECT_EQ(servers.take().host, "b");
}

TEST(server_list, nobody_is_sent_around_for_ever) {
  server_list servers = three();
  for (int round = 0; round < 3; ++round) {
    servers.take();
    for (unsigned hop = 0; hop < server_list::max_hops; ++hop) {
      EXPECT_EQ(servers.on_closed(false, "x:1", 0), step::follow);
      EXPECT_EQ(servers.take().host, "x");
    }
    EXPECT_EQ(servers.on_closed(false, "x:1", 0), step::confused);
  }
}

TEST(server_list, logins_that_do_not_last_count_as_hops) {
  server_list servers = three();
  std::uint64_t now = 1'000'000;
  servers.take();
  for (unsigned hop = 0; hop < server_list::max_hops; ++hop) {
    servers.on_ready(now);
    now += 10;
    EXPECT_EQ(servers.on_closed(true, "x:1", now), step::follow);
    servers.take();
  }
  servers.on_ready(now);
  EXPECT_EQ(servers.on_closed(true, "x:1", now + server_list::lasting_ms - 1), step::confused);
}

TEST(server_list, a_login_that_lasts_begins_a_new_round) {
  server_list servers = three();
  std::uint64_t now = 1'000'000;
  servers.take();
  for (unsigned move = 0; move < 4 * server_list::max_hops; ++move) {
    servers.on_ready(now);
    now += server_list::lasting_ms;
    EXPECT_EQ(servers.on_closed(true, "x:1", now), step::follow);
    EXPECT_EQ(servers.take().host, "x");
  }
}

TEST(server_list, a_lost_login_without_a_word_waits_a_moment) {
  server_list servers = three();
  servers.take();
  servers.on_ready(0);
  EXPECT_EQ(servers.on_closed(true, "", 1), step::wait);
  EXPECT_EQ(servers.take().host, "b");
}

TEST(server_list, a_word_that_is_no_address_is_none) {
  server_list servers = three();
  servers.take();
  for (const char* nonsense : {"somewhere", "a b:1", ":1", "x:0", "x:1\n"}) {
    EXPECT_NE(servers.on_closed(false, nonsense, 0), step::follow) << nonsense;
  }
}

}  // namespace
}  // namespace conclave::client
