/// The committer of a cluster's node without links: what it hears is given, what it says is kept.
#include "replication/copies.h"

#include "schemas/check.h"
#include "tests/storage/storage_fixture.h"

#include <gtest/gtest.h>

namespace conclave::replication {
namespace {

struct silent_port final : node_port {
  void send(node_id, std::string) override {}
  void close_link(node_id) override {}
  void seed(shard_id, replica_id) override {}
  void digest(shard_id, log_index) override {}
  void leading(const std::vector<storage::shard_lead>&) override {}
};

class lone_copies : public testing::Test {
 protected:
  lone_copies() {
    auto opened = storage::store::open(test::options_for(folder_.data(), 1));
    CONCLAVE_CHECK(opened.ok(), "a fresh store opens");
    store_ = std::move(*opened);
    copies_options options;
    options.cluster = "test";
    options.plan.self = options.plan.founder = node_id(1);
    options.plan.rule = {2, 1};
    options.plan.nodes = {{node_id(1), 1, true}, {node_id(2), 2, true}, {node_id(3), 3, false}};
    options.self = {node_id(1), 11};
    options.boot = 1;
    options.now = [] { return time_ms{1}; };
    copies_ = std::make_unique<copies>(*store_, port_, std::move(options));
    CONCLAVE_CHECK(copies_->open(1).ok(), "fresh copies open");
  }

  void hear(node_id node) {
    copies_->link_up(node);
    peer_hello hello;
    hello.cluster = "test";
    hello.id = {node, 20};
    hello.boot = 1;
    hello.shard_count = 1;
    hello.shards = {{shard_id(0), {}, {}}};
    copies_->take(node, hello);
  }
  /// Time passes, tick by tick; a whole number of seconds, so that the view was just told.
  void pass(std::chrono::milliseconds span) {
    for (auto gone = std::chrono::milliseconds(0); gone < span; gone += limits::replica_tick)
      copies_->tick();
  }
  std::string waits_for() const { return copies_->view().waiting_for; }

  test::temporary_folder folder_;
  std::unique_ptr<storage::store> store_;
  silent_port port_;
  std::unique_ptr<copies> copies_;
};

TEST_F(lone_copies, p1_a_founder_counts_its_patience_from_when_all_voters_are_heard_of) {
  pass(limits::founding_patience * 3);
  EXPECT_NE(waits_for().find("not heard of yet: node 2"), std::string::npos) << waits_for();
  // The learner may hold the cluster's data and need a moment longer than this voter.
  hear(node_id(2));
  pass(limits::founding_patience - std::chrono::milliseconds(1'000));
  EXPECT_NE(waits_for().find("node 3 may hold data"), std::string::npos) << waits_for();
  pass(std::chrono::milliseconds(2'000));
  EXPECT_EQ(waits_for(), "") << "it founds the cluster";
}

TEST_F(lone_copies, a_status_before_the_introduction_counts_for_nothing) {
  copies_->link_up(node_id(2));
  peer_status status;
  status.client_address = "elsewhere:1";
  status.shards = {{shard_id(0), true, 3, shard_epoch(9), log_index(9), log_index(9), 1, {}, {}}};
  copies_->take(node_id(2), status);
  pass(limits::replica_tick * 2);
  EXPECT_EQ(leader_address(copies_->view()), "");
  hear(node_id(2));
  copies_->take(node_id(2), status);
  EXPECT_EQ(leader_address(copies_->view()), "elsewhere:1");
}

TEST_F(lone_copies, a_refusal_of_another_folder_is_not_for_this_one) {
  hear(node_id(2));
  const distrust why = distrust::older_incarnation;
  copies_->take(node_id(2), peer_refuse{shard_id(0), why, "old", {node_id(1), 10}});
  EXPECT_EQ(copies_->view().out_of_service, "") << "of the one before";
  copies_->take(node_id(2), peer_refuse{shard_id(0), why, "old", {node_id(1), 11}});
  EXPECT_NE(copies_->view().out_of_service, "");
}

}  // namespace
}  // namespace conclave::replication
