/// `conclave` from end to end, as a script would use it: with --json, by exit codes.
#include "tests/e2e/e2e_fixture.h"

#include <nlohmann/json.hpp>

#include <csignal>
#include <sstream>

namespace conclave::test {
namespace {

using nlohmann::json;

class e2e_cli : public e2e {
 protected:
  void SetUp() override {
    start();
    write_text(file("root.token"), node().operator_token() + "\n");
  }

  std::string file(const std::string& name) { return folder_.file(name); }

  std::vector<std::string> command(const std::string& address, const std::string& who,
                                   const std::vector<std::string>& words) {
    std::vector<std::string> all{CONCLAVE_BINARY_DIR "/conclave",
                                 "--json",
                                 "--server",
                                 address,
                                 "--ca",
                                 node().ca_file(),
                                 "--token-file",
                                 file(who + ".token")};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }

  finished run(const std::string& who, const std::vector<std::string>& words,
               const std::string& input = {}) {
    const std::string address = who == "root" ? node().admin_address() : node().client_address();
    return run_to_end(command(address, who, words), {{"HOME", folder_.path()}}, input);
  }

  /// The lines of a command that must succeed.
  std::vector<json> lines(const std::string& who, const std::vector<std::string>& words,
                          const std::string& input = {}) {
    const finished done = run(who, words, input);
    EXPECT_EQ(done.code, 0) << words.front() << ": " << done.err;
    return parse(done.out);
  }

  static std::vector<json> parse(const std::string& text) {
    std::vector<json> all;
    std::istringstream in(text);
    std::string line;
    while (std::getline(in, line)) all.push_back(json::parse(line, nullptr, false));
    return all;
  }

  temp_folder folder_{"conclave-cli"};
};

TEST_F(e2e_cli, from_an_empty_node_to_a_conversation) {
  EXPECT_EQ(lines("root", {"admin", "tenant", "create", "acme"}).at(0).at("name"), "acme");
  EXPECT_EQ(lines("root", {"admin", "tenant", "list"}).size(), 1u);
  const auto made = lines("root", {"admin", "user", "add", "--tenant", "acme", "alice", "bob",
                                   "--out", folder_.path()});
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].at("name"), "alice");
  EXPECT_EQ(lines("root", {"admin", "user", "list", "--tenant", "acme"}).size(), 2u);

  const json who = lines("alice", {"login"}).at(0);
  EXPECT_EQ(who.at("user_name"), "alice");
  EXPECT_EQ(who.at("tenant_name"), "acme");

  const json group = lines("alice", {"conv", "create", "Lunch", "--with", "bob"}).at(0);
  const std::string id = std::to_string(group.at("conversation").get<std::uint64_t>());
  EXPECT_EQ(lines("alice", {"conv", "list"}).at(0).at("title"), "Lunch");
  EXPECT_EQ(lines("bob", {"conv", "members", "Lunch"}).size(), 2u);

  EXPECT_EQ(lines("alice", {"send", "Lunch", "pizza", "again?"}).at(0).at("seq"), 2);
  const auto sent = lines("bob", {"send", id, "-"}, "yes\nno\nwith \xc3\xa4pple\n");
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent.at(2).at("seq"), 5);

  const auto past = lines("alice", {"history", "Lunch"});
  ASSERT_EQ(past.size(), 5u);
  EXPECT_EQ(past[0].at("kind"), "conversation_created");
  EXPECT_EQ(past[1].at("text"), "pizza again?");
  EXPECT_EQ(past[4].at("text"), "with \xc3\xa4pple");
  EXPECT_EQ(past[4].at("sender_name"), "bob");
  const auto back = lines("alice", {"history", "Lunch", "--back", "--limit", "2"});
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0].at("seq"), 5);

  EXPECT_EQ(lines("alice", {"conv", "remove", "Lunch", "bob"}).at(0).at("seq"), 6);
  const finished refused = run("bob", {"send", id, "hello?"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("not_found"), std::string::npos) << refused.err;
}

TEST_F(e2e_cli, listen_prints_what_happens_and_goes_on_where_it_ended) {
  lines("root", {"admin", "tenant", "create", "acme"});
  lines("root",
        {"admin", "user", "add", "--tenant", "acme", "alice", "bob", "--out", folder_.path()});
  lines("alice", {"conv", "create", "Alarms", "--with", "bob"});
  const std::string out = file("listened");
  const auto listen = [&] {
    return std::make_unique<child_process>(
        child_process::command{command(node().client_address(), "bob", {"listen"}),
                               {{"HOME", folder_.path()}},
                               out,
                               file("listen.err"),
                               {}});
  };
  const auto texts = [&] {
    std::vector<std::string> all;
    for (const json& line : parse(read_text(out)))
      if (line.is_object() && line.value("kind", "") == "text") all.push_back(line.at("text"));
    return all;
  };
  // A listener without memory begins with what happens after it came: send until it hears.
  auto ear = listen();
  int sent = 0;
  ASSERT_TRUE(wait_until([&] {
    lines("alice", {"send", "Alarms", "live " + std::to_string(sent++)});
    return !texts().empty();
  })) << read_text(file("listen.err"));
  const std::string last = "live " + std::to_string(sent - 1);
  ASSERT_TRUE(wait_until([&] { return texts().back() == last; }));
  ear->signal(SIGINT);
  EXPECT_EQ(ear->wait(patience), 0) << read_text(file("listen.err"));

  lines("alice", {"send", "Alarms", "missed"});
  ear = listen();
  ASSERT_TRUE(wait_until([&] { return texts().back() == "missed"; }));
  ear->signal(SIGINT);
  EXPECT_EQ(ear->wait(patience), 0);
  const auto all = texts();
  EXPECT_EQ(std::count(all.begin(), all.end(), last), 1);
  EXPECT_EQ(std::count(all.begin(), all.end(), "missed"), 1);
}

TEST_F(e2e_cli, exit_codes_tell_what_happened) {
  EXPECT_EQ(run("root", {"no-such-command"}).code, 2);
  EXPECT_EQ(run("root", {"admin", "user", "list", "--tenant", "nobody"}).code, 1);
  EXPECT_EQ(run("nobody", {"login"}).code, 2) << "there is no token file";
  write_text(file("open.token"), "cv1.1.1.1.AAAA\n", 0644);
  EXPECT_EQ(run("open", {"login"}).code, 2) << "others may read the token file";
  write_text(file("wrong.token"), "cv1.1.1.1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n");
  const finished wrong = run("wrong", {"login"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("invalid_token"), std::string::npos) << wrong.err;
  EXPECT_EQ(node().terminate(), 0);
  EXPECT_EQ(run("wrong", {"login"}).code, 3);
}

TEST_F(e2e_cli, an_operator_sees_his_devices_and_ends_one) {
  const auto mine = lines("root", {"devices"});
  ASSERT_EQ(mine.size(), 1u);
  EXPECT_EQ(mine[0]["this"], true);
  lines("root", {"device", "end", std::to_string(mine[0]["device"].get<std::uint64_t>())});
  EXPECT_NE(run("root", {"devices"}).code, 0) << "the token is worth nothing any more";
}

}  // namespace
}  // namespace conclave::test
