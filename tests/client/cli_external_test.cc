/// `conclave` and people of other tenants: who is added how, what people are called on both sides,
/// and what a refusal teaches.
#include "client/cli/name_book.h"
#include "client/cli/people_words.h"
#include "schemas/policy_messages.h"
#include "tests/client/cli_run.h"

#include <nlohmann/json.hpp>

#include <map>
#include <sstream>

namespace conclave::client::cli {
namespace {

using nlohmann::json;
using words = std::vector<std::string>;

TEST(cli_external_names, are_shown_as_at_home_and_found_as_they_are_shown) {
  EXPECT_EQ(shown_name("alice", "acme", "globex"), "alice@acme");
  EXPECT_EQ(shown_name("carol@globex", "acme", "globex"), "carol");
  EXPECT_EQ(shown_name("dave@initech", "acme", "globex"), "dave@initech");
  EXPECT_EQ(shown_name("carol@globex", "", "acme"), "carol@globex");
  EXPECT_EQ(host_names("alice@acme", "acme", "globex"), words{"alice"});
  EXPECT_EQ(host_names("carol@globex", "acme", "globex"), words{"carol@globex"});
  EXPECT_EQ(host_names("carol", "acme", "globex"), (words{"carol@globex", "carol"}));
  EXPECT_EQ(host_names("bob@acme", "", "acme"), words{"bob"});
  EXPECT_EQ(host_names("carol@globex", "", "acme"), words{"carol@globex"});
}

TEST(cli_external_names, on_a_command_line_are_sorted_by_tenant) {
  const people_named people =
      people_from({"carol@globex", "@bob", "bob@acme", "dan@globex", "eve@initech"}, "acme");
  EXPECT_EQ(people.own, words{"bob"});
  ASSERT_EQ(people.external.size(), 2u);
  EXPECT_EQ(people.external.at("globex"), (words{"carol", "dan"}));
  EXPECT_EQ(people.external.at("initech"), words{"eve"});
}

/// The fake node's tenant is "tests"; its user is u1.
class cli_external : public cli_run {
 protected:
  static void name_all(users_resolved& m, const resolve_users& ask,
                       const std::map<std::uint64_t, std::string_view>& known) {
    for (const std::string_view name : ask.names) {
      for (const auto& [id, called] : known) {
        if (called == name) m.users.push_back({user_id{id}, called});
      }
    }
    for (const user_id user : ask.users) {
      const auto at = known.find(user.value);
      if (at != known.end()) m.users.push_back({user, at->second});
    }
  }

  /// The group is acme's, where u1 is 901 and user 3 is alice; in tests user 3 is mallory.
  void be_a_guest_of_acme() {
    node_.script(frame_type::list_conversations, [this](net::connection& c, const frame_view& f) {
      conversations_page page;
      conversation_summary s;
      s.conversation = fake_node::group;
      s.title = "Group";
      s.head = event_seq{node_.head()};
      s.external = true;
      s.host = "acme";
      s.self = user_id{901};
      s.last.data = node_.bytes(node_.head());
      page.conversations.push_back(s);
      node_.answer(c, f, page);
    });
    node_.script(frame_type::resolve_users, [this](net::connection& c, const frame_view& f) {
      const auto ask = decode<resolve_users>(f.payload);
      users_resolved m;
      if (ask->conversation == fake_node::group) {
        name_all(m, *ask,
                 {{3, "alice"}, {4, "dave@initech"}, {901, "u1@tests"}, {902, "u2@tests"}});
      } else {
        name_all(m, *ask, {{2, "u2"}, {3, "mallory"}});
      }
      node_.answer(c, f, m);
    });
  }
};

TEST_F(cli_external, conv_add_takes_own_people_and_those_of_other_tenants_together) {
  std::string own;
  std::string external;
  keep(frame_type::add_members, own, ok_answer{event_seq{8}, 5});
  keep(frame_type::add_external, external, ok_answer{event_seq{9}, 5});
  node_.script(frame_type::resolve_users, [this](net::connection& c, const frame_view& f) {
    users_resolved m;
    name_all(m, *decode<resolve_users>(f.payload), {{2, "bob"}});
    node_.answer(c, f, m);
  });
  node_.start();
  const result r = run({"conv", "add", "Group", "carol@globex", "@bob", "dan@globex"});
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(decode<add_members>(own)->users, std::vector<user_id>{user_id{2}});
  const auto m = decode<add_external>(external);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->tenant_name, "globex");
  EXPECT_EQ(m->names, (std::vector<std::string_view>{"carol", "dan"}));
  EXPECT_EQ(run({"conv", "add", "Group", "nobody"}).code, 1);
}

TEST_F(cli_external, a_refusal_names_the_policy_that_stands_in_the_way) {
  errc code = errc::policy_forbids;
  node_.script(frame_type::add_external,
               [&](net::connection& c, const frame_view& f) { node_.refuse(c, f, code); });
  node_.start();
  const result forbidden = run({"conv", "add", "Group", "carol@globex"});
  EXPECT_EQ(forbidden.code, 1);
  EXPECT_NE(forbidden.err.find("policy set tests host_external=yes"), std::string::npos)
      << forbidden.err;
  node_.run([&] { code = errc::not_found; });
  const result not_found = run({"conv", "add", "Group", "carol@globex"});
  EXPECT_EQ(not_found.code, 1);
  EXPECT_NE(not_found.err.find("policy set globex visit_external=yes"), std::string::npos)
      << not_found.err;
}

TEST_F(cli_external, one_tenant_that_refuses_does_not_keep_another_out) {
  words asked;
  node_.script(frame_type::add_external, [&](net::connection& c, const frame_view& f) {
    asked.emplace_back(decode<add_external>(f.payload)->tenant_name);
    if (asked.back() == "globex") return node_.refuse(c, f, errc::not_found);
    node_.answer(c, f, ok_answer{event_seq{9}, 5});
  });
  node_.start();
  const result r = run({"conv", "add", "Group", "carol@globex", "eve@initech"});
  EXPECT_EQ(r.code, 1);
  EXPECT_EQ(json::parse(r.out).at("seq"), 9);
  EXPECT_EQ(asked, (words{"globex", "initech"}));
}

TEST_F(cli_external, a_guest_sees_the_hosts_people_by_their_tenant_and_his_own_by_name) {
  be_a_guest_of_acme();
  node_.start();
  node_.run([&] {
    node_.happen(user_id{3}, event_kind::text, "from alice");
    node_.happen(user_id{902}, event_kind::text, "from u2");
    node_.happen(user_id{4}, event_kind::text, "from dave");
    node_.happen(user_id{901}, event_kind::text, "from me");
  });
  const result r = run({"history", "Group", "--from", "2"});
  ASSERT_EQ(r.code, 0) << r.err;
  words names;
  std::istringstream lines(r.out);
  for (std::string line; std::getline(lines, line);) {
    names.push_back(json::parse(line).at("sender_name"));
  }
  EXPECT_EQ(names, (words{"alice@acme", "u2", "dave@initech", "u1"}));
}

TEST_F(cli_external, the_list_says_whose_conversation_it_is) {
  be_a_guest_of_acme();
  node_.start();
  node_.run([&] { node_.happen(user_id{3}, event_kind::text, "hi"); });
  const json line = json::parse(run({"conv", "list"}).out);
  EXPECT_EQ(line.at("external"), true);
  EXPECT_EQ(line.at("host"), "acme");
  EXPECT_EQ(line.at("self"), 901);
  EXPECT_EQ(line.at("last").at("sender_name"), "alice@acme");
  const result people = run({"conv", "list"}, true, false);
  EXPECT_NE(people.out.find("Group  [external: acme]"), std::string::npos) << people.out;
  EXPECT_NE(people.out.find("alice@acme: hi"), std::string::npos) << people.out;
}

TEST_F(cli_external, members_go_by_the_names_that_are_shown) {
  be_a_guest_of_acme();
  std::string payload;
  keep(frame_type::remove_member, payload, ok_answer{event_seq{9}, 5});
  std::string sent;
  keep(frame_type::send, sent, ok_answer{event_seq{9}, 5});
  node_.start();
  for (const auto& [name, id] : std::map<std::string, std::uint64_t>{
           {"alice@acme", 3}, {"alice", 3}, {"u2", 902}, {"u2@tests", 902}, {"dave@initech", 4}}) {
    ASSERT_EQ(run({"conv", "remove", "Group", name}).code, 0) << name;
    EXPECT_EQ(decode<remove_member>(payload)->user, user_id{id}) << name;
  }
  EXPECT_EQ(run({"conv", "remove", "Group", "mallory"}).code, 1) << "of the own tenant, not there";
  ASSERT_EQ(run({"conv", "leave", "Group"}).code, 0);
  EXPECT_EQ(decode<remove_member>(payload)->user, user_id{901});
  ASSERT_EQ(run({"send", "Group", "--mention", "alice@acme", "hi"}).code, 0);
  EXPECT_EQ(decode<conclave::send>(sent)->mentions, std::vector<user_id>{user_id{3}});
}

TEST_F(cli_external, a_name_may_be_as_long_as_name_and_tenant_together) {
  const std::string name = std::string(64, 'n') + "@" + std::string(64, 't');
  std::string payload;
  keep(frame_type::remove_member, payload, ok_answer{event_seq{9}, 5});
  node_.script(frame_type::resolve_users, [&](net::connection& c, const frame_view& f) {
    const auto ask = decode<resolve_users>(f.payload);
    users_resolved m;
    for (const full_name& each : ask->full_names)
      if (each.user_name == name) m.users.push_back({user_id{44}, name});
    node_.answer(c, f, m);
  });
  node_.start();
  const result r = run({"conv", "remove", "Group", name});
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(decode<remove_member>(payload)->user, user_id{44});
  EXPECT_EQ(run({"conv", "remove", "Group", name + "t"}).code, 1) << "no name is longer";
}

TEST_F(cli_external, who_is_not_of_this_tenant_cannot_be_asked_for_alone) {
  node_.script(frame_type::resolve_users, [this](net::connection& c, const frame_view& f) {
    node_.answer(c, f, users_resolved{});
  });
  node_.start();
  const result r = run({"conv", "direct", "carol@globex"});
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("conv add CONV NAME@TENANT"), std::string::npos) << r.err;
}

TEST_F(cli_external, a_guest_is_told_that_he_adds_nobody) {
  be_a_guest_of_acme();
  node_.start();
  const result r = run({"conv", "add", "Group", "u2"});
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("only people of acme"), std::string::npos) << r.err;
  EXPECT_EQ(node_.count(frame_type::add_members), 0u);
}

TEST_F(cli_external, members_and_readers_are_named_within_the_conversation) {
  be_a_guest_of_acme();
  node_.script(frame_type::list_members, [&](net::connection& c, const frame_view& f) {
    members_page page;
    for (const auto& [id, name] : {std::pair{3u, "alice"}, std::pair{901u, "u1@tests"}}) {
      member_entry m;
      m.user = user_id{id};
      m.joined = event_seq{1};
      m.user_name = name;
      page.members.push_back(m);
    }
    node_.answer(c, f, page);
  });
  node_.script(frame_type::list_readers, [&](net::connection& c, const frame_view& f) {
    readers_page page;
    page.read = 1;
    page.members = 2;
    page.users = {user_id{3}};
    node_.answer(c, f, page);
  });
  node_.start();
  const result members = run({"conv", "members", "Group"});
  EXPECT_NE(members.out.find(R"("name":"alice@acme")"), std::string::npos) << members.out;
  EXPECT_NE(members.out.find(R"("name":"u1")"), std::string::npos) << members.out;
  const json readers = json::parse(run({"readers", "Group", "1"}).out);
  EXPECT_EQ(readers.at("users").at(0).at("name"), "alice@acme");
}

TEST_F(cli_external, policies_are_switched_by_yes_and_no) {
  tenant_policy now;
  node_.script(frame_type::get_policy, [&](net::connection& c, const frame_view& f) {
    policy_answer m;
    m.policy = now;
    node_.answer(c, f, m);
  });
  std::string payload;
  keep(frame_type::set_policy, payload, done_answer{});
  node_.start();
  ASSERT_EQ(run({"--yes", "admin", "tenant", "policy", "set", "acme", "host_external=yes",
                 "visit_external=true"})
                .code,
            0);
  const auto m = decode<set_policy>(payload);
  ASSERT_TRUE(m);
  EXPECT_TRUE(m->policy.host_external);
  EXPECT_TRUE(m->policy.visit_external);
  EXPECT_EQ(run({"admin", "tenant", "policy", "set", "acme", "host_external=2"}).code, 2);
  const json shown = json::parse(run({"admin", "tenant", "policy", "show", "acme"}).out);
  EXPECT_EQ(shown.at("host_external"), false);
}

}  // namespace
}  // namespace conclave::client::cli
