/// Tenants are islands (P6), and tokens open only what they are for.
#include "tests/e2e/e2e_fixture.h"
#include "tests/support/text_request.h"

namespace conclave::test {
namespace {

using e2e_tenants = e2e;

TEST_F(e2e_tenants, p6_the_id_of_another_tenants_conversation_is_not_found_by_every_request) {
  start();
  const auto ours = people({"alice", "bob"}, "acme");
  const auto theirs = people({"alice", "eve"}, "globex");
  const auto alice = log_in(ours[0]);
  const auto eve = log_in(theirs[1]);
  const conversation_id group = found(*alice, {ours[1].user});
  ASSERT_TRUE((*alice)->send(group, "ours"));

  EXPECT_EQ(code_of((*eve)->send(group, "theirs")), errc::not_found);
  for (const auto direction : {history_direction::forward, history_direction::backward})
    EXPECT_EQ(code_of((*eve)->history(group, event_seq{1}, direction, 10)), errc::not_found);
  EXPECT_EQ(code_of((*eve)->list_members(group)), errc::not_found);
  EXPECT_EQ(code_of((*eve)->add_members(group, {eve->id})), errc::not_found);
  EXPECT_EQ(code_of((*eve)->remove_member(group, eve->id)), errc::not_found);
  EXPECT_EQ(code_of((*eve)->remove_member(group, ours[0].user)), errc::not_found);
  const auto list = (*eve)->list_conversations();
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->empty());
  ASSERT_TRUE(alice->hears_up_to(group, 2));
  EXPECT_EQ(alice->texts(group), std::vector<std::string>{"ours"});
}

TEST_F(e2e_tenants, p6_names_and_ids_mean_something_else_in_each_tenant) {
  start();
  const auto ours = people({"alice", "bob", "carol"}, "acme");
  const auto theirs = people({"alice", "zed"}, "globex");
  const auto eve = log_in(theirs[0]);
  const auto found_names = (*eve)->resolve({"bob", "zed"});
  ASSERT_TRUE(found_names);
  ASSERT_EQ(found_names->size(), 1u);
  EXPECT_EQ(found_names->front().user_name, "zed");
  const auto found_ids = (*eve)->resolve({}, {ours[0].user, ours[1].user, ours[2].user});
  ASSERT_TRUE(found_ids);
  for (const auto& user : *found_ids)
    EXPECT_TRUE(user.user_name == "alice" || user.user_name == "zed");
}

TEST_F(e2e_tenants, p6_the_same_numbers_in_two_tenants_never_meet) {
  start();
  const auto ours = people({"alice", "bob"}, "acme");
  const auto theirs = people({"alice", "bob"}, "globex");
  // Users of the same number found a group under the same op_id, and send under the same key.
  std::vector<conversation_id> groups;
  for (const auto& user : {ours[0], theirs[0]}) {
    wire_client client(node().client_port());
    ASSERT_TRUE(client.login(user.token));
    create_conversation request;
    request.op_id = 99;
    request.title = "same";
    const auto made = client.ask(request);
    ASSERT_TRUE(made && made->is(frame_type::conversation_created));
    groups.push_back(made->as<conversation_created>()->conversation);
    const std::string body = "of " + std::to_string(client.who().tenant.value);
    const auto said = client.ask(text_request(groups.back(), 5, body));
    ASSERT_TRUE(said && said->is(frame_type::ok));
    EXPECT_EQ(said->as<ok_answer>()->seq.value, 2u);
  }
  const auto alice = log_in(ours[0]);
  ASSERT_TRUE(alice->hears_up_to(groups[0], 2));
  EXPECT_EQ(alice->texts(groups[0]).size(), 1u);
  if (groups[0] != groups[1]) {
    EXPECT_TRUE(alice->all(groups[1]).empty());
  }
}

TEST_F(e2e_tenants, p6_a_token_opens_its_own_listener_only) {
  start();
  const auto users = people({"alice"});
  struct attempt {
    std::uint16_t port;
    std::string token;
  };
  std::string changed = users[0].token;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  for (const attempt& a :
       {attempt{node().admin_port(), users[0].token},
        attempt{node().client_port(), node().operator_token()},
        attempt{node().client_port(), changed}, attempt{node().client_port(), "nonsense"},
        attempt{node().client_port(), "cv1.1.99.99.AAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}) {
    wire_client client(a.port);
    EXPECT_FALSE(client.login(a.token));
    EXPECT_EQ(client.last_error(), errc::invalid_token);
    EXPECT_TRUE(client.read_until_closed());
  }
  EXPECT_EQ(node().log().find(users[0].token), std::string::npos) << "a token is in the log";
  wire_client client(node().client_port());
  EXPECT_TRUE(client.login(users[0].token));
}

TEST_F(e2e_tenants, p6_users_are_no_operators) {
  start();
  const auto users = people({"alice"});
  wire_client client(node().client_port());
  ASSERT_TRUE(client.login(users[0].token));
  EXPECT_EQ(client.ask(create_tenant{1, "mine"})->code(), errc::forbidden);
  EXPECT_EQ(client.ask(list_tenants{})->code(), errc::forbidden);
  EXPECT_EQ(client.ask(provision_users{1, "acme", "x", {"mallory"}})->code(), errc::forbidden);
  EXPECT_EQ(client.ask(list_users{"acme", {}, 10})->code(), errc::forbidden);
}

TEST_F(e2e_tenants, p3_provisioning_again_under_the_same_key_replaces_the_tokens) {
  start();
  people({"alice"});
  wire_client admin(node().admin_port());
  ASSERT_TRUE(admin.login(node().operator_token()));
  const provision_users order{77, "acme", "phone", {"alice", "bob"}};
  std::vector<std::string> tokens[2];
  std::vector<device_id> devices[2];
  for (int i = 0; i < 2; ++i) {
    const auto answer = admin.ask(order);
    ASSERT_TRUE(answer && answer->is(frame_type::users_provisioned));
    const auto made = answer->as<users_provisioned>();
    for (const auto& user : made->users) {
      tokens[i].emplace_back(user.token);
      devices[i].push_back(user.device);
    }
  }
  EXPECT_EQ(devices[0], devices[1]);
  EXPECT_NE(tokens[0], tokens[1]);
  wire_client old(node().client_port());
  EXPECT_FALSE(old.login(tokens[0][1]));
  EXPECT_EQ(old.last_error(), errc::invalid_token);
  wire_client fresh(node().client_port());
  EXPECT_TRUE(fresh.login(tokens[1][1]));
}

}  // namespace
}  // namespace conclave::test
