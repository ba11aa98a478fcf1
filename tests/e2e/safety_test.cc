/// What keeps a node safe while it runs: passwords do not stay in its memory, guessing stays slow
/// over a restart, and a data folder that has reached what it may occupy refuses before it fails.
#include "schemas/account_messages.h"
#include "schemas/event_messages.h"
#include "schemas/policy_messages.h"
#include "tests/e2e/e2e_fixture.h"
#include "tests/support/loopback.h"
#include "tests/support/text_request.h"

#include <fstream>
#include <sstream>

namespace conclave::test {
namespace {

using e2e_safety = e2e;

/// How often the bytes stand in memory that the process can write to; nothing: it may not be read.
std::optional<std::size_t> times_in_memory(pid_t pid, const std::string& marker) {
  const std::string process = "/proc/" + std::to_string(pid);
  std::ifstream memory(process + "/mem", std::ios::binary);
  std::ifstream maps(process + "/maps");
  if (!memory || !maps) return std::nullopt;
  std::size_t times = 0;
  bool read_any = false;
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    char dash = 0;
    std::string rights;
    std::istringstream(line) >> std::hex >> from >> dash >> to >> rights;
    if (!rights.starts_with("rw") || to - from > (1ull << 31)) continue;
    std::string bytes(to - from, '\0');
    memory.clear();
    memory.seekg(static_cast<std::streamoff>(from));
    memory.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(memory.gcount()));
    read_any = read_any || !bytes.empty();
    for (auto at = bytes.find(marker); at != std::string::npos; at = bytes.find(marker, at + 1))
      ++times;
  }
  return read_any ? std::optional(times) : std::nullopt;
}

login_password by_password(std::uint64_t op_id, std::string_view user, std::string_view password) {
  return {op_id, "acme", user, password, device_kind::desktop, "desk"};
}

errc log_in_with(const node_process& node, const login_password& how) {
  wire_client client(node.client_port());
  client.ask(hello{});
  const auto answer = client.ask(how);
  return answer ? answer->code() : errc::not_ready;
}

TEST_F(e2e_safety, passwords_do_not_stay_in_the_nodes_memory) {
  start();
  people({"alice"});
  const std::string first = "mandolin-Quartz-71-anvil";
  const std::string second = "sundial-Pepper-38-gravel";
  const std::string wrong = "trumpet-Velvet-54-cinder";
  wire_client root(node().admin_port());
  ASSERT_TRUE(root.login(node().operator_token()));
  ASSERT_EQ(root.ask(set_password{"acme", "alice", first, false})->code(), errc::ok);
  EXPECT_EQ(log_in_with(node(), by_password(1, "alice", wrong)), errc::wrong_credentials);
  wire_client desk(node().client_port());
  desk.ask(hello{});
  const auto in = desk.ask(by_password(2, "alice", first));
  ASSERT_TRUE(in && in->is(frame_type::logged_in));
  ASSERT_EQ(desk.ask(change_password{first, second, false})->code(), errc::ok);
  ASSERT_EQ(log_in_with(node(), by_password(3, "alice", second)), errc::ok);

  const auto proof = times_in_memory(node().pid(), "conclave_requests_total");
  if (!proof) GTEST_SKIP() << "the memory of another process cannot be read here";
  EXPECT_GT(*proof, 0u) << "what is there is found";
  for (const std::string& secret : {first, second, wrong})
    EXPECT_EQ(times_in_memory(node().pid(), secret), 0u) << secret;
}

TEST_F(e2e_safety, who_has_guessed_too_often_still_has_to_wait_after_a_restart) {
  node_settings settings;
  settings.options["listen.metrics_port"] = std::to_string(free_port());
  start(settings);
  people({"alice"});
  const std::string entries = "conclave_login_limiter_entries";
  int refused = 0;
  for (std::uint64_t i = 1; i <= 6; ++i)
    if (log_in_with(node(), by_password(i, "alice", "wrong-" + std::to_string(i))) ==
        errc::wrong_credentials)
      ++refused;
  EXPECT_EQ(refused, 6);
  EXPECT_EQ(node().metric(entries), 2.0) << "the account and the network";
  ASSERT_EQ(node().terminate(), 0);
  node().start();
  EXPECT_EQ(node().metric(entries), 1.0) << "the account";
  node().kill9();
  node().start();
  EXPECT_EQ(node().metric(entries), 1.0);
}

TEST_F(e2e_safety, a_data_folder_that_is_full_refuses_and_lets_clear_up) {
  node_settings settings;
  settings.options["listen.metrics_port"] = std::to_string(free_port());
  settings.options["storage.max_data_mib"] = "100";
  start(settings);
  const auto users = people({"alice"});
  conversation_id group;
  {
    const auto owner = log_in(people({"alice"}, "acme", "other")[0]);
    group = found(*owner, {});
  }
  wire_client alice(node().client_port());
  ASSERT_TRUE(alice.login(users[0].token));
  const std::string large(60'000, 'x');
  std::uint64_t key = 0;
  errc last = errc::ok;
  while (last == errc::ok && key < 5'000) {
    const auto answer = alice.ask(text_request(group, ++key, large));
    ASSERT_TRUE(answer);
    last = answer->code();
  }
  EXPECT_EQ(last, errc::storage_full) << key << " messages of 60 000 bytes";
  EXPECT_GE(node().metric("conclave_disk_level").value_or(0), 2.0);
  EXPECT_GE(node().metric("conclave_disk_used_permille").value_or(0), 900.0);
  for (std::uint64_t seq = 2; seq < 12; ++seq)
    EXPECT_EQ(alice.ask(recall{group, key + seq, event_seq{seq}})->code(), errc::ok) << seq;
  history read;
  read.conversation = group;
  read.from = event_seq{1};
  read.limit = 10;
  EXPECT_TRUE(alice.ask(read)->is(frame_type::history_page));

  ASSERT_EQ(node().terminate(), 0);
  node().settings().options["storage.max_data_mib"] = "0";
  node().start();
  wire_client again(node().client_port());
  ASSERT_TRUE(again.login(users[0].token));
  EXPECT_EQ(again.ask(text_request(group, key, large))->code(), errc::ok)
      << "the refused one, with its own key";
}

}  // namespace
}  // namespace conclave::test
