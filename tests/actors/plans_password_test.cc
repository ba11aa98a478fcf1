/// Passwords as rules on rows: which one stands, who changed it, what ends with it.
#include "actors/plans_password.h"

#include "actors/login_check.h"
#include "actors/plans_policy.h"
#include "actors/policy_book.h"
#include "actors/session_board.h"
#include "tests/support/plan_fixture.h"

namespace conclave::actors {
namespace {

class plans_password : public test::plan_world {
 protected:
  registrar_plan set(set_password_order order) {
    return carry_out(
        alice, [&](const auto& v, const auto& c) { return plan_set_password(v, c, 5, order); });
  }
  credential_record row() { return *storage::get_credential(view(), acme, user_id{alice.id}); }
};

TEST_F(plans_password, one_that_was_proven_must_still_stand) {
  EXPECT_EQ(set({"a", device_id{1}, time_ms{0}, false}).refused, errc::wrong_credentials);
  ASSERT_EQ(set({"a", {}, {}, false}).refused, errc::ok);
  const time_ms proven = row().changed;
  ASSERT_EQ(set({"b", device_id{1}, proven, false}).refused, errc::ok);
  EXPECT_EQ(row().password, "b");
  EXPECT_NE(row().changed, proven);
  EXPECT_EQ(set({"c", device_id{1}, proven, false}).refused, errc::wrong_credentials);
  EXPECT_EQ(row().password, "b");
  EXPECT_EQ(inbox(), (std::vector<std::string>{"1 10 0 ", "2 10 1 "}));
}

TEST_F(plans_password, two_changes_in_one_millisecond_are_two_passwords) {
  const auto at_the_same_time = [&](const char* hash) {
    carry_out(alice, [&](const auto& v, plan_context c) {
      c.now = 1'000;
      return plan_set_password(v, c, 5, {hash, {}, {}, false});
    });
    return row().changed;
  };
  EXPECT_NE(at_the_same_time("a"), at_the_same_time("b"));
}

TEST_F(plans_password, all_other_devices_may_end_with_it) {
  const auto one = device(1);
  const auto two = device(2);
  const auto three = device(3);
  auto plan = set({"a", two.device, {}, true});
  EXPECT_EQ(devices(), (std::vector<std::uint64_t>{two.device.value}));
  EXPECT_EQ(plan.news->ended.size(), 2u);
  EXPECT_FALSE(plan.answer_at_once) << "the answer waits until they have left";
  EXPECT_EQ(pushed(plan).size(), 3u);
  plan = set({"b", {}, {}, true});
  EXPECT_TRUE(devices().empty()) << "an operator ends all";
  plan = set({"c", {}, {}, false});
  EXPECT_TRUE(plan.news->ended.empty());
}

TEST_F(plans_password, a_new_hash_of_the_same_password_replaces_that_one_only) {
  const auto rehash = [&](const char* was, const char* now) {
    carry_out(alice, [&](const auto& v, const auto& c) { return plan_rehash(v, c, {was, now}); });
  };
  rehash("a", "b");
  EXPECT_FALSE(changed_);
  set({"a", {}, {}, false});
  const time_ms changed = row().changed;
  rehash("x", "b");
  EXPECT_EQ(row().password, "a") << "another password was set meanwhile";
  rehash("a", "b");
  EXPECT_EQ(row().password, "b");
  EXPECT_EQ(row().changed, changed) << "the password is the same";
  EXPECT_EQ(inbox().size(), 1u);
}

// -- policies
// --------------------------------------------------------------------------------------

TEST_F(plans_password, a_policy_is_read_once_and_replaced_when_a_new_one_is_durable) {
  std::size_t reads = 0;
  policy_book book([&](tenant_id tenant) {
    ++reads;
    return storage::get_policy(view({entity_kind::tenant, tenant, 0}), tenant);
  });
  EXPECT_EQ(*book.of(acme), tenant_policy{}) << "the defaults where none was set";
  tenant_policy strict;
  strict.max_devices = 2;
  const auto plan = carry_out({entity_kind::tenant, acme, 0}, [&](const auto& v, const auto& c) {
    return plan_set_policy(v, c, 5, {strict});
  });
  EXPECT_EQ(*book.of(acme), tenant_policy{});
  EXPECT_EQ(reads, 1u);
  book.put(acme, plan.new_policy);
  EXPECT_EQ(*book.of(acme), strict);
  EXPECT_EQ(reads, 1u);
  EXPECT_EQ(*storage::get_policy(view({entity_kind::tenant, acme, 0}), acme), strict);
  EXPECT_EQ(*book.of(tenant_id{3}), tenant_policy{}) << "the neighbour in the same shard";
  EXPECT_EQ(book.of(system_tenant)->token_lifetime_ms, 0u) << "operators cannot renew";
}

TEST(policy_book, one_that_came_while_the_row_was_read_is_newer) {
  policy_book* self = nullptr;
  tenant_policy fresh;
  fresh.max_devices = 2;
  policy_book book([&](tenant_id tenant) {
    self->put(tenant, std::make_shared<const tenant_policy>(fresh));
    return outcome<tenant_policy>(tenant_policy{});
  });
  self = &book;
  EXPECT_EQ(*book.of(tenant_id{1}), fresh);
  EXPECT_EQ(*book.of(tenant_id{1}), fresh);
}

TEST(policy_book, a_row_that_cannot_be_read_is_tried_again) {
  bool broken = true;
  tenant_policy stored;
  stored.max_devices = 2;
  policy_book book([&](tenant_id) -> outcome<tenant_policy> {
    if (broken) return failure{errc::io_error, "the disk is gone"};
    return stored;
  });
  EXPECT_EQ(*book.of(tenant_id{1}), tenant_policy{});
  broken = false;
  EXPECT_EQ(*book.of(tenant_id{1}), stored);
}

TEST(session_board, a_device_is_online_while_one_of_its_sessions_is) {
  session_board board;
  const tenant_id acme{1};
  board.came(acme, user_id{1}, device_id{1});
  board.came(acme, user_id{1}, device_id{1});
  board.came(acme, user_id{1}, device_id{2});
  EXPECT_TRUE(board.online(acme, user_id{1}, device_id{1}));
  EXPECT_FALSE(board.online(tenant_id{3}, user_id{1}, device_id{1}));
  EXPECT_FALSE(board.online(acme, user_id{2}));
  board.left(acme, user_id{1}, device_id{1});
  EXPECT_TRUE(board.online(acme, user_id{1}, device_id{1}));
  board.left(acme, user_id{1}, device_id{1});
  EXPECT_FALSE(board.online(acme, user_id{1}, device_id{1}));
  EXPECT_TRUE(board.online(acme, user_id{1}));
  board.left(acme, user_id{1}, device_id{2});
  EXPECT_FALSE(board.online(acme, user_id{1}));
}

}  // namespace
}  // namespace conclave::actors
