/// `conclave` as a whole, inside this process, against a node that is scripted: which requests its
/// command lines become, which files it writes, and what it says when it fails.
#include "tests/client/cli_run.h"

#include "schemas/moderation_messages.h"
#include "schemas/operator_messages.h"
#include "schemas/policy_messages.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace conclave::client::cli {
namespace {

using nlohmann::json;

TEST_F(cli_run, help_names_every_group_and_ends_well) {
  node_.start();
  const result r = run({"--help"});
  EXPECT_EQ(r.code, 0);
  for (const char* word : {"Talking", "Messages", "Conversations", "Account", "Operators", "chat",
                           "send", "recall", "readers", "inbox", "login", "Exit codes", "@bob"}) {
    EXPECT_NE(r.out.find(word), std::string::npos) << word;
  }
  const result conv = run({"conv", "--help"});
  for (const char* word : {"direct", "announce", "joincode", "approve", "mute-me", "dissolve"}) {
    EXPECT_NE(conv.out.find(word), std::string::npos) << word;
  }
  EXPECT_EQ(run({"conv"}).code, 2);
  EXPECT_EQ(run({"dance"}).code, 2);
}

TEST_F(cli_run, send_says_all_that_its_options_name) {
  std::string payload;
  keep(frame_type::send, payload, ok_answer{event_seq{9}, 5});
  node_.script(frame_type::resolve_users, [&](net::connection& c, const frame_view& f) {
    users_resolved m;
    const auto ask = decode<resolve_users>(f.payload);
    for (const std::string_view name : ask->names) {
      if (name == "bob") m.users.push_back({user_id{2}, "bob"});
    }
    node_.answer(c, f, m);
  });
  node_.start();
  const result r = run({"send", "Group", "--reply", "#3", "--mention", "@bob", "--all", "--expires",
                        "30s", "--kind", "structured", "{}", "and", "more"});
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(json::parse(r.out).at("seq"), 9);
  const auto m = decode<conclave::send>(payload);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->conversation, fake_node::group);
  EXPECT_EQ(m->kind, event_kind::structured);
  EXPECT_EQ(m->body.data, "{} and more");
  EXPECT_EQ(m->reply_to, event_seq{3});
  EXPECT_EQ(m->mentions, std::vector<user_id>{user_id{2}});
  EXPECT_TRUE(m->mentions_all);
  EXPECT_EQ(m->expires_after_ms, 30'000u);
  EXPECT_EQ(run({"send", "Group", "--expires", "soon", "x"}).code, 2);
  EXPECT_EQ(run({"send", "Group", "--reply", "last", "x"}).code, 2);
  EXPECT_EQ(run({"send", "Group", "--mention", "nobody", "x"}).code, 1);
  EXPECT_EQ(run({"send", "Group", ""}).code, 1) << "a message says something";
}

TEST_F(cli_run, messages_are_changed_by_their_number) {
  node_.start();
  EXPECT_EQ(json::parse(run({"send", "Group", "one"}).out).at("seq"), 2);
  EXPECT_EQ(json::parse(run({"edit", "Group", "2", "two", "words"}).out).at("seq"), 3);
  EXPECT_EQ(json::parse(run({"react", "77", "#2", "+1"}).out).at("seq"), 4);
  EXPECT_EQ(json::parse(run({"recall", "Group", "2"}).out).at("seq"), 5);
  const result past = run({"history", "Group", "--from", "2"});
  EXPECT_NE(past.out.find(R"("gone":"recalled")"), std::string::npos) << past.out;
  EXPECT_EQ(run({"recall", "Group", "two"}).code, 2);
}

TEST_F(cli_run, settings_are_changed_one_by_one_and_own_ones_keep_the_others) {
  std::string payload;
  std::string own;
  keep(frame_type::change_settings, payload, ok_answer{event_seq{9}, 5});
  keep(frame_type::set_conversation, own, done_answer{});
  node_.script(frame_type::list_conversations, [&](net::connection& c, const frame_view& f) {
    conversations_page page;
    conversation_summary s;
    s.conversation = fake_node::group;
    s.title = "Group";
    s.pinned = true;
    page.conversations.push_back(s);
    node_.answer(c, f, page);
  });
  node_.start();
  ASSERT_EQ(run({"conv", "settings", "Group", "join=approval", "topic=all of it"}).code, 0);
  const auto change = decode<change_settings>(payload);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->changes, change_settings::change_join | change_settings::change_topic);
  EXPECT_EQ(change->join, join_policy::approval);
  EXPECT_EQ(change->topic, "all of it");
  ASSERT_EQ(run({"conv", "mute-me", "Group"}).code, 0);
  const auto mine = decode<set_conversation>(own);
  ASSERT_TRUE(mine);
  EXPECT_EQ(mine->muted_until, for_ever);
  EXPECT_TRUE(mine->pinned);
  ASSERT_EQ(run({"conv", "hide", "Group", "off"}).code, 0);
  EXPECT_FALSE(decode<set_conversation>(own)->hidden);
}

TEST_F(cli_run, a_login_by_password_writes_a_token_file_and_a_profile_for_its_owner_alone) {
  std::filesystem::remove(file("profile.toml"));
  node_.script(frame_type::login_password, [&](net::connection& c, const frame_view& f) {
    const auto m = decode<login_password>(f.payload);
    if (m->password != "correct") return node_.refuse(c, f, errc::wrong_credentials, true);
    EXPECT_EQ(m->kind, device_kind::mobile);
    EXPECT_EQ(m->tenant_name, "tests");
    logged_in who;
    who.token = "u4.1";
    node_.log_in(c, f, 4, who);
  });
  node_.start();
  std::ofstream(file("p")) << "wrong\n";
  chmod(file("p").c_str(), 0600);
  const std::vector<std::string> words{"login",  "--tenant", "tests",           "--user", "u4",
                                       "--kind", "mobile",   "--password-file", file("p")};
  const result wrong = run(words, false);
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("wrong_credentials"), std::string::npos) << wrong.err;
  EXPECT_FALSE(std::filesystem::exists(file("tests.u4.token")));
  std::ofstream(file("p")) << "correct\n";
  const result in = run(words, false);
  ASSERT_EQ(in.code, 0) << in.err;
  EXPECT_EQ(json::parse(in.out).at("user"), 4);
  EXPECT_EQ(*read_token_file(file("tests.u4.token")), "u4.1");
  struct stat facts {};
  ASSERT_EQ(stat(file("profile.toml").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  // From now on the profile is enough.
  EXPECT_EQ(json::parse(run({"login"}, false).out).at("user"), 4);
  EXPECT_EQ(node_.tokens(), std::vector<std::string>{"u4.1"});
  node_.run([&] {
    node_.script(frame_type::logout, [&](net::connection& c, const frame_view& f) {
      node_.answer(c, f, done_answer{});
      c.close(net::close_reason::by_us, true);
    });
  });
  EXPECT_EQ(run({"logout"}, false).code, 0);
  EXPECT_FALSE(std::filesystem::exists(file("tests.u4.token")));
}

TEST_F(cli_run, a_token_that_ends_soon_is_renewed_in_its_file) {
  node_.at_login = [](logged_in& who) { who.renew_by = 1; };
  token_renewed fresh;
  fresh.token = "u1.2";
  std::string payload;
  keep(frame_type::renew_token, payload, fresh);
  node_.start();
  ASSERT_EQ(run({"conv", "list"}).code, 0);
  EXPECT_EQ(*read_token_file(file("u1.token")), "u1.2");
}

TEST_F(cli_run, rules_are_read_changed_and_sent_back_whole) {
  std::string payload;
  keep(frame_type::set_policy, payload, done_answer{});
  policy_answer current;
  current.policy.user_rate = 77;
  std::string asked;
  keep(frame_type::get_policy, asked, current);
  node_.start();
  ASSERT_EQ(run({"admin", "tenant", "policy", "set", "acme", "recall_window_ms=10m"}).code, 0);
  const auto m = decode<set_policy>(payload);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->tenant_name, "acme");
  EXPECT_EQ(m->policy.recall_window_ms, 600'000u);
  EXPECT_EQ(m->policy.user_rate, 77u);
  const result shown = run({"admin", "tenant", "policy", "show", "acme"});
  EXPECT_EQ(json::parse(shown.out).at("user_rate"), 77);
  payload.clear();
  EXPECT_EQ(run({"admin", "tenant", "policy", "set", "acme", "colour=red"}).code, 2);
  EXPECT_TRUE(payload.empty());
}

TEST_F(cli_run, a_failure_is_a_sentence_its_code_and_what_to_do) {
  node_.script(frame_type::send,
               [&](net::connection& c, const frame_view& f) { node_.refuse(c, f, errc::muted); });
  node_.start();
  const result r = run({"send", "Group", "hello"});
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("You may say nothing here for now. (muted)"), std::string::npos) << r.err;
  EXPECT_NE(r.err.find("Wait until the muting ends"), std::string::npos) << r.err;
  EXPECT_EQ(run({"send", "Nowhere", "hello"}).code, 1);
}

TEST_F(cli_run, a_past_that_does_not_lead_on_is_a_failure_and_no_endless_loop) {
  history_page page;
  page.conversation = fake_node::group;
  page.head = event_seq{9};
  page.next = event_seq{1};
  page.events.bytes = node_.bytes(1);
  page.events.count = 1;
  std::string asked;
  keep(frame_type::history, asked, page);
  node_.start();
  const result again = run({"history", "Group"});
  EXPECT_EQ(again.code, 1);
  EXPECT_NE(again.err.find("(malformed)"), std::string::npos) << again.err;
  EXPECT_NE(again.out.find(R"("seq":1)"), std::string::npos) << "what came is printed";
  EXPECT_EQ(run({"history", "Group", "--back", "--from", "1"}).code, 1);
  node_.run([&] {
    page.next = event_seq{5};
    page.events = {};
    keep(frame_type::history, asked, page);
  });
  EXPECT_EQ(run({"history", "Group"}).code, 1) << "nothing came, and more is to come";
  node_.run([&] {
    page.next = {};
    keep(frame_type::history, asked, page);
  });
  EXPECT_EQ(run({"history", "Group"}).code, 0) << "nothing is there";
}

TEST_F(cli_run, users_that_were_made_are_told_whatever_fails_after_them) {
  const std::string folder = file("tokens\xff");
  // Something is in the way of this one's file.
  std::filesystem::create_directories(std::filesystem::path(folder) / "bob.token" / "x");
  node_.script(frame_type::provision_users, [&](net::connection& c, const frame_view& f) {
    if (decode<provision_users>(f.payload)->names.size() == 1) {
      return node_.refuse(c, f, errc::not_found);
    }
    users_provisioned m;
    m.users.push_back({user_id{11}, device_id{21}, "alice", "t.alice"});
    m.users.push_back({user_id{12}, device_id{22}, "bob", "t.bob"});
    m.users.push_back({user_id{13}, device_id{23}, "../carol", "t.carol"});
    m.users.push_back({user_id{14}, device_id{24}, "dave", "t.dave"});
    node_.answer(c, f, m);
  });
  node_.start();
  // As many as two requests take.
  std::vector<std::string> words{"admin", "user", "add", "--tenant", "acme", "--out", folder};
  for (int i = 0; i <= 500; ++i) words.push_back("n" + std::to_string(i));
  const result r = run(words);
  EXPECT_EQ(r.code, 1) << r.err;
  EXPECT_NE(r.err.find("(not_found)"), std::string::npos) << r.err;
  EXPECT_EQ(*read_token_file(folder + "/alice.token"), "t.alice");
  EXPECT_EQ(*read_token_file(folder + "/dave.token"), "t.dave");
  std::istringstream lines(r.out);
  std::vector<json> told;
  for (std::string line; std::getline(lines, line);) told.push_back(json::parse(line));
  ASSERT_EQ(told.size(), 4u) << r.out;
  EXPECT_FALSE(told[0].contains("token"));
  EXPECT_TRUE(told[0].contains("token_file"));
  EXPECT_EQ(told[1].at("token"), "t.bob");
  EXPECT_EQ(told[2].at("token"), "t.carol");
  EXPECT_FALSE(told[3].contains("token"));
  words.pop_back();
  EXPECT_EQ(run(words).code, 2) << "some token is not in its file";
}

TEST_F(cli_run, no_user_is_made_when_no_token_file_could_be_written) {
  node_.start();
  const result r = run({"admin", "user", "add", "--tenant", "acme", "alice", "--out", "/proc"});
  EXPECT_EQ(r.code, 2) << r.err;
  EXPECT_EQ(node_.count(frame_type::provision_users), 0u);
}

TEST_F(cli_run, a_notice_that_failed_tells_the_number_to_repeat_it_with) {
  std::vector<std::uint64_t> numbers;
  node_.script(frame_type::send_notice, [&](net::connection& c, const frame_view& f) {
    const auto m = decode<send_notice>(f.payload);
    numbers.push_back(m->client_seq);
    EXPECT_EQ(m->names.size(), 2u);
    if (numbers.size() == 1) return node_.refuse(c, f, errc::not_found);
    node_.answer(c, f, done_answer{});
  });
  node_.start();
  const std::vector<std::string> words{"admin", "notice", "--tenant", "acme",
                                       "--to",  "a,b",    "down",     "tonight"};
  const result failed = run(words);
  EXPECT_EQ(failed.code, 1);
  const auto at = failed.err.find("--number ");
  ASSERT_NE(at, std::string::npos) << failed.err;
  std::vector<std::string> again = words;
  again.insert(again.end() - 2, {"--number", failed.err.substr(at + 9, 16)});
  EXPECT_EQ(run(again).code, 0);
  ASSERT_EQ(numbers.size(), 2u);
  EXPECT_EQ(numbers[0], numbers[1]);
}

}  // namespace
}  // namespace conclave::client::cli
