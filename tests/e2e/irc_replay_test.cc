/// Real conversations: logs of a busy channel, played through a real node with everybody of the log
/// on a connection of his own. The logs are not part of the source; without them this is skipped.
#include "tests/e2e/irc_replay.h"

#include "net/tls_context.h"
#include "tests/e2e/e2e_fixture.h"

#include <cstdlib>
#include <set>

namespace conclave::test {
namespace {

class e2e_irc : public e2e {};

std::string log_folder() {
  const char* const named = std::getenv("CONCLAVE_IRC_DIR");
  return named != nullptr ? named : CONCLAVE_SOURCE_DIR "/../shared/data/irc";
}

TEST(irc_log, lines_become_steps_by_the_rule_of_membership) {
  const temp_folder folder;
  write_text(folder.file("a.txt"),
             "=== ann [n=ann@host]  has joined #channel\n"
             "[09:03] <bob> first line makes a member\n"
             "[09:03] <ann> caf\xe9\n"
             "=== bob is now known as rob\n"
             "=== ann [n=ann@host]  has left #channel [\"bye\"]\n"
             "[09:04]  * rob waves\n"
             "=== the topic is set by LjL\n");
  const irc::chat_log log = irc::read_log(folder.file("a.txt"));
  std::string told;
  for (const irc::step& s : log.steps)
    told += std::string(s.what == irc::deed::join    ? "+"
                        : s.what == irc::deed::leave ? "-"
                                                     : "") +
            log.nicks[s.nick] + (s.text.empty() ? "" : ":" + s.text) + "\n";
  EXPECT_EQ(told,
            "+ann\n+bob\nbob:first line makes a member\nann:caf\xc3\xa9\n-bob\n+rob\n-ann\n"
            "rob:* rob waves\n");
  EXPECT_EQ(log.lines, 3u);
}

TEST_F(e2e_irc, p4_real_logs_reach_exactly_the_members_of_each_moment_in_order) {
  auto logs = irc::read_logs(log_folder());
  if (logs.empty()) {
    std::printf("There are no chat logs in %s: nothing is replayed.\n", log_folder().c_str());
    GTEST_SKIP();
  }
  // Half of the logs keep the usual run short.
  const bool full = std::getenv("CONCLAVE_TEST_FULL") != nullptr;
  if (!full) logs.resize((logs.size() + 1) / 2);
  std::set<std::string> all_nicks;
  std::size_t lines = 0;
  for (const irc::chat_log& log : logs) {
    all_nicks.insert(log.nicks.begin(), log.nicks.end());
    lines += log.lines;
  }
  ASSERT_GT(lines, 0u);

  start();
  irc::irc_replay::options options;
  options.nicks.assign(all_nicks.begin(), all_nicks.end());
  // Nicks hold what names of users may not.
  std::vector<std::string> names{"bot"};
  for (std::size_t i = 0; i < options.nicks.size(); ++i)
    names.push_back("nick" + std::to_string(i));
  for (const new_user& user : people(names)) {
    options.tokens.push_back(user.token);
    options.users.push_back(user.user);
  }
  options.server = {"127.0.0.1", node().client_port(), "127.0.0.1"};
  auto tls = net::tls_context::client({node().ca_file()});
  ASSERT_TRUE(tls) << tls.error().detail;
  options.tls = *tls;
  if (full) options.deadline = std::chrono::minutes(20);

  irc::irc_replay replay(std::move(options), logs);
  const std::string played = replay.run();
  std::printf("%zu logs, %zu people, %zu lines, %llu events, %llu deliveries\n", logs.size(),
              all_nicks.size(), lines, static_cast<unsigned long long>(replay.events()),
              static_cast<unsigned long long>(replay.deliveries()));
  ASSERT_EQ(played, "");
  EXPECT_EQ(replay.compare(), "");
}

}  // namespace
}  // namespace conclave::test
