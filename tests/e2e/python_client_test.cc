/// The client that was written from the protocol page alone (tests/python), against a real node:
/// two users with two devices each, who must end with one view. Skipped only where python3 is
/// absent.
#include "schemas/policy_messages.h"
#include "tests/e2e/e2e_fixture.h"

namespace conclave::test {
namespace {

constexpr int no_python = 127;

class e2e_python : public e2e {
 protected:
  finished scenario(const std::string& alice, const std::string& bob, const std::string& parts,
                    const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"/usr/bin/env",
                                   "python3",
                                   "-B",
                                   CONCLAVE_SOURCE_DIR "/tests/python/scenario.py",
                                   "127.0.0.1",
                                   std::to_string(node().client_port()),
                                   node().ca_file(),
                                   alice,
                                   bob,
                                   "--parts",
                                   parts};
    words.insert(words.end(), more.begin(), more.end());
    return run_to_end(words, {}, {}, std::chrono::seconds(100));
  }

  finished scenario_by_tokens(const std::string& parts) {
    start();
    const auto laptops = people({"alice", "bob"}, "acme", "laptop");
    const auto phones = people({"alice", "bob"}, "acme", "phone");
    return scenario(laptops[0].token + ',' + phones[0].token,
                    laptops[1].token + ',' + phones[1].token, parts);
  }

  static void expect_good(const finished& done) {
    EXPECT_EQ(done.code, 0) << done.out << done.err;
    EXPECT_TRUE(done.out.starts_with("GOOD ")) << done.out << done.err;
  }
};

TEST_F(e2e_python, four_devices_chat_resend_and_return_to_one_view) {
  const finished done = scenario_by_tokens("chat,resend,absence");
  if (done.code == no_python) GTEST_SKIP() << done.err;
  expect_good(done);
}

TEST_F(e2e_python, both_log_in_by_password) {
  start();
  people({"alice", "bob"});
  wire_client admin(node().admin_port());
  ASSERT_TRUE(admin.login(node().operator_token()));
  for (const char* name : {"alice", "bob"}) {
    const auto answer = admin.ask(set_password{"acme", name, "correct horse", false});
    ASSERT_TRUE(answer);
    ASSERT_TRUE(answer->is(frame_type::done));
  }
  const finished done = scenario("acme/alice:correct horse", "acme/bob:correct horse", "chat");
  if (done.code == no_python) GTEST_SKIP() << done.err;
  expect_good(done);
}

TEST_F(e2e_python, somebody_of_another_tenant_comes_in_talks_and_is_removed) {
  start();
  const auto laptops = people({"alice", "bob"}, "acme", "laptop");
  const auto phones = people({"alice", "bob"}, "acme", "phone");
  const auto guests = people({"carol"}, "globex", "laptop");
  const finished done =
      scenario(laptops[0].token + ',' + phones[0].token, laptops[1].token + ',' + phones[1].token,
               "external",
               {"--guest", guests[0].token, "--operator",
                std::to_string(node().admin_port()) + ',' + node().operator_token()});
  if (done.code == no_python) GTEST_SKIP() << done.err;
  expect_good(done);
}

class e2e_python_part : public e2e_python, public testing::WithParamInterface<const char*> {};

TEST_P(e2e_python_part, leaves_four_devices_with_one_view) {
  const finished done = scenario_by_tokens(GetParam());
  if (done.code == no_python) GTEST_SKIP() << done.err;
  expect_good(done);
}

INSTANTIATE_TEST_SUITE_P(what, e2e_python_part,
                         testing::Values("extras", "edit", "recall", "react", "pin", "inbox",
                                         "expire", "burn",
                                         "chat,extras,edit,recall,react,pin,inbox,expire,burn,"
                                         "absence"));

}  // namespace
}  // namespace conclave::test
