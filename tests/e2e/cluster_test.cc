/// What an operator of a cluster relies on: nobody joins who should not, a disk that is not what it
/// was loses its vote and says so, and without enough copies nothing is acknowledged.
#include "tests/e2e/e2e_fixture.h"
#include "tests/support/cluster_process.h"
#include "tests/support/loopback.h"

#include <atomic>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace conclave::test {
namespace {

/// The time that a node is watched which must not do something.
constexpr std::chrono::milliseconds a_while{2'500};

class e2e_cluster : public testing::Test {
 protected:
  void make(cluster_settings settings = {}) {
    cluster_ = std::make_unique<cluster_process>(std::move(settings));
  }
  void TearDown() override {
    if (HasFailure() && cluster_ != nullptr) std::printf("%s\n", cluster_->log_tails().c_str());
  }

  cluster_process& cluster() { return *cluster_; }
  node_process& node(unsigned number) { return cluster_->node(number); }

  /// One person with a group of his own.
  void found_room() {
    const auto alice = cluster_->node(1).provision("acme", "laptop", {"alice"}).front();
    client::session_options options = cluster_->options_for(alice.token);
    // What is asked while copies are away is answered when they are back.
    options.request_timeout = cluster_process::patience_of_a_cluster;
    auto made = client::session::connect(options);
    ASSERT_TRUE(made.ok()) << made.error().detail;
    alice_ = std::move(*made);
    const auto room = alice_->create_conversation("a room", {}, history_visibility::since_joining);
    ASSERT_TRUE(room.ok()) << room.error().detail;
    room_ = room->conversation;
  }
  outcome<client::receipt> say(const std::string& text) { return alice_->send(room_, text); }

  bool logged(unsigned number, const std::string& words, const std::string& or_these = {}) {
    return wait_until([&] {
      const std::string log = node(number).log();
      return log.find(words) != std::string::npos ||
             (!or_these.empty() && log.find(or_these) != std::string::npos);
    });
  }
  bool has_status(unsigned number, const std::string& words) {
    return wait_until([&] { return cluster_->status(number).find(words) != std::string::npos; });
  }

  std::unique_ptr<cluster_process> cluster_;
  std::unique_ptr<client::session> alice_;
  conversation_id room_{};
};

TEST_F(e2e_cluster, p1_a_single_voter_serves_and_a_learner_holds_the_same) {
  cluster_settings settings;
  settings.mode = "single";
  settings.voters = 1;
  settings.learners = 1;
  make(settings);
  cluster().start();
  found_room();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(say("text").ok());
  node(2).kill9();
  ASSERT_TRUE(say("while the learner is away").ok());
  cluster().start_node(2);
  EXPECT_NE(cluster().promote(2), "") << "a learner never leads";
  EXPECT_TRUE(cluster().wait_in_sync());
  EXPECT_EQ(cluster().stop_and_compare(), "");
}

TEST_F(e2e_cluster, p1_a_single_voter_with_learners_becomes_three_voters) {
  cluster_settings settings;
  settings.mode = "single";
  settings.voters = 1;
  settings.learners = 2;
  make(settings);
  cluster().start();
  found_room();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(say("on one copy").ok());
  ASSERT_TRUE(cluster().wait_in_sync());
  for (unsigned n = 1; n <= 3; ++n) ASSERT_EQ(node(n).terminate(), 0);
  cluster().reconfigure("local3", 3);
  cluster().start();
  EXPECT_TRUE(has_status(1, "goes by 1 copy at 1 site; the configuration says 2 copies at 1 site"));
  std::string said;
  ASSERT_TRUE(wait_until([&] { return (said = cluster().apply()).empty(); })) << said;
  EXPECT_TRUE(has_status(2, "A message is safe on 2 copies at 1 site.\n"));
  ASSERT_TRUE(say("on two copies").ok());
  // Whoever led alone is gone for good; what was acknowledged is not.
  cluster().wait_for_leader();
  ASSERT_TRUE(cluster().wait_in_sync());
  node(1).kill9();
  cluster().wipe(1);
  cluster().move_lead_to({2, 3});
  ASSERT_TRUE(say("to another leader").ok());
  alice_.reset();
  cluster().start_node(1);
  EXPECT_TRUE(cluster().wait_in_sync());
  EXPECT_EQ(cluster().stop_and_compare(), "");
}

TEST_F(e2e_cluster, p9_without_enough_copies_nothing_is_acknowledged_until_one_is_back) {
  make();
  cluster().start();
  found_room();
  ASSERT_TRUE(say("with three copies").ok());
  node(2).kill9();
  ASSERT_TRUE(say("with two copies").ok());
  node(3).kill9();
  std::atomic<bool> answered{false};
  std::atomic<bool> good{false};
  std::string why;
  alice_->send_async(room_, "with one copy", [&](outcome<client::receipt> r) {
    good = r.ok();
    if (!r) why = r.error().detail;
    answered = true;
  });
  // The node answers `outcome_unknown` after ten seconds and the session asks again.
  std::this_thread::sleep_for(12s);
  EXPECT_FALSE(answered) << why;
  EXPECT_TRUE(wait_until([&] {
    return node(1).metric("conclave_overdue_requests_total").value_or(0) >= 1;
  })) << "unknown, not failed";
  cluster().start_node(3);
  EXPECT_TRUE(wait_until([&] { return answered.load(); }, cluster_process::patience_of_a_cluster));
  EXPECT_TRUE(good) << why;
  cluster().start_node(2);
  EXPECT_TRUE(cluster().wait_in_sync());
  EXPECT_EQ(cluster().stop_and_compare(), "");
}

TEST_F(e2e_cluster, p9_a_leader_without_enough_copies_ends_when_it_is_told_to) {
  make();
  cluster().start();
  found_room();
  node(2).kill9();
  node(3).kill9();
  std::atomic<bool> good{false};
  alice_->send_async(room_, "with one copy", [&](outcome<client::receipt> r) { good = r.ok(); });
  ASSERT_TRUE(wait_until([&] { return node(1).metric("conclave_open_requests").value_or(0) > 0; }));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(node(1).terminate(), 0) << node(1).log();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
  EXPECT_FALSE(good) << "never acknowledged";
  alice_.reset();
  cluster().start();
  EXPECT_TRUE(cluster().wait_in_sync());
  EXPECT_EQ(cluster().stop_and_compare(), "");
}

TEST_F(e2e_cluster, p1_metro5_takes_three_copies_on_two_sites_and_three_on_one_are_not_enough) {
  cluster_settings settings;
  settings.mode = "metro5";
  settings.voters = 5;
  settings.sites = {"east", "east", "east", "west", "south"};
  make(settings);
  cluster().start();
  found_room();
  ASSERT_TRUE(say("with five copies").ok());
  node(4).kill9();
  node(5).kill9();
  std::atomic<bool> answered{false};
  std::atomic<bool> good{false};
  alice_->send_async(room_, "three copies on one site", [&](outcome<client::receipt> r) {
    good = r.ok();
    answered = true;
  });
  std::this_thread::sleep_for(a_while);
  EXPECT_FALSE(answered) << "the rule demands two sites";
  node(3).kill9();
  cluster().start_node(4);
  EXPECT_TRUE(wait_until([&] { return answered.load(); }, cluster_process::patience_of_a_cluster))
      << "three copies on two sites";
  EXPECT_TRUE(good);
  cluster().start_node(3);
  cluster().start_node(5);
  EXPECT_TRUE(cluster().wait_in_sync());
  EXPECT_EQ(cluster().stop_and_compare(), "");
}

TEST_F(e2e_cluster, p1_a_shard_with_its_own_rule_waits_for_its_copies_and_others_do_not) {
  cluster_settings settings;
  settings.each.appended = "[[cluster.shards]]\nshard = 2\ncopies = 3\n";
  make(settings);
  cluster().start();
  found_room();  // the first tenant, in shard 1
  const auto gina = node(1).provision("globex", "laptop", {"gina"}).front();
  client::session_options options = cluster().options_for(gina.token);
  options.request_timeout = cluster_process::patience_of_a_cluster;
  auto careful = client::session::connect(options);
  ASSERT_TRUE(careful.ok()) << careful.error().detail;
  const auto room =
      (*careful)->create_conversation("a room", {}, history_visibility::since_joining);
  ASSERT_TRUE(room.ok()) << room.error().detail;
  ASSERT_TRUE((*careful)->send(room->conversation, "with three copies").ok());
  EXPECT_TRUE(has_status(2,
                         "A message is safe on 2 copies at 1 site.\n"
                         "In shard 2: on 3 copies at 1 site.\n"));
  node(3).kill9();
  std::atomic<bool> answered{false};
  (*careful)->send_async(room->conversation, "with two copies",
                         [&](outcome<client::receipt> r) { answered = r.ok(); });
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(say("with two copies, which is enough here").ok());
  std::this_thread::sleep_for(a_while);
  EXPECT_FALSE(answered) << "two copies are not what this shard's rule demands";
  cluster().start_node(3);
  EXPECT_TRUE(wait_until([&] { return answered.load(); }, cluster_process::patience_of_a_cluster));
  careful->reset();
  alice_.reset();
  EXPECT_EQ(cluster().stop_and_compare(), "");
}

TEST_F(e2e_cluster, p1_a_pulled_cable_is_noticed_and_who_leads_behind_it_acknowledges_nothing) {
  if (const std::string why = network_namespace::refusal(); !why.empty()) GTEST_SKIP() << why;
  cluster_settings settings;
  settings.network = cluster_network::namespaces;
  make(settings);
  cluster().start();
  found_room();
  ASSERT_TRUE(say("on three cables").ok());
  cluster().cables().unplug(1);
  // No end of any connection is told, to anybody.
  std::atomic<bool> answered{false};
  alice_->send_async(room_, "to whoever leads",
                     [&](outcome<client::receipt> r) { answered = r.ok(); });
  EXPECT_TRUE(has_status(2, " down ")) << "only silence tells it";
  EXPECT_FALSE(answered);
  EXPECT_TRUE(wait_until([&] { return cluster().promote(2).empty(); }));
  EXPECT_TRUE(wait_until([&] { return answered.load(); }, cluster_process::patience_of_a_cluster))
      << "the session finds the new leader";
  cluster().links().heal();
  EXPECT_TRUE(cluster().wait_in_sync());
  alice_.reset();
  EXPECT_EQ(cluster().stop_and_compare(), "");
}

TEST_F(e2e_cluster, a_node_of_another_cluster_is_turned_away) {
  make();
  cluster().operator_token();
  node_settings foreign = cluster().settings_of(3);
  foreign.options["cluster.name"] = "\"other\"";
  cluster().give_certificate(foreign, cluster().authority(), "conclave://other/3");
  node(3).settings() = foreign;
  for (unsigned n = 1; n <= 3; ++n) node(n).start();
  EXPECT_TRUE(logged(1, R"(belongs to cluster "other", not "test")",
                     R"(belongs to cluster \"other\", not \"test\")"));
  EXPECT_TRUE(has_status(1, "a cluster is founded by all of its voters: not heard of yet: node 3"));
  // Nor does the folder, once it is of that cluster, let itself be started in this one.
  EXPECT_EQ(node(3).terminate(), 0);
  node(3).settings() = cluster().settings_of(3);
  EXPECT_FALSE(node(3).try_start());
  EXPECT_EQ(node(3).wait(patience), 4);
  EXPECT_NE(node(3).log().find("belongs to cluster other, not to test"), std::string::npos);
}

TEST_F(e2e_cluster, a_certificate_of_another_authority_or_number_is_turned_away) {
  make();
  cluster().operator_token();
  test_certificates stranger;
  cluster().give_certificate(node(2).settings(), stranger, "conclave://test/2");
  cluster().give_certificate(node(3).settings(), cluster().authority(), "conclave://test/7");
  for (unsigned n = 1; n <= 3; ++n) node(n).start();
  EXPECT_TRUE(has_status(1, "not heard of yet: node 2, 3"));
  EXPECT_TRUE(logged(1, "is node 7, which is not configured"));
  EXPECT_TRUE(logged(1, "no link to the peer at 127.0.0.1:", "no link to a node"));
  std::this_thread::sleep_for(a_while);
  EXPECT_EQ(cluster().leader(), 0u);
}

/// Says it to the node itself, past the command line.
std::string answer_to(const node_process& node, const std::string& order) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  (node.data_dir() + "/control.sock").copy(at.sun_path, sizeof at.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string text;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
      ::send(fd, order.data(), order.size(), MSG_NOSIGNAL) > 0) {
    char part[256];
    ssize_t n = 0;
    while ((n = ::recv(fd, part, sizeof part, 0)) > 0)
      text.append(part, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return text;
}

TEST_F(e2e_cluster, p7_an_order_that_is_none_is_carried_out_for_nobody) {
  cluster_settings settings;
  settings.mode = "single";
  settings.voters = 1;
  make(settings);
  cluster().start();
  for (const char* const number : {"1abc", "", "0", "-1", "65536", "1 1"})
    EXPECT_EQ(answer_to(node(1), "readmit " + std::string(number) + "\n"),
              "error\na node has a number from 1 to 65535\n")
        << number;
  EXPECT_EQ(answer_to(node(1), std::string(100, 'x') + "\n"),
            "error\nan order is one line of at most 63 bytes\n");
  EXPECT_TRUE(answer_to(node(1), "status\n").starts_with("ok\n"));
}

TEST_F(e2e_cluster, p1_a_wiped_disk_comes_back_without_a_vote_and_is_filled) {
  make();
  cluster().start();
  found_room();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(say("text").ok());
  node(2).kill9();
  cluster().wipe(2);
  cluster().start_node(2);
  EXPECT_TRUE(cluster().wait_in_sync());
  const std::string refused = cluster().promote(2);
  EXPECT_NE(refused.find("this data folder has no vote in the shard"), std::string::npos)
      << refused;
  // It holds everything and counts for nothing: with the third voter away nothing is acknowledged.
  node(3).kill9();
  std::atomic<bool> answered{false};
  alice_->send_async(room_, "one vote", [&](outcome<client::receipt>) { answered = true; });
  std::this_thread::sleep_for(a_while);
  EXPECT_FALSE(answered);
  cluster().start_node(3);
  EXPECT_TRUE(wait_until([&] { return answered.load(); }, cluster_process::patience_of_a_cluster));
  EXPECT_TRUE(cluster().wait_in_sync());
  // With its vote given back it counts again.
  cluster().give_vote_back(2);
  node(3).kill9();
  EXPECT_TRUE(say("with the vote that was given back").ok());
  cluster().start_node(3);
  EXPECT_TRUE(cluster().wait_in_sync());
  EXPECT_EQ(cluster().stop_and_compare(), "");
}

TEST_F(e2e_cluster, p1_a_disk_that_went_back_in_time_is_refused) {
  make();
  cluster().start();
  found_room();
  ASSERT_TRUE(say("before").ok());
  ASSERT_EQ(node(3).terminate(), 0);
  std::filesystem::copy(node(3).data_dir(), node(3).folder() + "/older",
                        std::filesystem::copy_options::recursive);
  // Two starts more: after one the folder could be taken for a copy of another process.
  for (int i = 0; i < 2; ++i) {
    cluster().start_node(3);
    for (int k = 0; k < 20; ++k) ASSERT_TRUE(say("after").ok());
    if (i == 0) {
      ASSERT_EQ(node(3).terminate(), 0);
    }
  }
  ASSERT_TRUE(cluster().wait_in_sync());
  ASSERT_EQ(node(3).terminate(), 0);
  cluster().wipe(3);
  std::filesystem::rename(node(3).folder() + "/older", node(3).data_dir());
  cluster().start_node(3);
  EXPECT_TRUE(logged(1, "the data folder of node 3 is refused: its disk went back in time"));
  EXPECT_TRUE(logged(3, "a copy is out of service: its disk went back in time"));
  EXPECT_TRUE(has_status(3, "this node's copy is out of service: its disk went back in time"));
  EXPECT_NE(cluster().promote(3).find("out of service"), std::string::npos);
  ASSERT_TRUE(say("with the two others").ok());
  // It is remembered by the folder itself: starting again does not help, emptying it does.
  ASSERT_EQ(node(3).terminate(), 0);
  cluster().start_node(3);
  EXPECT_TRUE(has_status(3, "out of service"));
  ASSERT_EQ(node(3).terminate(), 0);
  cluster().wipe(3);
  cluster().start_node(3);
  EXPECT_TRUE(cluster().wait_in_sync());
  EXPECT_EQ(cluster().stop_and_compare(), "");
}

TEST_F(e2e_cluster, p1_of_a_copied_data_folder_one_is_refused) {
  make();
  cluster().start();
  found_room();
  ASSERT_TRUE(say("before").ok());
  ASSERT_EQ(node(2).terminate(), 0);
  const std::string copy = node(2).folder() + "/copy";
  std::filesystem::copy(node(2).data_dir(), copy, std::filesystem::copy_options::recursive);
  cluster().start_node(2);
  ASSERT_TRUE(cluster().wait_in_sync());
  // A second process on the copy, while the first one runs: it dials node 3 as node 2.
  node_settings second = cluster().settings_of(2);
  for (const char* port :
       {"cluster.listen_port", "listen.client_port", "listen.admin_port", "listen.metrics_port"})
    second.options[port] = std::to_string(lasting_port());
  second.options["node.data_dir"] = '"' + copy + '"';
  node_process twin(second);
  twin.start();
  EXPECT_TRUE(logged(3, "the data folder of node 2 is refused: it was copied"));
  EXPECT_TRUE(wait_until([&] {
    return twin.log().find("a copy is out of service: it was copied") != std::string::npos;
  })) << twin.log_tail();
  ASSERT_TRUE(say("whatever happens to the twins").ok());
  EXPECT_EQ(twin.terminate(), 0);
}

}  // namespace
}  // namespace conclave::test
