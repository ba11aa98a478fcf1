/// The gateway over real TLS: phases, logins, bounds, deadlines, and what it does to bad input.
/// What lies behind it is in the test's hands (see gateway_fixture.h).
#include "actors/gateway.h"

#include "crypto/token.h"
#include "schemas/event_messages.h"
#include "tests/support/gateway_fixture.h"
#include "tests/support/written_room.h"

#include <gtest/gtest.h>

#include <set>

namespace conclave::actors {
namespace {

using test::gateway_world;
using test::patience;
using test::wait_until;
using test::wire_client;

constexpr tenant_id acme{1};

std::string frame_of_type(frame_type type, std::uint64_t correlation, std::string_view payload) {
  std::string out;
  const std::size_t at = open_frame(out, type, correlation);
  out.append(payload);
  close_frame(out, at);
  return out;
}

send text_to(std::uint64_t conversation, std::uint64_t client_seq, std::string_view body = "hi") {
  send message;
  message.conversation = conversation_id{conversation};
  message.client_seq = client_seq;
  message.body.data = body;
  return message;
}

/// The ERROR or GOAWAY with which a connection ends; errc::ok when it does not end.
errc last_words(wire_client& client) {
  errc words = errc::ok;
  while (auto frame = client.next()) words = frame->code();
  return client.closed() ? words : errc::ok;
}

std::unique_ptr<wire_client> greeted(std::uint16_t port) {
  auto client = std::make_unique<wire_client>(port);
  const auto answer = client->ask(hello{});
  EXPECT_TRUE(answer && answer->is(frame_type::welcome));
  return client;
}

TEST(gateway, p7_a_frame_out_of_phase_ends_the_connection_with_one_clear_word) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice"});
  struct wrong {
    std::string frame;
    errc words;
  };
  const auto encoded = [](const auto& message, std::uint64_t correlation) {
    std::string out;
    append_frame(out, correlation, message);
    return out;
  };
  for (const auto& [frame, words] :
       {wrong{encoded(text_to(5, 1), 1), errc::unexpected_frame},
        wrong{encoded(ping{}, 1), errc::unexpected_frame},
        wrong{encoded(login{tokens[0]}, 1), errc::unexpected_frame},
        wrong{frame_of_type(frame_type{0x77}, 1, "\x90"), errc::unexpected_frame},
        wrong{encoded(hello{2, 9, 0, "new"}, 1), errc::unsupported_version}}) {
    wire_client client(w.client_port);
    client.send_bytes(frame);
    EXPECT_EQ(last_words(client), words);
  }
  for (const auto& [frame, words] :
       {wrong{encoded(text_to(5, 1), 1), errc::not_authenticated},
        wrong{encoded(hello{}, 1), errc::not_authenticated},
        wrong{encoded(login{tokens[0]}, 0), errc::malformed},
        wrong{frame_of_type(frame_type::login, 1, "rubbish"), errc::malformed}}) {
    auto client = greeted(w.client_port);
    EXPECT_TRUE(client->ask(ping{})->is(frame_type::pong));
    client->send_bytes(frame);
    EXPECT_EQ(last_words(*client), words);
  }
  for (const auto& [frame, words] : {wrong{encoded(hello{}, 1), errc::unexpected_frame},
                                     wrong{encoded(login{tokens[0]}, 1), errc::unexpected_frame},
                                     wrong{encoded(text_to(5, 1), 0), errc::malformed}}) {
    wire_client client(w.client_port);
    ASSERT_TRUE(client.login(tokens[0]));
    client.send_bytes(frame);
    EXPECT_EQ(last_words(client), words);
  }
}

TEST(gateway, p6_every_bad_token_is_answered_alike) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice", "bob"});
  const auto others = w.provision(tenant_id{3}, {"alice"});
  const auto operators = w.provision(system_tenant, {"root"});
  const auto alice = *crypto::parse_token(tokens[0]);
  const auto forge = [&](auto change) {
    auto parts = alice;
    change(parts);
    return crypto::format_token(parts);
  };
  const std::vector<std::string> bad{
      "rubbish",
      tokens[0] + "x",
      forge([](auto& p) { p.secret = crypto::new_token_secret(); }),
      forge([](auto& p) { p.user = user_id{99}; }),
      forge([](auto& p) { p.device = device_id{99}; }),
      forge([](auto& p) { p.tenant = tenant_id{3}; }),
      forge([](auto& p) { p.tenant = tenant_id{999}; }),
      forge([&](auto& p) { p.user = crypto::parse_token(tokens[1])->user; }),
      operators[0],  // on the wrong listener
  };
  std::set<std::string> answers;
  for (const auto& token : bad) {
    auto client = greeted(w.client_port);
    client->send(7, login{token});
    const auto answer = client->answer(7);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->code(), errc::invalid_token) << token;
    answers.insert(answer->payload);
    EXPECT_TRUE(client->read_until_closed());
  }
  EXPECT_EQ(answers.size(), 1u) << "byte for byte";
  wire_client door(w.admin_port);
  EXPECT_FALSE(door.login(tokens[0]));
  EXPECT_EQ(door.last_error(), errc::invalid_token);
  EXPECT_EQ(w.gate().counters().rejected_logins, bad.size() + 1);
  wire_client fine(w.client_port);
  EXPECT_TRUE(fine.login(others[0]));
  EXPECT_EQ(fine.who().tenant.value, 3u);
}

TEST(gateway, operators_and_users_have_a_door_each) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice"});
  const auto operators = w.provision(system_tenant, {"root"});
  wire_client user(w.client_port);
  ASSERT_TRUE(user.login(tokens[0]));
  create_tenant tenant;
  tenant.op_id = 1;
  tenant.tenant_name = "mine";
  EXPECT_EQ(user.ask(tenant)->code(), errc::forbidden);
  EXPECT_EQ(user.ask(list_tenants{})->code(), errc::forbidden);
  list_users listing;
  listing.tenant_name = "tenant1";
  EXPECT_EQ(user.ask(listing)->code(), errc::forbidden);
  EXPECT_TRUE(user.ask(ping{})->is(frame_type::pong)) << "and stays connected";

  wire_client root(w.admin_port);
  ASSERT_TRUE(root.login(operators[0]));
  EXPECT_EQ(root.ask(text_to(5, 1))->code(), errc::unsupported);
  EXPECT_TRUE(root.ask(listing)->is(frame_type::users_page));
  EXPECT_TRUE(root.ask(tenant)->is(frame_type::tenant_created));
  tenant.op_id = 2;
  EXPECT_EQ(root.ask(tenant)->code(), errc::already_exists);
  provision_users order;
  order.tenant_name = "nobody";
  order.device_name = "phone";
  order.names = {"carol"};
  EXPECT_EQ(root.ask(order)->code(), errc::not_found);
  order.tenant_name = "mine";
  EXPECT_TRUE(root.ask(order)->is(frame_type::users_provisioned));
}

TEST(gateway, a_device_that_logs_in_again_replaces_its_older_connection) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice", "bob"});
  wire_client first(w.client_port);
  wire_client bob(w.client_port);
  ASSERT_TRUE(first.login(tokens[0]));
  ASSERT_TRUE(bob.login(tokens[1]));
  wire_client second(w.client_port);
  ASSERT_TRUE(second.login(tokens[0]));
  const auto away = first.next();
  ASSERT_TRUE(away && away->is(frame_type::goaway));
  EXPECT_EQ(away->code(), errc::replaced);
  EXPECT_TRUE(first.read_until_closed());
  EXPECT_TRUE(second.ask(ping{})->is(frame_type::pong));
  EXPECT_TRUE(bob.ask(ping{})->is(frame_type::pong));
  EXPECT_TRUE(wait_until([&] { return w.gate().counters().sessions == 2; }));
}

TEST(gateway, p5_the_time_that_clients_are_told_is_the_one_that_events_expire_by) {
  gateway_world w;
  w.ports.now = [] { return time_ms{777'000}; };  // not the wall: a jump is being held
  wire_client client(w.client_port);
  EXPECT_EQ(client.ask(hello{})->as<welcome>()->time, 777'000u);
  EXPECT_EQ(client.ask(ping{})->as<pong>()->time, 777'000u);
}

TEST(gateway, p7_requests_that_read_a_message_first_are_few_at_a_time) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice"});
  wire_client client(w.client_port);
  ASSERT_TRUE(client.login(tokens[0]));
  const auto recalling = [](std::uint64_t key) {
    return recall{conversation_id{5}, key, event_seq{1}};
  };
  for (std::uint64_t i = 1; i <= limits::max_open_targets + 1; ++i) client.send(i, recalling(i));
  EXPECT_EQ(client.answer(limits::max_open_targets + 1)->code(), errc::too_many_requests);
  const open_burning look{conversation_id{5}, event_seq{1}};
  for (std::uint64_t i = 1; i <= limits::max_open_reads + 1; ++i) client.send(1'000 + i, look);
  EXPECT_EQ(client.answer(1'000 + limits::max_open_reads + 1)->code(), errc::too_many_requests);
  client.send(2'000, text_to(5, 1));
  // The last of what was taken is the text: nothing else is held up by them.
  auto arrived = w.conversations.take(limits::max_open_targets + limits::max_open_reads + 1);
  std::size_t refused = 0;
  for (auto& a : arrived)
    for (auto& request : a.batch->requests) {
      ++refused;
      request.asked.reject(errc::forbidden);
    }
  EXPECT_EQ(refused, limits::max_open_targets + limits::max_open_reads + 1);
  EXPECT_EQ(client.answer(2'000)->code(), errc::forbidden);
  client.send(3'000, recalling(99));
  client.send(3'001, look);
  for (auto& a : w.conversations.take(2))
    for (auto& request : a.batch->requests) request.asked.reject(errc::not_found);
  EXPECT_EQ(client.answer(3'000)->code(), errc::not_found) << "there is room again";
  EXPECT_EQ(client.answer(3'001)->code(), errc::not_found);
}

TEST(gateway, p7_the_257th_open_request_is_refused_and_the_others_are_not_hurt) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice"});
  wire_client client(w.client_port);
  ASSERT_TRUE(client.login(tokens[0]));
  for (std::uint64_t i = 1; i <= limits::max_open_requests + 1; ++i) client.send(i, text_to(5, i));
  EXPECT_EQ(client.answer(limits::max_open_requests + 1)->code(), errc::too_many_requests);
  auto arrived = w.conversations.take(limits::max_open_requests);
  std::size_t count = 0;
  for (auto& a : arrived) {
    EXPECT_EQ(a.entity.tenant, acme);
    EXPECT_EQ(a.entity.id, 5u);
    for (auto& request : a.batch->requests) {
      ++count;
      EXPECT_EQ(request.key, request.asked.to().correlation);
      EXPECT_EQ(a.batch->text_of(request), "hi");
      request.asked.reject(errc::forbidden);
    }
  }
  EXPECT_EQ(count, limits::max_open_requests);
  std::set<std::uint64_t> answered;
  for (std::uint64_t i = 1; i <= limits::max_open_requests; ++i) {
    const auto frame = client.next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->code(), errc::forbidden);
    answered.insert(frame->header.correlation);
  }
  EXPECT_EQ(answered.size(), limits::max_open_requests);
  EXPECT_EQ(w.gate().counters().open_requests, 0u);
}

TEST(gateway, p9_after_ten_seconds_the_answer_is_unknown_and_it_is_the_only_one) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice"});
  wire_client client(w.client_port);
  ASSERT_TRUE(client.login(tokens[0]));
  client.send(7, text_to(5, 1));
  auto arrived = w.conversations.take(1);
  w.store.time.pass(static_cast<time_ms>(limits::answer_deadline.count()) + 1);
  const auto answer = client.answer(7);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code(), errc::outcome_unknown);
  arrived[0].batch->requests[0].asked.reject(errc::forbidden);
  EXPECT_TRUE(wait_until([&] { return w.gate().counters().open_requests == 0; }));
  // What comes after the PONG would have come before it.
  EXPECT_TRUE(client.ask(ping{})->is(frame_type::pong));
  EXPECT_TRUE(client.pushes().empty());
  EXPECT_EQ(w.gate().counters().overdue, 1u);
}

TEST(gateway, p9_an_answer_for_a_connection_that_is_gone_frees_what_it_held) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice"});
  {
    wire_client client(w.client_port);
    ASSERT_TRUE(client.login(tokens[0]));
    client.send(7, text_to(5, 1));
    auto arrived = w.conversations.take(1);
    client.abandon();
    EXPECT_TRUE(wait_until([&] { return w.gate().counters().sessions == 0; }));
    EXPECT_EQ(w.gate().counters().open_requests, 1u);
  }  // the ticket dies unanswered
  EXPECT_TRUE(wait_until([&] { return w.gate().counters().open_requests == 0; }));
}

TEST(gateway, p7_admitted_bytes_are_bounded) {
  gateway_world w;
  w.shared.max_admitted_bytes = 1000;
  const auto tokens = w.provision(acme, {"alice", "bob"});
  wire_client alice(w.client_port);
  wire_client bob(w.client_port);
  ASSERT_TRUE(alice.login(tokens[0]));
  ASSERT_TRUE(bob.login(tokens[1]));
  const std::string body(600, 'x');
  alice.send(1, text_to(5, 1, body));
  auto arrived = w.conversations.take(1);
  bob.send(1, text_to(5, 1, body));
  EXPECT_EQ(bob.answer(1)->code(), errc::overloaded);
  arrived.clear();
  EXPECT_EQ(alice.answer(1)->code(), errc::outcome_unknown);
  bob.send(2, text_to(5, 1, body));
  EXPECT_EQ(w.conversations.take(1).size(), 1u);
}

TEST(gateway, p7_a_request_with_bad_fields_is_rejected_and_nobody_else_hears_of_it) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice"});
  wire_client client(w.client_port);
  ASSERT_TRUE(client.login(tokens[0]));
  const auto ask_raw = [&](frame_type type, std::string_view payload) {
    client.send_bytes(frame_of_type(type, 50, payload));
    const auto answer = client.answer(50);
    return answer ? answer->code() : errc::ok;
  };
  using namespace std::string_view_literals;
  EXPECT_EQ(ask_raw(frame_type::send, "\xc0"sv), errc::malformed);
  EXPECT_EQ(ask_raw(frame_type::send, "\x94\x00\x01\x10\xc4\x01x"sv), errc::invalid_argument);
  EXPECT_EQ(ask_raw(frame_type::send, "\x94\x05\x01\x10\xc4\x00"sv), errc::invalid_argument);
  EXPECT_EQ(ask_raw(frame_type{0x7f}, "\x90"sv), errc::unsupported);
  EXPECT_EQ(ask_raw(frame_type::ok, "\x90"sv), errc::unsupported);
  EXPECT_TRUE(client.ask(ping{})->is(frame_type::pong));
  EXPECT_EQ(w.directory().counters().spawned, 0u);
}

TEST(gateway, p7_one_who_only_pings_and_never_logs_in_is_sent_away) {
  gateway_world w;
  auto idler = greeted(w.client_port);
  EXPECT_TRUE(idler->ask(ping{})->is(frame_type::pong));
  w.store.time.pass(static_cast<time_ms>(limits::handshake_timeout.count()) * 2 + 1);
  const auto words = idler->next();
  ASSERT_TRUE(words && words->is(frame_type::goaway));
  EXPECT_EQ(words->code(), errc::handshake_timeout);
  EXPECT_TRUE(idler->read_until_closed());
}

TEST(gateway, at_the_end_everybody_is_told_and_nothing_new_is_taken) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice"});
  wire_client client(w.client_port);
  ASSERT_TRUE(client.login(tokens[0]));
  client.send(6, text_to(5, 1));
  auto arrived = w.conversations.take(1);
  w.on_loop([&] { w.gate().drain({errc::shutting_down, {}, 1234}); });
  const auto away = client.next();
  ASSERT_TRUE(away && away->is(frame_type::goaway));
  EXPECT_EQ(away->code(), errc::shutting_down);
  EXPECT_EQ(away->as<goaway>()->reconnect_after_ms, 1234u);
  client.send(7, text_to(5, 2));
  EXPECT_EQ(client.answer(7)->code(), errc::shutting_down);
  arrived[0].batch->requests[0].asked.reject(errc::forbidden);
  EXPECT_EQ(client.answer(6)->code(), errc::forbidden) << "what was open is still answered";
  wire_client late(w.client_port);
  EXPECT_FALSE(late.connected());
}

TEST(gateway, who_is_sent_away_is_told_where_the_leader_is) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice"});
  const auto operators = w.provision(system_tenant, {"root"});
  wire_client client(w.client_port);
  ASSERT_TRUE(client.login(tokens[0]));
  wire_client operating(w.admin_port);
  ASSERT_TRUE(operating.login(operators[0]));
  w.on_loop([&] { w.gate().drain({errc::not_leading, "chat2.example.org:7443", 300}); });
  const auto away = client.next();
  ASSERT_TRUE(away && away->is(frame_type::goaway));
  EXPECT_EQ(away->code(), errc::not_leading);
  EXPECT_EQ(away->as<goaway>()->leader, "chat2.example.org:7443");
  EXPECT_EQ(away->as<goaway>()->reconnect_after_ms, 300u);
  client.send(7, text_to(5, 2));
  const auto refused = client.answer(7);
  EXPECT_EQ(refused->code(), errc::not_leading);
  EXPECT_EQ(refused->as<error_answer>()->leader, "chat2.example.org:7443");
  const auto operator_away = operating.next();
  ASSERT_TRUE(operator_away && operator_away->is(frame_type::goaway));
  EXPECT_EQ(operator_away->as<goaway>()->leader, "") << "that is no place for operators";
}

TEST(gateway, a_request_must_name_users_that_exist) {
  gateway_world w;
  const auto tokens = w.provision(acme, {"alice", "bob"});
  w.provision(tenant_id{3}, {"one", "two", "three"});
  wire_client client(w.client_port);
  ASSERT_TRUE(client.login(tokens[0]));
  create_conversation order;
  order.op_id = 1;
  order.title = "room";
  order.members = {user_id{2}, user_id{3}};  // 3 exists in another tenant only
  EXPECT_EQ(client.ask(order)->code(), errc::invalid_argument);
  add_members more;
  more.conversation = conversation_id{5};
  more.client_seq = 1;
  more.users = {user_id{3}};
  EXPECT_EQ(client.ask(more)->code(), errc::not_found) << "he was never in it";
  test::written_rooms rooms(w, acme);
  rooms.found(more.conversation, 2);
  rooms.commit();
  EXPECT_EQ(client.ask(more)->code(), errc::invalid_argument);
  order.members = {user_id{2}};
  client.send(9, order);
  const auto arrived = w.conversations.take(1);
  ASSERT_EQ(arrived.size(), 1u);
  EXPECT_EQ(arrived[0].entity.tenant, acme);
  EXPECT_EQ(arrived[0].batch->requests[0].user.value, 1u);
}

}  // namespace
}  // namespace conclave::actors
