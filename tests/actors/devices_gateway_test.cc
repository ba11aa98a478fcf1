/// Devices over real TLS: renewing, leaving, ending, kicking, on two loops and in the moments when
/// two of these meet; and what a tenant's policy makes of them.
#include "actors/gateway.h"
#include "crypto/token.h"
#include "tests/support/account_fixture.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace conclave::actors {
namespace {

using test::account_world;
using test::goodbye_of;
using test::hears;
using test::visitor;
using test::wait_until;
using test::wire_client;
using namespace std::chrono_literals;

errc login(account_world& w, const std::string& token) {
  wire_client client(w.client_port);
  return client.login(token) ? errc::ok : client.last_error();
}

std::string renewed(wire_client& client) {
  const auto answer = client.ask(renew_token{});
  if (!answer || !answer->is(frame_type::token_renewed)) return {};
  return std::string(answer->as<token_renewed>()->token);
}

TEST(devices_gateway, whoever_shows_the_former_token_after_the_newer_was_used_ends_the_device) {
  account_world w;
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  const std::string newer = renewed(alice);
  ASSERT_NE(newer, "");
  EXPECT_EQ(login(w, w.tokens[0]), errc::ok) << "the newer one has not been used";
  wire_client again(w.client_port);
  ASSERT_TRUE(again.login(newer));
  // The mark is not awaited; the thief is not let in once it is there.
  ASSERT_TRUE(wait_until([&] { return login(w, w.tokens[0]) == errc::invalid_token; }));
  wire_client last(w.client_port);
  ASSERT_TRUE(wait_until([&] { return login(w, newer) == errc::invalid_token; }))
      << "one of two programs has a stolen token";
  const auto page = [&] {
    wire_client bob(w.client_port);
    EXPECT_TRUE(bob.login(w.tokens[1]));
    return bob.ask(list_devices{})->as<devices_page>()->devices.size();
  };
  EXPECT_EQ(page(), 1u) << "bob's is bob's";
}

TEST(devices_gateway, the_session_of_a_stolen_token_is_sent_away_and_the_inbox_says_why) {
  account_world w;
  visitor tablet = [&]() -> visitor {
    w.give_password("alice");
    return visitor(w.client_port, {.kind = device_kind::tablet});
  }();
  wire_client phone(w.client_port);
  ASSERT_TRUE(phone.login(w.tokens[0]));
  const std::string newer = renewed(phone);
  wire_client honest(w.client_port);
  ASSERT_TRUE(honest.login(newer));
  EXPECT_EQ(goodbye_of(phone).code(), errc::replaced);
  // Looked up, not tried out: a thief who comes before the mark gets in and sends the session away.
  ASSERT_TRUE(wait_until([&] {
    const auto home = w.store.data().view(w.shards.home_of(tenant_id{1}));
    const auto row = storage::get_device(home, tenant_id{1}, user_id{1}, honest.who().device);
    return row.ok() && row->former_over;
  }));
  EXPECT_EQ(login(w, w.tokens[0]), errc::invalid_token);
  EXPECT_EQ(goodbye_of(honest).code(), errc::device_ended);
  const auto frame = tablet.client.ask(read_inbox{});  // whose bytes the page borrows
  const auto page = frame->as<inbox_page>();
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries.back().kind, inbox_kind::device_ended);
  EXPECT_EQ(page->entries.back().text, "invalid_token");
}

TEST(devices_gateway, p3_what_is_renewed_on_one_connection_goes_on_from_the_token_in_hand) {
  account_world w;
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  const std::string second = renewed(alice);
  const std::string third = renewed(alice);
  // The client has had the second, and may have forgotten the first.
  EXPECT_EQ(login(w, second), errc::ok);
  EXPECT_EQ(login(w, third), errc::ok);
  EXPECT_EQ(login(w, w.tokens[0]), errc::invalid_token);
}

TEST(devices_gateway, only_those_who_came_in_by_a_token_that_is_over_are_sent_away) {
  account_world w;
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  const auto over = [&](const std::string& token_hash) {
    auto news = std::make_shared<user_news>();
    news->tenant = tenant_id{1};
    news->user = user_id{1};
    news->ended.push_back({alice.who().device, errc::replaced, token_hash});
    w.gate().post(std::shared_ptr<const user_news>(std::move(news)));
    w.on_loop([] {});
  };
  over(std::string(32, 'x'));
  EXPECT_TRUE(alice.ask(ping{})->is(frame_type::pong));
  over(crypto::token_hash(crypto::parse_token(w.tokens[0])->secret));
  EXPECT_EQ(goodbye_of(alice).code(), errc::replaced);
  EXPECT_EQ(login(w, w.tokens[0]), errc::ok) << "the device goes on";
}

TEST(devices_gateway, one_who_logs_out_is_answered_and_his_token_is_worth_nothing) {
  account_world w;
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  EXPECT_TRUE(alice.ask(logout{})->is(frame_type::done));
  EXPECT_EQ(goodbye_of(alice).code(), errc::logged_out);
  EXPECT_EQ(login(w, w.tokens[0]), errc::invalid_token);
}

TEST(devices_gateway, the_list_shows_who_is_online_on_any_loop_and_ends_whom_it_names) {
  account_world w(2);
  w.give_password("alice");
  visitor phone(w.client_ports[0], {.op_id = 1, .kind = device_kind::mobile, .device = "phone"});
  visitor desk(w.client_ports[1], {.op_id = 2, .kind = device_kind::desktop, .device = "desk"});
  ASSERT_TRUE(phone.in() && desk.in());
  auto frame = phone.client.ask(list_devices{});
  auto page = frame->as<devices_page>();
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->devices.size(), 3u);
  EXPECT_EQ(page->devices[0].kind, device_kind::other);
  EXPECT_FALSE(page->devices[0].online) << "provisioned, never used";
  EXPECT_EQ(page->devices[1].device_name, "phone");
  EXPECT_EQ(page->devices[1].kind, device_kind::mobile);
  EXPECT_TRUE(page->devices[1].online);
  EXPECT_TRUE(page->devices[2].online) << "on the other loop";
  EXPECT_GT(page->devices[2].created, 0u);

  wire_client bob(w.client_ports[0]);
  ASSERT_TRUE(bob.login(w.tokens[1]));
  EXPECT_EQ(bob.ask(end_device{desk.device})->code(), errc::not_found) << "it is alice's";
  EXPECT_EQ(phone.client.ask(end_device{desk.device})->code(), errc::ok);
  EXPECT_EQ(goodbye_of(desk.client).code(), errc::device_ended);
  EXPECT_EQ(login(w, desk.token), errc::invalid_token);
  EXPECT_EQ(phone.client.ask(end_device{desk.device})->code(), errc::not_found);
  EXPECT_EQ(phone.client.ask(list_devices{})->as<devices_page>()->devices.size(), 2u);
  EXPECT_EQ(phone.client.ask(end_device{phone.device})->code(), errc::ok) << "oneself, too";
  EXPECT_EQ(goodbye_of(phone.client).code(), errc::device_ended);
  EXPECT_TRUE(bob.ask(ping{})->is(frame_type::pong));
}

/// Sends LOGIN and keeps the answer for later.
struct late_login {
  late_login(std::uint16_t port, const std::string& token) : client(port) {
    client.ask(hello{});
    client.send(7, conclave::login{token});
  }
  wire_client client;
};

TEST(devices_gateway, p9_a_login_whose_device_ends_while_its_token_is_looked_at_is_refused) {
  account_world w(2);
  w.give_password("alice");
  visitor phone(w.client_ports[0]);
  ASSERT_TRUE(phone.in());
  std::promise<void> go;
  std::atomic<bool> looking{false};
  const auto gone = go.get_future().share();
  auto policy_of = w.ports.policy_of;
  w.on_loop([&] {
    w.ports.policy_of = [&, policy_of](tenant_id tenant) {
      if (!looking.exchange(true)) gone.wait();  // the row has been read
      return policy_of(tenant);
    };
  });
  late_login late(w.client_ports[1], w.tokens[0]);
  ASSERT_TRUE(wait_until([&] { return looking.load(); }));
  EXPECT_EQ(phone.client.ask(end_device{device_id{1}})->code(), errc::ok);
  go.set_value();
  EXPECT_EQ(late.client.answer(7)->code(), errc::invalid_token);
  EXPECT_TRUE(late.client.read_until_closed());
}

TEST(devices_gateway, p9_the_end_of_a_device_is_answered_when_every_loop_has_heard_of_it) {
  account_world w(2);
  w.give_password("alice");
  visitor phone(w.client_ports[0]);
  wire_client other(w.client_ports[1]);
  ASSERT_TRUE(phone.in());
  ASSERT_TRUE(other.login(w.tokens[0]));
  std::promise<void> go;
  w.gate(1).loop().post([gone = go.get_future().share()] { gone.wait(); });
  phone.client.send(9, end_device{other.who().device});
  EXPECT_FALSE(phone.client.answer(9, 200ms)) << "its connection still stands";
  go.set_value();
  EXPECT_EQ(phone.client.answer(9)->code(), errc::ok);
  EXPECT_EQ(goodbye_of(other).code(), errc::device_ended);
}

TEST(devices_gateway, news_that_come_after_the_end_of_a_loop_do_not_wait_for_it) {
  account_world w(2);
  w.gate(0).stop();
  auto news = std::make_shared<user_news>();
  const std::weak_ptr<user_news> held = news;
  reply_address nobody;
  news->asked = ticket(&w.gate(1), nobody);
  w.gate(0).post(std::shared_ptr<const user_news>(std::move(news)));
  EXPECT_TRUE(held.expired()) << "its answer would come out of a loop that is being destroyed";
}

TEST(devices_gateway, one_session_per_kind_where_the_tenant_says_so) {
  account_world w(2);
  w.give_password("alice");
  tenant_policy policy;
  policy.exclusive_kinds = 1u << static_cast<unsigned>(device_kind::mobile);
  ASSERT_EQ(w.allow(policy), errc::ok);
  visitor desk(w.client_ports[0], {.op_id = 1, .kind = device_kind::desktop});
  visitor other_desk(w.client_ports[1], {.op_id = 2, .kind = device_kind::desktop});
  visitor phone(w.client_ports[0], {.op_id = 3, .device = "old phone"});
  visitor newer(w.client_ports[1], {.op_id = 4, .device = "new phone"});
  ASSERT_TRUE(desk.in() && other_desk.in() && phone.in() && newer.in());
  const auto words = goodbye_of(phone.client);
  EXPECT_EQ(words.code(), errc::kicked);
  EXPECT_NE(words.as<goaway>()->text.find("new phone"), std::string_view::npos);
  EXPECT_TRUE(desk.client.ask(ping{})->is(frame_type::pong));
  EXPECT_TRUE(other_desk.client.ask(ping{})->is(frame_type::pong));
  wire_client back(w.client_ports[0]);
  EXPECT_TRUE(back.login(phone.token)) << "its token is still good";
  EXPECT_EQ(goodbye_of(newer.client).code(), errc::kicked);
  wire_client twice(w.client_ports[1]);
  EXPECT_TRUE(twice.login(phone.token));
  EXPECT_EQ(goodbye_of(back).code(), errc::replaced) << "the same device";
}

TEST(devices_gateway, of_two_phones_that_log_in_at_once_exactly_one_stays) {
  account_world w(2);
  w.give_password("alice");
  tenant_policy policy;
  policy.exclusive_kinds = 1u << static_cast<unsigned>(device_kind::mobile);
  ASSERT_EQ(w.allow(policy), errc::ok);
  const std::string tokens[] = {visitor(w.client_port, {.op_id = 1}).token,
                                visitor(w.client_port, {.op_id = 2}).token};
  for (int round = 0; round < 20; ++round) {
    wire_client one(w.client_ports[0]);
    wire_client other(w.client_ports[1]);
    one.ask(hello{});
    other.ask(hello{});
    one.send(7, conclave::login{tokens[0]});
    other.send(7, conclave::login{tokens[1]});
    EXPECT_TRUE(one.answer(7)->is(frame_type::logged_in));
    EXPECT_TRUE(other.answer(7)->is(frame_type::logged_in));
    std::size_t open = 0;
    ASSERT_TRUE(wait_until([&] {
      open = 0;
      for (std::size_t i = 0; i < 2; ++i) open += w.gate(i).counters().sessions;
      return open == 2;  // one of them, and the operator
    })) << open
        << " sessions";
    const bool first = one.ask(ping{}).has_value();
    const bool second = other.ask(ping{}).has_value();
    EXPECT_NE(first, second);
    one.abandon();
    other.abandon();
    ASSERT_TRUE(wait_until(
        [&] { return w.gate(0).counters().sessions + w.gate(1).counters().sessions == 1; }));
  }
}

TEST(devices_gateway, above_max_devices_the_oldest_session_ends_and_the_others_hear_of_it) {
  account_world w(2);
  w.give_password("bob");
  tenant_policy policy;
  policy.max_devices = 2;
  ASSERT_EQ(w.allow(policy), errc::ok);
  wire_client old(w.client_ports[0]);
  ASSERT_TRUE(old.login(w.tokens[1]));
  visitor phone(w.client_ports[1], {.op_id = 1, .user = "bob"});
  ASSERT_TRUE(phone.in());
  EXPECT_TRUE(old.ask(ping{})->is(frame_type::pong));
  visitor tablet(w.client_ports[0],
                 {.op_id = 2, .user = "bob", .kind = device_kind::tablet, .device = "slate"});
  ASSERT_TRUE(tablet.in());
  EXPECT_EQ(goodbye_of(old).code(), errc::device_ended);
  EXPECT_EQ(login(w, w.tokens[1]), errc::invalid_token);
  EXPECT_TRUE(hears(phone.client, {"3 6", "4 7", "5 6"}));
  EXPECT_EQ(tablet.inbox_head, 5u);
}

TEST(devices_gateway, a_policy_is_in_force_from_its_answer_on) {
  account_world w;
  const auto ask = [&](std::string_view tenant) { return w.root().ask(get_policy{tenant}); };
  EXPECT_EQ(ask("tenant1")->as<policy_answer>()->policy, tenant_policy{});
  EXPECT_EQ(ask("tenant99")->code(), errc::not_found);
  EXPECT_EQ(w.root().ask(set_policy{"tenant99", {}})->code(), errc::not_found);
  tenant_policy policy;
  policy.token_lifetime_ms = 0;
  policy.recall_window_ms = 7;
  ASSERT_EQ(w.allow(policy), errc::ok);
  EXPECT_EQ(ask("tenant1")->as<policy_answer>()->policy, policy);
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  EXPECT_EQ(alice.who().renew_by, 0u);
  EXPECT_EQ(alice.ask(get_policy{"tenant1"})->code(), errc::forbidden);
}

TEST(devices_gateway, an_operator_ends_a_device_of_his_whose_token_was_lost) {
  account_world w;
  const std::string lost = w.provision(system_tenant, {"root"}).front();
  wire_client thief(w.admin_port);
  ASSERT_TRUE(thief.login(lost));
  EXPECT_EQ(w.root().ask(list_devices{})->as<devices_page>()->devices.size(), 2u);
  ASSERT_EQ(w.root().ask(end_device{thief.who().device})->code(), errc::ok);
  EXPECT_EQ(goodbye_of(thief).code(), errc::device_ended);
  wire_client again(w.admin_port);
  EXPECT_FALSE(again.login(lost));
  const std::string newer = renewed(w.root());
  wire_client second(w.admin_port);
  ASSERT_TRUE(second.login(newer));
  EXPECT_EQ(second.ask(logout{})->code(), errc::ok);
  wire_client over(w.admin_port);
  EXPECT_FALSE(over.login(newer));
  EXPECT_EQ(over.ask(ping{}), std::nullopt);
}

TEST(devices_gateway, who_came_in_by_a_token_that_was_given_out_anew_does_not_stay) {
  account_world w;
  provision_users order;
  order.op_id = 77;
  order.tenant_name = "tenant1";
  order.device_name = "phone";
  order.names = {"carol"};
  const auto ask = [&] {
    return std::string(w.root().ask(order)->as<users_provisioned>()->users.at(0).token);
  };
  const std::string first = ask();
  wire_client early(w.client_port);
  ASSERT_TRUE(early.login(first));
  const std::string second = ask();
  EXPECT_EQ(goodbye_of(early).code(), errc::replaced)
      << "before it renews itself into the only one";
  EXPECT_EQ(login(w, first), errc::invalid_token);
  EXPECT_EQ(login(w, second), errc::ok);
}

TEST(devices_gateway, five_hundred_users_are_provisioned_in_one_request_in_the_order_asked_for) {
  account_world w;
  std::vector<std::string> names;
  for (int i = 0; i < 500; ++i) names.push_back("user" + std::to_string((i * 7919) % 1000));
  provision_users order;
  order.op_id = 77;
  order.tenant_name = "tenant1";
  order.device_name = "bench";
  order.names.assign(names.begin(), names.end());
  const auto ask = [&] { return *w.root().ask(order); };
  const auto first = ask();
  const auto made = first.as<users_provisioned>();
  ASSERT_TRUE(made.ok());
  ASSERT_EQ(made->users.size(), 500u);
  for (std::size_t i = 0; i < 500; ++i) EXPECT_EQ(made->users[i].user_name, names[i]);
  EXPECT_EQ(login(w, std::string(made->users[499].token)), errc::ok);
  const auto second = ask();
  const auto again = second.as<users_provisioned>();
  for (std::size_t i = 0; i < 500; ++i) {
    EXPECT_EQ(again->users[i].user, made->users[i].user);
    EXPECT_EQ(again->users[i].device, made->users[i].device);
    EXPECT_NE(again->users[i].token, made->users[i].token);
  }
  EXPECT_EQ(login(w, std::string(made->users[0].token)), errc::invalid_token);
  EXPECT_EQ(login(w, std::string(again->users[0].token)), errc::ok);
  std::swap(order.names[0], order.names[1]);
  EXPECT_EQ(ask().code(), errc::invalid_argument);
  order.names.resize(499);
  EXPECT_EQ(ask().code(), errc::invalid_argument);
}

}  // namespace
}  // namespace conclave::actors
