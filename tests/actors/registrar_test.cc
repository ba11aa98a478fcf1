/// Registrars: what requests of operators and index orders come to on a real store, and the actor
/// that carries them out one at a time.
#include "actors/registrar.h"

#include "actors/plans.h"
#include "actors/plans_device.h"
#include "actors/plans_inbox.h"
#include "conf/limits.h"
#include "crypto/token.h"
#include "schemas/operator_messages.h"
#include "storage/reads.h"
#include "storage/reads_account.h"
#include "tests/support/actor_fixture.h"
#include "tests/support/committed_store.h"

#include <gtest/gtest.h>

#include <set>

namespace conclave::actors {
namespace {

using test::actor_world;
using test::users;

std::string_view payload_of(const registrar_plan& plan) {
  return std::string_view(plan.answer).substr(frame_header_size);
}

class plans : public ::testing::Test {
 protected:
  static constexpr entity_ref tenants{entity_kind::tenants, system_tenant, 0};
  static constexpr user_id root{1};

  void commit(const entity_ref& entity, registrar_plan& plan) {
    if (plan.redo.empty()) return;
    ASSERT_TRUE(store_.commit(shards_.shard_of(entity), entity, version_, std::move(plan.redo)));
    plan.redo = {};
  }
  plan_context context_for(const entity_ref& entity) {
    version_ = store_.claim(shards_.shard_of(entity), entity);
    return {entity, version_ + 1, store_.shard_time().now()};
  }

  registrar_plan create_tenant(const std::string& name, std::uint64_t op_id, user_id by = root) {
    const auto context = context_for(tenants);
    auto plan =
        plan_tenant(store_.data().view(system_shard), context, shards_, 5, {by, op_id, name});
    if (plan.refused == errc::ok) commit(tenants, plan);
    return plan;
  }
  struct provisioned {
    errc refused = errc::ok;
    std::vector<issued_device> users;
  };
  /// The tenant's part, then each user's own.
  provisioned provision(tenant_id tenant, std::vector<std::string> names, std::uint64_t op_id,
                        user_id by = root) {
    const entity_ref entity{entity_kind::tenant, tenant, 0};
    const auto view = [&] { return store_.data().view(shards_.home_of(tenant)); };
    const auto context = context_for(entity);
    auto people = plan_provision(view(), context, {by, op_id, "phone", std::move(names)});
    provisioned all{people.refused, {}};
    if (people.refused != errc::ok) return all;
    commit(entity, people);
    for (const user_id id : people.issue_to) {
      const entity_ref user{entity_kind::user, tenant, id.value};
      const auto his = context_for(user);
      auto made = plan_issue_device(view(), his, {by, op_id, "phone", device_kind::other, {}});
      EXPECT_EQ(made.refused, errc::ok);
      commit(user, made);
      all.users.push_back(*made.issued);
    }
    return all;
  }
  /// Does the token open the door?
  bool opens(std::string_view token) {
    const auto parts = crypto::parse_token(token);
    const auto device = storage::get_device(store_.data().view(shards_.home_of(parts->tenant)),
                                            parts->tenant, parts->user, parts->device);
    return device.ok() && device->token_hash == crypto::token_hash(parts->secret);
  }

  shard_map shards_{3};
  test::committed_store store_;
  std::uint64_t version_ = 0;
};

TEST_F(plans, p3_creating_a_tenant_again_with_the_same_operation_finds_it) {
  const auto first = create_tenant("acme", 7);
  ASSERT_EQ(first.refused, errc::ok);
  const auto id = decode<tenant_created>(payload_of(first))->tenant;
  const auto again = create_tenant("acme", 7);
  ASSERT_EQ(again.refused, errc::ok);
  EXPECT_EQ(decode<tenant_created>(payload_of(again))->tenant, id);
  EXPECT_EQ(create_tenant("acme", 8).refused, errc::already_exists);
  EXPECT_EQ(create_tenant("acme", 7, user_id{2}).refused, errc::already_exists);
  const auto other = create_tenant("other", 7);
  ASSERT_EQ(other.refused, errc::ok);
  EXPECT_NE(decode<tenant_created>(payload_of(other))->tenant, id);
  EXPECT_EQ(storage::list_tenants(store_.data().view(system_shard), {}, 10)->size(), 2u);
}

TEST_F(plans, names_have_one_spelling) {
  for (const char* bad : {"", "Acme", "a b", "-acme", "ácme", "a/b"}) {
    EXPECT_EQ(create_tenant(bad, 1).refused, errc::invalid_argument) << bad;
    EXPECT_EQ(provision(tenant_id{1}, {bad}, 1).refused, errc::invalid_argument) << bad;
  }
  EXPECT_EQ(create_tenant(std::string(65, 'a'), 1).refused, errc::invalid_argument);
  EXPECT_EQ(create_tenant(std::string(64, 'a'), 1).refused, errc::ok);
}

TEST_F(plans, provisioning_again_gives_new_tokens_to_the_same_devices) {
  const tenant_id tenant{1};
  const auto first = provision(tenant, {"alice", "bob"}, 7);
  ASSERT_EQ(first.refused, errc::ok);
  const auto& then = first;
  ASSERT_EQ(then.users.size(), 2u);
  EXPECT_TRUE(opens(then.users[0].token));
  const auto again = provision(tenant, {"alice", "bob"}, 7);
  ASSERT_EQ(again.refused, errc::ok);
  const auto& now = again;
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(now.users[i].user, then.users[i].user);
    EXPECT_EQ(now.users[i].device, then.users[i].device);
    EXPECT_NE(now.users[i].token, then.users[i].token);
    EXPECT_TRUE(opens(now.users[i].token));
    EXPECT_FALSE(opens(then.users[i].token)) << "the earlier token ends";
  }
  EXPECT_EQ(
      storage::list_users(store_.data().view(shards_.home_of(tenant)), tenant, {}, 10)->size(), 2u);
}

TEST_F(plans, another_operation_gives_a_known_user_another_device) {
  const auto first = provision(tenant_id{1}, {"alice"}, 7);
  const auto second = provision(tenant_id{1}, {"alice", "bob"}, 8);
  const auto& a = first;
  const auto& b = second;
  EXPECT_EQ(a.users[0].user, b.users[0].user);
  EXPECT_NE(a.users[0].device, b.users[0].device);
  EXPECT_TRUE(opens(a.users[0].token));
  EXPECT_TRUE(opens(b.users[0].token));
  EXPECT_NE(b.users[0].user, b.users[1].user);
}

TEST_F(plans, an_operation_belongs_to_its_names_and_its_operator) {
  ASSERT_EQ(provision(tenant_id{1}, {"alice", "bob"}, 7).refused, errc::ok);
  EXPECT_EQ(provision(tenant_id{1}, {"alice"}, 7).refused, errc::invalid_argument);
  EXPECT_EQ(provision(tenant_id{1}, {"alice", "carol"}, 7).refused, errc::invalid_argument);
  EXPECT_EQ(provision(tenant_id{1}, {"bob", "alice"}, 7).refused, errc::invalid_argument);
  EXPECT_EQ(provision(tenant_id{1}, {"alice", "alice"}, 9).refused, errc::invalid_argument);
  EXPECT_EQ(provision(tenant_id{1}, {"carol"}, 7, user_id{2}).refused, errc::ok);
}

TEST_F(plans, operations_are_forgotten_after_their_time_as_others_come) {
  const tenant_id tenant{1};
  const auto kept = [&] {
    return storage::list_operations(store_.data().view(shards_.home_of(tenant)), tenant, user_id{1},
                                    0, 1'000)
        ->size();
  };
  for (std::uint64_t op = 1; op <= 100; ++op)
    ASSERT_EQ(provision(tenant, {"alice"}, op * 1'000).refused, errc::ok);
  EXPECT_EQ(kept(), 100u);
  store_.time.pass(operation_kept_ms - 1'000);
  ASSERT_EQ(provision(tenant, {"alice"}, 50'001).refused, errc::ok);
  EXPECT_EQ(kept(), 101u) << "not before";
  store_.time.pass(2'000);
  ASSERT_EQ(provision(tenant, {"alice"}, 99'001).refused, errc::ok);
  EXPECT_EQ(kept(), 102u - operations_looked_at) << "those behind it, and on from the lowest";
  for (std::uint64_t op = 0; op < 3; ++op)
    ASSERT_EQ(provision(tenant, {"alice"}, 32'001 + op * 32'000).refused, errc::ok);
  EXPECT_EQ(kept(), 5u) << "the young ones stay";
}

TEST_F(plans, p6_the_same_names_in_two_tenants_are_two_people) {
  // Tenants 1 and 3 share a shard.
  ASSERT_EQ(shards_.home_of(tenant_id{1}), shards_.home_of(tenant_id{3}));
  const auto one = provision(tenant_id{1}, {"alice"}, 7);
  const auto other = provision(tenant_id{3}, {"alice"}, 7);
  const auto& a = one;
  const auto& b = other;
  const auto token_a = *crypto::parse_token(a.users[0].token);
  auto forged = *crypto::parse_token(b.users[0].token);
  forged.tenant = tenant_id{1};
  EXPECT_FALSE(opens(crypto::format_token(forged))) << "the secret of another tenant's alice";
  EXPECT_NE(token_a.secret, forged.secret);
}

TEST_F(plans, an_index_keeps_the_newest_change) {
  const entity_ref alice{entity_kind::user, tenant_id{1}, 4};
  const conversation_id room{9};
  const auto order = [&](std::uint64_t seq, bool member) {
    const auto context = context_for(alice);
    auto plan = plan_index(store_.data().view(shards_.shard_of(alice)), context,
                           {room, event_seq{seq}, member, {}});
    EXPECT_EQ(plan.refused, errc::ok);
    const bool changes = !plan.redo.empty();
    commit(alice, plan);
    return changes;
  };
  EXPECT_TRUE(order(5, true));
  EXPECT_FALSE(order(5, true)) << "ordered again";
  EXPECT_TRUE(order(8, false));
  EXPECT_FALSE(order(6, true)) << "an older change comes late";
  const auto rows = storage::list_index(store_.data().view(shards_.shard_of(alice)), tenant_id{1},
                                        user_id{4}, {}, 10);
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(rows->front().second.changed.value, 8u);
  EXPECT_FALSE(rows->front().second.member);
}

// -- the actor
// -------------------------------------------------------------------------------------

constexpr entity_ref tenant_entity{entity_kind::tenant, tenant_id{3}, 0};

std::string pong_frame(std::uint64_t correlation) {
  std::string frame;
  append_frame(frame, correlation, pong{1});
  return frame;
}

void order(actor_world& w, std::uint64_t correlation) {
  auto request = std::make_shared<registrar_request>();
  request->asked = w.loop.ticket_for(correlation);
  request->order = provision_order{user_id{1}, correlation, "phone", {"alice"}};
  w.directory().deliver_to_registrar(tenant_entity, registrar_work{request});
}

/// Plans answer with PONG, so that answers can be told from errors.
void answer_with_pongs(actor_world& w) {
  w.planner = [](const entity_ref&, const registrar_request& r, registrar_plan& plan) {
    plan.answer = pong_frame(r.asked.to().correlation);
  };
}

TEST(registrar_actor, p1_it_answers_after_the_commit_one_request_at_a_time) {
  actor_world w;
  answer_with_pongs(w);
  w.commits.at_once = false;
  order(w, 10);
  order(w, 11);
  w.run();
  w.commits.settle();
  w.run();
  ASSERT_EQ(w.commits.waiting(), 1u) << "the second waits for the first";
  EXPECT_TRUE(w.loop.silent(10));
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.only(10).type, frame_type::pong);
  EXPECT_TRUE(w.loop.silent(11));
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.only(11).type, frame_type::pong);
  ASSERT_EQ(w.commits.seen.size(), 2u);
  EXPECT_EQ(w.commits.seen[1].expected_version, 1u);
}

TEST(registrar_actor, p9_a_refusal_by_the_writer_makes_all_that_wait_unknown) {
  actor_world w;
  answer_with_pongs(w);
  w.commits.at_once = false;
  order(w, 10);
  order(w, 11);
  w.run();
  w.commits.settle();
  w.run();
  w.commits.refuse_next = 1;
  w.commits.at_once = true;
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.only(10).code, errc::outcome_unknown);
  EXPECT_EQ(w.loop.only(11).code, errc::outcome_unknown);
  order(w, 12);
  w.run();
  EXPECT_EQ(w.loop.only(12).type, frame_type::pong);
}

TEST(registrar_actor, a_refusal_by_the_rules_is_told_and_the_next_one_gets_its_turn) {
  actor_world w;
  w.planner = [](const entity_ref&, const registrar_request& r, registrar_plan& plan) {
    if (r.asked.to().correlation == 10) plan.refused = errc::already_exists;
    plan.answer = pong_frame(r.asked.to().correlation);
  };
  order(w, 10);
  order(w, 11);
  w.run();
  EXPECT_EQ(w.loop.only(10).code, errc::already_exists);
  EXPECT_EQ(w.loop.only(11).type, frame_type::pong);
  EXPECT_EQ(w.commits.seen.size(), 1u);
}

TEST(registrar_actor, p7_what_waits_its_turn_is_bounded) {
  actor_world w;
  answer_with_pongs(w);
  w.hold_reads = true;
  order(w, 9);  // has its turn, and is not one that waits
  w.run();
  for (std::uint64_t i = 0; i <= limits::max_parked_requests; ++i) order(w, 10 + i);
  w.run();
  EXPECT_EQ(w.loop.answers.size(), 1u);
  EXPECT_EQ(w.loop.only(10 + limits::max_parked_requests).code, errc::overloaded);
  w.release_reads();
  w.run();
  EXPECT_EQ(w.loop.answers.size(), limits::max_parked_requests + 2);
}

TEST(registrar_actor, p7_who_ends_a_device_does_not_wait_for_what_conversations_have_ordered) {
  actor_world w;
  answer_with_pongs(w);
  std::vector<std::string> planned;
  w.planner = [&, pong = w.planner](const auto& e, const registrar_request& r,
                                    registrar_plan& made) {
    pong(e, r, made);
    if (std::holds_alternative<index_order>(r.order)) planned.push_back("index");
    if (std::holds_alternative<end_device_order>(r.order)) planned.push_back("end");
  };
  w.hold_reads = true;
  const auto give = [&](auto what, std::uint64_t correlation) {
    auto request = std::make_shared<registrar_request>();
    request->order = std::move(what);
    if (correlation != 0) request->asked = w.loop.ticket_for(correlation);
    w.directory().deliver_to_registrar({entity_kind::user, test::acme, 7},
                                       registrar_work{std::move(request)});
  };
  for (std::uint64_t i = 0; i <= limits::max_parked_requests; ++i)
    give(index_order{conversation_id{i + 1}, event_seq{2}, true, {}}, 0);
  w.run();
  for (std::uint64_t i = 0; i < 2; ++i)
    give(end_device_order{device_id{i + 1}, {}, errc::device_ended, {}}, 10 + i);
  w.run();
  w.release_reads();
  w.run();
  ASSERT_GT(planned.size(), 5u);
  planned.resize(5);
  EXPECT_EQ(planned, (std::vector<std::string>{"index", "end", "index", "end", "index"}));
  EXPECT_EQ(w.loop.only(10).type, frame_type::pong);
}

TEST(registrar_actor, it_sleeps_only_when_nothing_is_on_its_way) {
  actor_world w;
  answer_with_pongs(w);
  order(w, 10);
  w.run();
  w.doze_all();
  order(w, 11);
  w.run();
  EXPECT_EQ(w.directory().counters().spawned, 1u);
  w.doze_all();
  w.run();
  EXPECT_EQ(w.directory().counters().awake, 0u);
  order(w, 12);
  w.run();
  EXPECT_EQ(w.loop.only(12).type, frame_type::pong);
  EXPECT_EQ(w.directory().counters().spawned, 2u);
}

TEST(registrar_actor, an_order_that_nobody_waits_for_is_done_when_the_reader_pool_has_room) {
  actor_world w;
  int planned = 0;
  w.planner = [&](const auto&, const registrar_request& r, registrar_plan&) {
    planned += std::holds_alternative<former_over_order>(r.order) ? 1 : 0;
  };
  w.refuse_reads = true;
  auto request = std::make_shared<registrar_request>();
  request->order = former_over_order{device_id{1}, "a hash"};
  w.directory().deliver_to_registrar({entity_kind::user, test::acme, 7},
                                     registrar_work{std::move(request)});
  w.run();
  w.doze_all();
  w.run();
  EXPECT_EQ(planned, 0) << "the pool is still full";
  EXPECT_EQ(w.directory().counters().awake, 1u) << "asleep it would be forgotten";
  w.refuse_reads = false;
  w.doze_all();
  w.run();
  EXPECT_EQ(planned, 1) << "or the former token of the device would go on opening";
}

}  // namespace
}  // namespace conclave::actors
