/// What a tenant's policy does to requests, and who hears soft news, over real TLS (P7, P4).
#include "schemas/presence_messages.h"
#include "tests/support/account_fixture.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

using test::account_world;
using test::wire_client;

/// Everybody may ask so often.
void allow_rate(account_world& w, std::uint32_t device_rate) {
  tenant_policy policy;
  policy.device_rate = device_rate;
  ASSERT_EQ(w.allow(policy), errc::ok);
}

TEST(policy_gateway, p7_above_the_rate_of_a_device_the_answer_says_how_long_to_wait) {
  account_world w;
  allow_rate(w, 2);
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  EXPECT_TRUE(alice.ask(list_devices{})->is(frame_type::devices_page));
  EXPECT_TRUE(alice.ask(list_devices{})->is(frame_type::devices_page));
  const auto refused = alice.ask(list_devices{});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), errc::rate_limited);
  EXPECT_GT(refused->as<error_answer>()->retry_after_ms, 0u);
  wire_client bob(w.client_port);
  ASSERT_TRUE(bob.login(w.tokens[1]));
  EXPECT_TRUE(bob.ask(list_devices{})->is(frame_type::devices_page)) << "nobody else pays for it";
  w.store.time.pass(500);
  EXPECT_TRUE(alice.ask(list_devices{})->is(frame_type::devices_page));
}

TEST(policy_gateway, p7_a_rate_does_not_begin_anew_with_a_connection) {
  account_world w;
  allow_rate(w, 1);
  for (int i = 0; i < 3; ++i) {
    wire_client alice(w.client_port);
    ASSERT_TRUE(alice.login(w.tokens[0]));
    EXPECT_EQ(alice.ask(list_devices{})->is(frame_type::devices_page), i == 0) << i;
  }
  w.store.time.pass(1'000);
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  EXPECT_TRUE(alice.ask(list_devices{})->is(frame_type::devices_page));
}

TEST(policy_gateway, p7_watching_counts_like_any_request) {
  account_world w;
  allow_rate(w, 1);
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  unsigned limited = 0;
  for (int i = 0; i < 4; ++i) {
    limited += alice.ask(watch_presence{{user_id{2}}, 60'000})->is(frame_type::error);
    limited += alice.ask(watch{conversation_id{7}, 60'000})->is(frame_type::error);
  }
  EXPECT_GE(limited, 4u);
}

TEST(policy_gateway, p7_unanswered_requests_are_given_back_with_their_answers) {
  account_world w;
  tenant_policy policy;
  policy.user_open_requests = 1;
  policy.tenant_open_requests = 1;
  ASSERT_EQ(w.allow(policy), errc::ok);
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(alice.ask(list_devices{})->is(frame_type::devices_page)) << "one after the other";
}

TEST(policy_gateway, who_watches_hears_of_the_first_session_and_of_the_last) {
  account_world w;
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  const auto page = alice.ask(watch_presence{{user_id{2}}, 60'000});
  ASSERT_TRUE(page && page->is(frame_type::presence_page));
  EXPECT_TRUE(page->as<presence_page>()->online.empty());
  {
    wire_client bob(w.client_port);
    ASSERT_TRUE(bob.login(w.tokens[1]));
    const auto came = alice.next();
    ASSERT_TRUE(came && came->is(frame_type::presence));
    EXPECT_EQ(came->as<presence_push>()->user.value, 2u);
    EXPECT_TRUE(came->as<presence_push>()->online);
  }
  const auto left = alice.next();
  ASSERT_TRUE(left && left->is(frame_type::presence));
  EXPECT_FALSE(left->as<presence_push>()->online);
}

}  // namespace
}  // namespace conclave::actors
