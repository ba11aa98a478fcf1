/// People of two tenants in one conversation, with the real programs over TLS: they come in by
/// `conclave conv add`, both sides talk and read the same, a killed node loses nothing of it, and
/// who was removed hears nothing more.
#include "tests/e2e/e2e_fixture.h"

#include <nlohmann/json.hpp>

#include <sstream>

namespace conclave::test {
namespace {

using nlohmann::json;
using words = std::vector<std::string>;

class e2e_external : public e2e {
 protected:
  void SetUp() override {
    start();
    write_text(file("root"), node().operator_token() + "\n");
    acme_ = people({"alice", "bob"}, "acme");
    globex_ = people({"carol", "dan"}, "globex");
    for (const auto* users : {&acme_, &globex_})
      for (const new_user& u : *users) write_text(file(u.user_name), u.token + "\n");
  }

  std::string file(const std::string& name) { return folder_.file(name + ".token"); }

  finished run(const std::string& who, const words& command, bool as_json = true,
               const std::string& input = {}) {
    words all{CONCLAVE_BINARY_DIR "/conclave",
              "--server",
              who == "root" ? node().admin_address() : node().client_address(),
              "--ca",
              node().ca_file(),
              "--token-file",
              file(who)};
    if (as_json) all.emplace_back("--json");
    all.insert(all.end(), command.begin(), command.end());
    return run_to_end(all, {{"HOME", folder_.path()}}, input);
  }

  std::vector<json> lines(const std::string& who, const words& command) {
    const finished done = run(who, command);
    EXPECT_EQ(done.code, 0) << who << " " << command.front() << ": " << done.err;
    std::vector<json> all;
    std::istringstream in(done.out);
    for (std::string line; std::getline(in, line);)
      all.push_back(json::parse(line, nullptr, false));
    return all;
  }

  void allow() {
    lines("root", {"--yes", "admin", "tenant", "policy", "set", "acme", "host_external=yes"});
    lines("root", {"--yes", "admin", "tenant", "policy", "set", "globex", "visit_external=yes"});
  }

  /// "alice: hello" for every text of the room, as `who` reads it.
  words read(const std::string& who) {
    words all;
    for (const json& line : lines(who, {"history", "Room"}))
      if (line.at("kind") == "text")
        all.push_back(line.at("sender_name").get<std::string>() + ": " +
                      line.at("text").get<std::string>());
    return all;
  }

  temp_folder folder_{"conclave-external"};
  std::vector<new_user> acme_;
  std::vector<new_user> globex_;
};

TEST_F(e2e_external, refusals_teach_which_policy_is_missing) {
  lines("alice", {"conv", "create", "Room"});
  const finished host = run("alice", {"conv", "add", "Room", "carol@globex"});
  EXPECT_EQ(host.code, 1);
  EXPECT_NE(host.err.find("acme host_external=yes"), std::string::npos) << host.err;
  lines("root", {"--yes", "admin", "tenant", "policy", "set", "acme", "host_external=yes"});
  const finished visitor = run("alice", {"conv", "add", "Room", "carol@globex"});
  EXPECT_EQ(visitor.code, 1);
  EXPECT_NE(visitor.err.find("globex visit_external=yes"), std::string::npos) << visitor.err;
  EXPECT_TRUE(lines("carol", {"conv", "list"}).empty());
}

TEST_F(e2e_external, a_guest_listens_and_goes_on_where_he_ended) {
  allow();
  lines("alice", {"conv", "create", "Room"});
  lines("alice", {"conv", "add", "Room", "carol@globex", "bob"});
  const std::string out = folder_.file("heard");
  const auto listen = [&] {
    return std::make_unique<child_process>(child_process::command{
        {CONCLAVE_BINARY_DIR "/conclave", "--server", node().client_address(), "--ca",
         node().ca_file(), "--token-file", file("carol"), "--json", "listen"},
        {{"HOME", folder_.path()}},
        out,
        folder_.file("heard.err"),
        {}});
  };
  const auto heard = [&] {
    words all;
    std::istringstream in(read_text(out));
    for (std::string line; std::getline(in, line);) {
      const json event = json::parse(line, nullptr, false);
      if (event.is_object() && event.value("kind", "") == "text")
        all.push_back(event.at("sender_name").get<std::string>() + ": " +
                      event.at("text").get<std::string>());
    }
    return all;
  };
  auto ear = listen();
  int sent = 0;
  ASSERT_TRUE(wait_until([&] {
    lines("bob", {"send", "Room", "live " + std::to_string(sent++)});
    return !heard().empty();
  })) << read_text(folder_.file("heard.err"));
  const std::string last = "bob@acme: live " + std::to_string(sent - 1);
  ASSERT_TRUE(wait_until([&] { return heard().back() == last; })) << heard().back();
  ear->signal(SIGINT);
  EXPECT_EQ(ear->wait(patience), 0) << read_text(folder_.file("heard.err"));

  lines("alice", {"send", "Room", "missed"});
  ear = listen();
  ASSERT_TRUE(wait_until([&] { return heard().back() == "alice@acme: missed"; }));
  lines("alice", {"conv", "remove", "Room", "carol@globex"});
  lines("alice", {"send", "Room", "without her"});
  lines("alice", {"conv", "add", "Room", "carol@globex"});
  lines("alice", {"send", "Room", "back"});
  ASSERT_TRUE(wait_until([&] { return heard().back() == "alice@acme: back"; }));
  ear->signal(SIGINT);
  EXPECT_EQ(ear->wait(patience), 0);
  const words all = heard();
  for (const std::string& line : {last, std::string("alice@acme: missed")})
    EXPECT_EQ(std::count(all.begin(), all.end(), line), 1) << line;
  EXPECT_EQ(std::count(all.begin(), all.end(), "alice@acme: without her"), 0);
}

TEST_F(e2e_external, people_of_two_tenants_talk_through_a_kill_until_one_is_removed) {
  allow();
  lines("alice", {"conv", "create", "Room"});
  lines("alice", {"send", "Room", "before"});
  EXPECT_EQ(lines("alice", {"conv", "add", "Room", "carol@globex", "bob"}).size(), 2u);

  const json hosts = lines("alice", {"conv", "list"}).at(0);
  EXPECT_EQ(hosts.at("external"), true);
  EXPECT_FALSE(hosts.contains("host"));
  const json guests = lines("carol", {"conv", "list"}).at(0);
  EXPECT_EQ(guests.at("external"), true);
  EXPECT_EQ(guests.at("host"), "acme");
  EXPECT_NE(guests.at("self"), globex_[0].user.value);
  EXPECT_NE(run("carol", {"conv", "list"}, false).out.find("Room  [external: acme]"),
            std::string::npos);

  lines("alice", {"send", "Room", "--mention", "carol@globex", "welcome"});
  lines("carol", {"send", "Room", "--mention", "bob@acme", "thanks"});
  const finished chat = run("carol", {"chat", "Room"}, false, "@alice@acme hi\n");
  EXPECT_EQ(chat.code, 0) << chat.err;
  EXPECT_NE(chat.err.find("[external: acme]"), std::string::npos) << chat.err;
  EXPECT_NE(chat.out.find("alice@acme: welcome"), std::string::npos) << chat.out;
  const json mentioned = lines("carol", {"history", "Room", "--back", "--limit", "1"}).at(0);
  EXPECT_EQ(mentioned.at("mentions").at(0).at("name"), "alice@acme");
  EXPECT_EQ(mentioned.at("mentions").at(0).at("user"), acme_[0].user.value);
  node().kill9();
  node().start();
  lines("bob", {"send", "Room", "still here"});
  lines("carol", {"send", "Room", "me too"});

  EXPECT_EQ(read("alice"),
            (words{"alice: before", "alice: welcome", "carol@globex: thanks",
                   "carol@globex: @alice@acme hi", "bob: still here", "carol@globex: me too"}));
  EXPECT_EQ(read("carol"), (words{"alice@acme: welcome", "carol: thanks", "carol: @alice@acme hi",
                                  "bob@acme: still here", "carol: me too"}))
      << "the past is not for who joins";

  // Live: everybody hears it once and in order, own messages under the id of this place.
  const auto alice = log_in(people({"alice"}, "acme", "phone")[0]);
  const auto carol = log_in(people({"carol"}, "globex", "phone")[0]);
  const auto room = (*alice)->list_conversations();
  const auto carols_room = (*carol)->list_conversations();
  ASSERT_TRUE(room && carols_room);
  const conversation_id here = room->at(0).conversation;
  const conversation_id there = carols_room->at(0).conversation;
  const auto said = (*carol)->send(there, "live");
  ASSERT_TRUE(said) << said.error().detail;
  ASSERT_TRUE(alice->hears_up_to(here, said->seq.value));
  ASSERT_TRUE(carol->hears_up_to(there, said->seq.value));
  EXPECT_EQ(carol->all(there).back().sender, carols_room->at(0).self);
  EXPECT_EQ(alice->all(here).back().sender, carols_room->at(0).self);
  EXPECT_EQ(alice->all(here).back().device, carol->all(there).back().device);

  const json removed = lines("alice", {"conv", "remove", "Room", "carol@globex"}).at(0);
  const auto after = (*alice)->send(here, "among ourselves");
  ASSERT_TRUE(after);
  const std::uint64_t fence = removed.at("seq").get<std::uint64_t>();
  ASSERT_TRUE(carol->hears_up_to(there, fence));
  ASSERT_TRUE(alice->hears_up_to(here, after->seq.value));
  EXPECT_EQ(code_of((*carol)->send(there, "hello?")), errc::not_found);
  EXPECT_EQ(carol->all(there).back().seq.value, fence) << "nothing after the removal";
  EXPECT_EQ(read("carol").back(), "carol: live");
  EXPECT_EQ(run("carol", {"conv", "members", "Room"}).code, 1);

  // Back by the same names, and out by himself.
  lines("alice", {"conv", "add", "Room", "carol@globex"});
  lines("carol", {"send", "Room", "back"});
  EXPECT_EQ(read("alice").back(), "carol@globex: back");
  lines("carol", {"conv", "leave", "Room"});
  EXPECT_EQ(lines("alice", {"conv", "members", "Room"}).size(), 2u);
}

}  // namespace
}  // namespace conclave::test
