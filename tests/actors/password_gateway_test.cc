/// Passwords over real TLS: who comes in, who does not and hears no more than that, what guessing
/// costs, and what a full pool says.
#include "actors/gateway.h"
#include "crypto/token.h"
#include "tests/support/account_fixture.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

namespace conclave::actors {
namespace {

using test::account_world;
using test::entrance;
using test::good_password;
using test::goodbye_of;
using test::hears;
using test::visitor;
using test::wait_until;
using test::wire_client;

constexpr tenant_id acme{1};

errc login(account_world& w, const std::string& token) {
  wire_client client(w.client_port);
  return client.login(token) ? errc::ok : client.last_error();
}

TEST(password_gateway, a_right_password_makes_a_device_whose_token_opens_from_then_on) {
  account_world w;
  ASSERT_EQ(w.give_password("alice"), errc::ok);
  visitor alice(w.client_port);
  ASSERT_TRUE(alice.in());
  const auto parts = crypto::parse_token(alice.token);
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->device, alice.device);
  EXPECT_EQ(alice.answer->as<logged_in>()->user_name, "alice");
  EXPECT_EQ(alice.answer->as<logged_in>()->tenant_name, "tenant1");
  const time_ms lifetime = tenant_policy{}.token_lifetime_ms;
  EXPECT_GE(alice.renew_by, w.store.time.wall() + lifetime / 3 - 1'000);
  EXPECT_LE(alice.renew_by, w.store.time.wall() + lifetime / 3 + 1'000);
  // Provisioned, password set, and this device: which it hears of itself.
  EXPECT_EQ(alice.inbox_head, 3u);
  EXPECT_TRUE(hears(alice.client, {"3 6"}));
  wire_client again(w.client_port);
  ASSERT_TRUE(again.login(alice.token));
  EXPECT_EQ(again.who().device, alice.device);
  EXPECT_EQ(again.who().token, "");
  EXPECT_EQ(again.who().inbox_head, 3u);
  EXPECT_EQ(again.who().renew_by, alice.renew_by);
  EXPECT_EQ(w.shared.password_logins.load(), 1u);
}

TEST(password_gateway, p6_whatever_is_wrong_the_answer_is_the_same) {
  account_world w;
  w.provision(tenant_id{3}, {"carol"});
  ASSERT_EQ(w.give_password("alice"), errc::ok);
  std::set<std::string> answers;
  for (const entrance& how :
       {entrance{.password = "wrong horse"}, entrance{.user = "nobody"},
        entrance{.user = "bob"},  // has no password
        entrance{.user = "carol"}, entrance{.tenant = "tenant3"}, entrance{.tenant = "tenant99"},
        entrance{.tenant = "system"}, entrance{.password = "x"}}) {
    visitor stranger(w.client_port, how);
    EXPECT_EQ(stranger.code(), errc::wrong_credentials) << how.tenant << how.user;
    answers.insert(stranger.answer->payload);
    EXPECT_TRUE(stranger.client.read_until_closed());
  }
  EXPECT_EQ(answers.size(), 1u) << "byte for byte";
}

TEST(password_gateway, p3_the_same_operation_is_the_same_device_and_replaces_its_connection) {
  account_world w;
  ASSERT_EQ(w.give_password("alice"), errc::ok);
  visitor first(w.client_port);
  visitor again(w.client_port);
  ASSERT_TRUE(first.in() && again.in());
  EXPECT_EQ(first.device, again.device);
  EXPECT_NE(first.token, again.token);
  EXPECT_EQ(goodbye_of(first.client).code(), errc::replaced);
  EXPECT_EQ(login(w, first.token), errc::invalid_token) << "the earlier token ends";
  EXPECT_EQ(login(w, again.token), errc::ok);
}

TEST(password_gateway, operators_have_no_passwords) {
  account_world w;
  visitor stranger(w.admin_port);
  EXPECT_EQ(stranger.code(), errc::unsupported);
  EXPECT_TRUE(stranger.client.read_until_closed());
  EXPECT_EQ(w.shared.limiter.entries(), 0u);
}

TEST(password_gateway, p7_a_guesser_has_to_wait_and_his_neighbour_does_not) {
  account_world w;
  ASSERT_EQ(w.give_password("alice"), errc::ok);
  ASSERT_EQ(w.give_password("bob"), errc::ok);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(visitor(w.client_port, {.password = "guess"}).code(), errc::wrong_credentials);
  visitor right(w.client_port);
  ASSERT_EQ(right.code(), errc::rate_limited) << "even if it is right";
  const auto wait = right.answer->as<error_answer>()->retry_after_ms;
  EXPECT_GT(wait, 0u);
  EXPECT_LE(wait, 1'000u);
  EXPECT_TRUE(right.client.read_until_closed());
  EXPECT_EQ(w.shared.limited_logins.load(), 1u);
  EXPECT_TRUE(visitor(w.client_port, {.user = "bob"}).in());
  w.store.time.pass(1'001);
  EXPECT_TRUE(visitor(w.client_port, {.op_id = 2}).in());
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(visitor(w.client_port, {.password = "guess"}).code(), errc::wrong_credentials);
  EXPECT_TRUE(visitor(w.client_port, {.op_id = 3}).in()) << "the right one cleared the account";
}

/// A password pool in the hands of the test.
struct held_pool {
  explicit held_pool(account_world& w) : world(w) {
    w.root();
    w.on_loop([this] {
      world.shared.on_password = [this](std::function<void()> job) {
        if (full) return false;
        if (at_once) {
          job();
        } else {
          const std::lock_guard lock(mutex);
          jobs.push_back(std::move(job));
        }
        return true;
      };
    });
  }
  std::size_t waiting() {
    const std::lock_guard lock(mutex);
    return jobs.size();
  }
  void run() {
    std::vector<std::function<void()>> taken;
    {
      const std::lock_guard lock(mutex);
      taken.swap(jobs);
    }
    for (auto& job : taken) job();
  }

  account_world& world;
  std::atomic<bool> full{false};
  std::atomic<bool> at_once{false};
  std::mutex mutex;
  std::vector<std::function<void()>> jobs;
};

TEST(password_gateway, p7_guesses_count_before_they_are_looked_at) {
  account_world w;
  held_pool pool(w);
  std::vector<std::unique_ptr<wire_client>> crowd;
  for (std::size_t i = 1; i <= 6; ++i) {
    crowd.push_back(std::make_unique<wire_client>(w.client_port));
    crowd.back()->ask(hello{});
    crowd.back()->send(7, entrance{.password = "guess"}.message());
    ASSERT_TRUE(wait_until([&] { return pool.waiting() == i; }));
  }
  EXPECT_EQ(visitor(w.client_port, {.password = "guess"}).code(), errc::rate_limited)
      << "as many guesses as the pool holds would be free";
  pool.run();
  for (auto& client : crowd) EXPECT_EQ(client->answer(7)->code(), errc::wrong_credentials);
}

TEST(password_gateway, p7_a_full_pool_says_so_and_nothing_is_counted) {
  account_world w;
  ASSERT_EQ(w.give_password("alice"), errc::ok);
  visitor alice(w.client_port);
  held_pool pool(w);
  pool.full = true;
  for (int i = 0; i < 8; ++i) {
    visitor early(w.client_port, {.op_id = 2});
    ASSERT_EQ(early.code(), errc::overloaded);
    EXPECT_GE(early.answer->as<error_answer>()->retry_after_ms, 100u);
    EXPECT_TRUE(early.client.read_until_closed());
  }
  EXPECT_EQ(alice.client.ask(change_password{good_password, "another horse", false})->code(),
            errc::overloaded);
  EXPECT_EQ(w.give_password("bob"), errc::overloaded);
  EXPECT_EQ(w.shared.limiter.entries(), 0u);
  pool.full = false;
  pool.at_once = true;  // the job is over before its caller counts it
  EXPECT_TRUE(visitor(w.client_port, {.op_id = 2}).in());
  EXPECT_EQ(w.shared.limiter.entries(), 0u) << "a right password leaves no failure behind";
}

TEST(password_gateway, p9_a_login_that_dies_on_its_way_is_unknown) {
  account_world w;
  held_pool pool(w);
  wire_client alice(w.client_port);
  alice.ask(hello{});
  alice.send(7, entrance{}.message());
  ASSERT_TRUE(wait_until([&] { return pool.waiting() == 1; }));
  {
    const std::lock_guard lock(pool.mutex);
    pool.jobs.clear();
  }
  EXPECT_EQ(alice.answer(7)->code(), errc::outcome_unknown);
  EXPECT_TRUE(alice.read_until_closed());
}

TEST(password_gateway, a_login_that_waits_too_long_for_its_turn_is_sent_away) {
  account_world w;
  held_pool pool(w);
  wire_client alice(w.client_port);
  alice.ask(hello{});
  alice.send(7, entrance{}.message());
  ASSERT_TRUE(wait_until([&] { return pool.waiting() == 1; }));
  w.store.time.pass(static_cast<time_ms>(limits::answer_deadline.count()) + 1);
  EXPECT_EQ(goodbye_of(alice).code(), errc::handshake_timeout);
  pool.run();
}

TEST(password_gateway, a_hash_of_another_cost_is_replaced_at_login) {
  account_world w;
  ASSERT_EQ(w.give_password("alice"), errc::ok);
  const auto stored = [&] {
    return storage::get_credential(w.store.data().view(w.shards.home_of(acme)), acme, user_id{1})
        ->password;
  };
  const std::string cheap = stored();
  w.on_loop([&] { w.shared.password_cost = {16, 2, 1}; });
  ASSERT_TRUE(visitor(w.client_port).in());
  ASSERT_TRUE(wait_until([&] { return stored() != cheap; }));
  EXPECT_NE(stored().find("m=16,t=2"), std::string::npos);
  EXPECT_TRUE(visitor(w.client_port, {.op_id = 2}).in()) << "it is the same password";
}

TEST(password_gateway, one_who_knows_the_old_password_changes_it_and_may_end_his_other_devices) {
  account_world w;
  ASSERT_EQ(w.give_password("alice"), errc::ok);
  visitor alice(w.client_port);
  visitor other(w.client_port, {.op_id = 2, .device = "desk"});
  ASSERT_TRUE(alice.in() && other.in());
  const auto change = [&](std::string_view from, std::string_view to, bool end_others) {
    return alice.client.ask(change_password{from, to, end_others})->code();
  };
  EXPECT_EQ(change("wrong horse", "another horse", false), errc::wrong_credentials);
  EXPECT_EQ(change(good_password, "zzzzzzzz", false), errc::invalid_argument);
  EXPECT_EQ(change(good_password, "another horse", false), errc::ok);
  EXPECT_EQ(visitor(w.client_port, {.op_id = 3}).code(), errc::wrong_credentials);
  EXPECT_TRUE(other.client.ask(ping{})->is(frame_type::pong));
  EXPECT_EQ(change("another horse", "third horse", true), errc::ok);
  EXPECT_EQ(goodbye_of(other.client).code(), errc::device_ended);
  EXPECT_EQ(login(w, other.token), errc::invalid_token);
  EXPECT_EQ(login(w, w.tokens[0]), errc::invalid_token) << "the one that was provisioned too";
  EXPECT_TRUE(alice.client.ask(ping{})->is(frame_type::pong));
  EXPECT_EQ(login(w, alice.token), errc::ok);
}

TEST(password_gateway, p7_guessing_the_old_password_has_to_wait_like_a_login) {
  account_world w;
  ASSERT_EQ(w.give_password("alice"), errc::ok);
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  const change_password guess{"wrong horse", "another horse", false};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(alice.ask(guess)->code(), errc::wrong_credentials);
  const auto limited = alice.ask(guess);
  EXPECT_EQ(limited->code(), errc::rate_limited);
  EXPECT_GT(limited->as<error_answer>()->retry_after_ms, 0u);
  EXPECT_EQ(visitor(w.client_port).code(), errc::rate_limited) << "it is the same account";
}

TEST(password_gateway, one_without_a_password_cannot_change_it) {
  account_world w;
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  EXPECT_EQ(alice.ask(change_password{"anything", "another horse", false})->code(),
            errc::wrong_credentials);
}

TEST(password_gateway, an_operator_sets_passwords_and_may_end_all_devices) {
  account_world w;
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  EXPECT_EQ(w.give_password("nobody"), errc::not_found);
  EXPECT_EQ(w.root().ask(set_password{"tenant99", "alice", good_password, false})->code(),
            errc::not_found);
  EXPECT_EQ(w.give_password("alice", "zzzzzzzz"), errc::invalid_argument);
  EXPECT_EQ(alice.ask(set_password{"tenant1", "alice", good_password, false})->code(),
            errc::forbidden);
  EXPECT_EQ(w.give_password("alice"), errc::ok);
  EXPECT_TRUE(hears(alice, {"2 10"}));
  EXPECT_EQ(w.give_password("alice", "another horse", true), errc::ok);
  EXPECT_EQ(goodbye_of(alice).code(), errc::device_ended);
  EXPECT_EQ(login(w, w.tokens[0]), errc::invalid_token);
  EXPECT_EQ(login(w, w.tokens[1]), errc::ok) << "bob's";
  EXPECT_TRUE(visitor(w.client_port, {.password = "another horse"}).in());
}

}  // namespace
}  // namespace conclave::actors
