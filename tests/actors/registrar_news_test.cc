/// What a registrar tells and in which order: the answer, the loops, the conversation that gave the
/// order, the users' registrars of a provisioning. Under the deterministic scheduler.
#include "actors/registrar.h"
#include "schemas/operator_messages.h"
#include "tests/support/actor_fixture.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

using test::actor_world;

constexpr tenant_id acme{3};
constexpr entity_ref tenant_entity{entity_kind::tenant, acme, 0};
constexpr entity_ref alice{entity_kind::user, acme, 1};

template <class Order>
void give(actor_world& w, const entity_ref& to, Order order, std::uint64_t correlation = 0) {
  auto request = std::make_shared<registrar_request>();
  if (correlation != 0) request->asked = w.loop.ticket_for(correlation);
  request->order = std::move(order);
  w.directory().deliver_to_registrar(to, registrar_work{request});
}

std::shared_ptr<user_news> some_news() {
  auto news = std::make_shared<user_news>();
  news->tenant = acme;
  news->user = user_id{1};
  news->inbox_head = 1;
  return news;
}

std::string done_frame(const registrar_request& r) {
  std::string frame;
  append_frame(frame, r.asked.to().correlation, done_answer{});
  return frame;
}

TEST(registrar_news, p1_loops_hear_of_it_after_the_commit_each_of_them_once) {
  actor_world w;
  w.planner = [](const entity_ref&, const registrar_request& r, registrar_plan& plan) {
    plan.news = some_news();
    plan.answer = done_frame(r);
  };
  w.commits.at_once = false;
  give(w, alice, set_conversation_order{}, 10);
  w.run();
  w.commits.settle();  // the claim
  w.run();
  EXPECT_TRUE(w.loop.of_users.empty());
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.of_users.size(), 1u);
  EXPECT_EQ(w.other_loop.of_users.size(), 1u);
  EXPECT_EQ(w.loop.only(10).type, frame_type::done) << "at once, unless a device ended";
}

TEST(registrar_news, p9_an_answer_that_waits_for_the_loops_comes_when_the_last_has_let_go) {
  actor_world w;
  w.planner = [](const entity_ref&, const registrar_request& r, registrar_plan& plan) {
    plan.news = some_news();
    plan.answer = done_frame(r);
    plan.answer_at_once = false;
  };
  give(w, alice, end_device_order{}, 10);
  w.run();
  ASSERT_EQ(w.loop.of_users.size(), 1u);
  EXPECT_TRUE(w.loop.silent(10));
  w.loop.of_users.clear();
  EXPECT_TRUE(w.loop.silent(10));
  w.other_loop.of_users.clear();
  EXPECT_EQ(w.loop.only(10).type, frame_type::done);
}

TEST(registrar_news, a_conversation_learns_that_the_inbox_has_it_also_when_nothing_was_written) {
  for (const bool writes : {true, false}) {
    actor_world w;
    w.planner = [&](const entity_ref& e, const registrar_request&, registrar_plan& plan) {
      if (!writes && e.kind == entity_kind::user) plan.redo = {};
    };
    give(w, alice, inbox_order{inbox_kind::read, test::room, event_seq{4}, {}, 0, {}});
    w.run();
    EXPECT_EQ(w.conversations_born, 1u) << "somebody was told";
    EXPECT_EQ(w.commits.seen.size(), writes ? 1u : 0u);
  }
}

TEST(registrar_news, a_refused_order_of_a_conversation_is_not_learnt) {
  actor_world w;
  w.planner = [](const entity_ref&, const registrar_request&, registrar_plan& plan) {
    plan.refused = errc::io_error;
  };
  give(w, alice, inbox_order{inbox_kind::read, test::room, event_seq{4}, {}, 0, {}});
  w.run();
  EXPECT_EQ(w.conversations_born, 0u) << "it will order it again";
}

TEST(registrar_news, a_policy_is_in_force_before_its_answer_is_given) {
  actor_world w;
  bool answered_then = true;
  std::size_t changes = 0;
  w.ports.policy_changed = [&](tenant_id tenant, std::shared_ptr<const tenant_policy> policy) {
    EXPECT_EQ(tenant, acme);
    EXPECT_EQ(policy->max_devices, 7u);
    answered_then = !w.loop.silent(10);
    ++changes;
  };
  w.planner = [](const entity_ref&, const registrar_request& r, registrar_plan& plan) {
    plan.new_policy =
        std::make_shared<const tenant_policy>(std::get<set_policy_order>(r.order).policy);
    plan.answer = done_frame(r);
  };
  tenant_policy policy;
  policy.max_devices = 7;
  give(w, tenant_entity, set_policy_order{policy}, 10);
  w.run();
  EXPECT_EQ(changes, 1u);
  EXPECT_FALSE(answered_then);
  EXPECT_EQ(w.loop.only(10).type, frame_type::done);
}

// -- provisioning
// ----------------------------------------------------------------------------------

/// The tenant names users 5, 3 and 4; each of them issues a device of his own number.
void plan_three(actor_world& w) {
  w.planner = [](const entity_ref& e, const registrar_request&, registrar_plan& plan) {
    if (e.kind == entity_kind::tenant) {
      plan.issue_to = {user_id{5}, user_id{3}, user_id{4}};
      return;
    }
    auto issued = std::make_shared<issued_device>();
    issued->user = user_id{e.id};
    issued->device = device_id{e.id * 10};
    issued->token = "token of " + std::to_string(e.id);
    plan.issued = issued;
  };
}
const provision_order three{user_id{1}, 7, "phone", {"eve", "carol", "dan"}};

TEST(registrar_news, p1_a_provisioning_is_answered_when_the_last_device_is_durable) {
  actor_world w;
  plan_three(w);
  give(w, tenant_entity, three, 10);
  for (int claims_and_commits = 0; claims_and_commits < 2; ++claims_and_commits) w.run();
  EXPECT_EQ(w.loop.only(10).type, frame_type::users_provisioned);
  EXPECT_EQ(w.commits.seen.size(), 4u);

  actor_world slow;
  plan_three(slow);
  slow.commits.at_once = false;
  give(slow, tenant_entity, three, 10);
  for (int i = 0; i < 3; ++i) {
    slow.run();
    slow.commits.settle();
  }
  slow.run();  // users have claimed and proposed
  ASSERT_EQ(slow.commits.waiting(), 3u);
  slow.commits.settle(2);
  slow.run();
  EXPECT_TRUE(slow.loop.silent(10));
  slow.commits.settle();
  slow.run();
  EXPECT_EQ(slow.loop.only(10).type, frame_type::users_provisioned);
}

TEST(registrar_news, p9_a_provisioning_of_which_one_device_fails_is_unknown_and_told_once) {
  actor_world w;
  plan_three(w);
  w.commits.at_once = false;
  give(w, tenant_entity, three, 10);
  for (int i = 0; i < 3; ++i) {
    w.run();
    w.commits.settle();
  }
  w.run();
  ASSERT_EQ(w.commits.waiting(), 3u);
  w.commits.refuse_next = 1;
  w.commits.settle();
  w.run();
  EXPECT_EQ(w.loop.only(10).code, errc::outcome_unknown);
  w.commits.at_once = true;
  give(w, tenant_entity, three, 11);
  w.run();
  EXPECT_EQ(w.loop.only(11).type, frame_type::users_provisioned) << "sent again it is finished";
}

TEST(registrar_news, p9_a_user_who_is_too_busy_leaves_the_provisioning_unknown) {
  actor_world w;
  plan_three(w);
  const auto planner = w.planner;
  w.planner = [&](const entity_ref& e, const registrar_request& r, registrar_plan& plan) {
    planner(e, r, plan);
    if (e.kind == entity_kind::tenant) w.refuse_reads = true;
  };
  give(w, tenant_entity, three, 10);
  w.run();
  EXPECT_EQ(w.loop.only(10).code, errc::outcome_unknown);
}

}  // namespace
}  // namespace conclave::actors
