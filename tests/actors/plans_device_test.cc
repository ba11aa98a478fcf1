/// Devices and their tokens as rules on rows: who makes them, what a token is worth, how they end.
#include "actors/plans_device.h"

#include "actors/login_check.h"
#include "crypto/token.h"
#include "schemas/account_messages.h"
#include "tests/support/plan_fixture.h"

namespace conclave::actors {
namespace {

class plans_device : public test::plan_world {
 protected:
  plans_device() {
    ports_.shards = shards_;
    ports_.now = [this] { return store_.shard_time().now(); };
    ports_.policy_of = [this](tenant_id) { return std::make_shared<const tenant_policy>(policy_); };
    redo_writer rows;
    rows.put(keys::user(acme, user_id{alice.id}), encode(user_record{"alice", 1}));
    carry_out({entity_kind::tenant, acme, 0}, [&](const auto&, const auto& c) {
      registrar_plan plan;
      plan.redo = rows;
      put_version(plan, c);
      return plan;
    });
    carry_out({entity_kind::tenants, system_tenant, 0}, [&](const auto&, const auto& c) {
      registrar_plan plan;
      tenant_record record;
      record.name = "acme";
      plan.redo.put(keys::tenant(acme), encode(record));
      put_version(plan, c);
      return plan;
    });
  }

  token_verdict verdict(const std::string& token) {
    return check_token(store_.data(), ports_, *crypto::parse_token(token));
  }
  errc login(const std::string& token) {
    const auto v = verdict(token);
    return v.who.ok() ? errc::ok : v.who.error().code;
  }
  /// RENEW_TOKEN of a device that holds `held`; the new token.
  std::string renew(device_id device, const std::string& held) {
    const auto plan = carry_out(alice, [&](const auto& v, const auto& c) {
      return plan_renew_token(v, c, 5,
                              {device, crypto::token_hash(crypto::parse_token(held)->secret)});
    });
    EXPECT_EQ(plan.refused, errc::ok);
    const auto answer =
        decode<token_renewed>(std::string_view(plan.answer).substr(frame_header_size));
    renew_by_ = answer->renew_by;
    return std::string(answer->token);
  }
  /// What a login by `token` orders when the earlier token is over.
  registrar_plan mark_over(device_id device, const std::string& token) {
    return carry_out(alice, [&](const auto& v, const auto& c) {
      return plan_former_over(v, c,
                              {device, crypto::token_hash(crypto::parse_token(token)->secret)});
    });
  }
  registrar_plan end(device_id device, device_id by = {}, const std::string& stolen = {}) {
    return carry_out(alice, [&](const auto& v, const auto& c) {
      return plan_end_device(v, c, 5, {device, by, errc::device_ended, stolen});
    });
  }

  engine_ports ports_;
  time_ms renew_by_ = 0;
};

TEST_F(plans_device, p3_the_same_operation_is_the_same_device_with_a_new_token) {
  const auto first = device(7);
  const auto again = device(7);
  EXPECT_EQ(first.device, again.device);
  EXPECT_NE(first.token, again.token);
  EXPECT_EQ(login(first.token), errc::invalid_token) << "the earlier one ends";
  EXPECT_EQ(login(again.token), errc::ok);
  EXPECT_EQ(inbox().size(), 1u) << "it was added once";
  const auto third = issue({{}, 7, "phone 7", device_kind::mobile, {}});
  ASSERT_NE(third.news, nullptr);
  ASSERT_EQ(third.news->ended.size(), 1u);
  EXPECT_EQ(third.news->ended[0].device, first.device);
  EXPECT_EQ(third.news->ended[0].only_token,
            crypto::token_hash(crypto::parse_token(again.token)->secret))
      << "who came in by it goes";
  const auto by_operator = issue({user_id{9}, 7, "desk", device_kind::other, {}});
  EXPECT_NE(by_operator.issued->device, first.device) << "an operator's numbers are his own";
}

TEST_F(plans_device, an_id_is_never_given_out_twice) {
  const auto one = device(1);
  const auto two = device(2);
  EXPECT_GT(two.device, one.device);
  end(two.device);
  const auto three = device(3);
  EXPECT_GT(three.device, two.device) << "what the ended device has said is known by its id";
}

TEST_F(plans_device, a_row_from_before_operations_is_nobodys_device_of_operation_0) {
  carry_out(alice, [&](const auto&, const auto& c) {
    registrar_plan plan;
    device_record old;
    old.name = "old";
    old.token_hash = std::string(32, 'h');
    plan.redo.put(keys::device(acme, user_id{alice.id}, device_id{40}), encode(old));
    put_version(plan, c);
    return plan;
  });
  const auto made = device(0);
  EXPECT_EQ(made.device.value, 41u);
}

TEST_F(plans_device, above_the_bound_the_oldest_of_its_kind_ends_else_the_oldest) {
  policy_.max_devices = 3;
  const auto phone = device(1, device_kind::mobile);
  const auto laptop = device(2, device_kind::desktop);
  const auto tablet = device(3, device_kind::tablet);
  auto plan = issue({{}, 4, "new laptop", device_kind::desktop, {}});
  ASSERT_NE(plan.news, nullptr);
  ASSERT_EQ(plan.news->ended.size(), 1u);
  EXPECT_EQ(plan.news->ended[0].device, laptop.device);
  EXPECT_EQ(plan.news->ended[0].why, errc::device_ended);
  plan = issue({{}, 5, "browser", device_kind::web, {}});
  EXPECT_EQ(plan.news->ended[0].device, phone.device) << "none of its kind: the oldest";
  EXPECT_EQ(login(laptop.token), errc::invalid_token);
  EXPECT_EQ(login(tablet.token), errc::ok);
  const auto lines = inbox(3);
  EXPECT_EQ(lines[0], "4 7 " + std::to_string(laptop.device.value) + " limit_reached");
  EXPECT_EQ(lines[1].substr(0, 4), "5 6 ");
  EXPECT_EQ(test::plan_world::pushed(plan), (std::vector<std::uint64_t>{6, 7}));
  policy_.max_devices = 1;
  plan = issue({{}, 6, "last", device_kind::mobile, {}});
  EXPECT_EQ(plan.news->ended.size(), 3u) << "a lower bound is reached at once";
  EXPECT_EQ(devices(), (std::vector<std::uint64_t>{plan.issued->device.value}));
  plan = issue({{}, 6, "last", device_kind::mobile, {}});
  EXPECT_EQ(plan.issued->device, plan.issued->device);
  ASSERT_EQ(plan.news->ended.size(), 1u);
  EXPECT_NE(plan.news->ended[0].only_token, "") << "sent again it ends no device";
}

TEST_F(plans_device, a_device_for_a_password_that_was_changed_meanwhile_is_not_made) {
  const auto set = [&](const std::string& hash) {
    carry_out(alice, [&](const auto& v, const auto& c) {
      return plan_set_password(v, c, 5, {hash, {}, {}, true});
    });
    return storage::get_credential(view(), acme, user_id{alice.id})->changed;
  };
  EXPECT_EQ(issue({{}, 1, "early", device_kind::mobile, time_ms{5}}).refused,
            errc::wrong_credentials)
      << "there is none";
  const time_ms proven = set("one");
  EXPECT_EQ(issue({{}, 1, "phone", device_kind::mobile, proven}).refused, errc::ok);
  set("two");
  EXPECT_EQ(issue({{}, 2, "phone", device_kind::mobile, proven}).refused, errc::wrong_credentials);
  EXPECT_TRUE(devices().empty()) << "all were ended with the old password";
}

TEST_F(plans_device, a_renewed_token_and_the_one_before_it_both_open_until_the_newer_is_used) {
  policy_.token_lifetime_ms = 3'000'000;
  const auto made = device(1);
  EXPECT_EQ(made.renew_by, row_of(made.device).created + 1'000'000);
  store_.time.pass(500'000);
  const std::string newer = renew(made.device, made.token);
  EXPECT_EQ(renew_by_, row_of(made.device).renewed + 1'000'000);
  EXPECT_EQ(login(made.token), errc::ok);
  EXPECT_FALSE(verdict(made.token).who->former_is_over);
  ASSERT_EQ(login(newer), errc::ok);
  EXPECT_TRUE(verdict(newer).who->former_is_over);
  const auto plan = mark_over(made.device, newer);
  ASSERT_NE(plan.news, nullptr);
  EXPECT_EQ(plan.news->ended[0].only_token,
            crypto::token_hash(crypto::parse_token(made.token)->secret))
      << "who came in by it in the meantime goes";
  EXPECT_FALSE(verdict(newer).who->former_is_over) << "told once";
  EXPECT_EQ(login(newer), errc::ok);
  const auto thief = verdict(made.token);
  EXPECT_EQ(thief.who.error().code, errc::invalid_token);
  EXPECT_TRUE(thief.stolen);
}

TEST_F(plans_device, a_stolen_token_ends_its_device_but_not_one_that_has_got_a_new_token_since) {
  const auto made = device(1);
  const std::string newer = renew(made.device, made.token);
  const std::string stolen = crypto::token_hash(crypto::parse_token(made.token)->secret);
  end(made.device, {}, stolen);
  EXPECT_FALSE(changed_) << "the newer one has not been used";
  mark_over(made.device, newer);
  const std::string newest = renew(made.device, newer);
  end(made.device, {}, stolen);
  EXPECT_FALSE(changed_) << "that token is two tokens old";
  mark_over(made.device, newest);
  const auto plan = end(made.device, {}, crypto::token_hash(crypto::parse_token(newer)->secret));
  EXPECT_TRUE(changed_);
  EXPECT_TRUE(devices().empty());
  EXPECT_EQ(plan.news->ended.size(), 1u);
  end(made.device, {}, stolen);
  EXPECT_FALSE(changed_) << "gone already";
}

TEST_F(plans_device, p3_renewing_again_without_having_heard_leaves_the_token_in_hand_alone) {
  const auto made = device(1);
  const std::string lost = renew(made.device, made.token);
  const std::string newer = renew(made.device, made.token);
  EXPECT_EQ(login(made.token), errc::ok) << "else a second lost answer would lock the device out";
  EXPECT_EQ(login(newer), errc::ok);
  EXPECT_EQ(login(lost), errc::invalid_token);
  const std::string newest = renew(made.device, newer);
  EXPECT_EQ(login(newer), errc::ok);
  EXPECT_EQ(login(newest), errc::ok);
  EXPECT_EQ(login(made.token), errc::invalid_token);
}

TEST_F(plans_device, a_token_that_is_not_renewed_ends_and_without_a_lifetime_it_never_does) {
  policy_.token_lifetime_ms = 1'000;
  const auto made = device(1);
  store_.time.pass(1'000);
  EXPECT_EQ(login(made.token), errc::ok);
  store_.time.pass(1);
  EXPECT_EQ(login(made.token), errc::invalid_token);
  policy_.token_lifetime_ms = 0;
  EXPECT_EQ(login(made.token), errc::ok);
  EXPECT_EQ(verdict(made.token).who->renew_by, 0u);
}

TEST_F(plans_device, only_ones_own_connection_hears_of_its_end_before_the_others_have_left) {
  const auto one = device(1);
  const auto two = device(2);
  EXPECT_FALSE(end(two.device, one.device).answer_at_once);
  EXPECT_TRUE(end(one.device, one.device).answer_at_once);
  EXPECT_EQ(end(one.device, one.device).refused, errc::not_found);
}

}  // namespace
}  // namespace conclave::actors
