/// What a tenant's policy bounds, on a real node: in how many conversations a user may put himself.
#include "tests/e2e/e2e_fixture.h"

namespace conclave::test {
namespace {

class e2e_policy : public e2e {
 protected:
  /// Sets it for `acme`, which exists.
  void allow_conversations(std::uint32_t most) {
    client::session_options options = node().options_for(node().operator_token());
    options.servers = {node().admin_address()};
    options.follow = false;
    const auto admin = client::session::connect(options);
    ASSERT_TRUE(admin.ok()) << admin.error().detail;
    auto policy = (*admin)->get_policy("acme");
    ASSERT_TRUE(policy.ok()) << policy.error().detail;
    policy->max_conversations = most;
    ASSERT_TRUE((*admin)->set_policy("acme", *policy).ok());
  }
  /// A user's index follows the conversation a moment later, together with his inbox, and the bound
  /// is judged by it.
  static bool is_in(person& p, int conversations) {
    return wait_until([&] {
      const auto inbox = p->inbox(0, 500);
      if (!inbox) return false;
      int present = 0;
      for (const auto& entry : inbox->entries) {
        if (entry.kind == inbox_kind::conversation_added) ++present;
        if (entry.kind == inbox_kind::conversation_removed) --present;
      }
      return present == conversations;
    });
  }
};

TEST_F(e2e_policy, p7_who_is_in_as_many_as_allowed_founds_and_joins_none_until_he_leaves_one) {
  start();
  const auto users = people({"alice", "bob"});
  allow_conversations(2);
  auto alice = log_in(users[0]);
  auto bob = log_in(users[1]);
  const conversation_id first = found(*alice, {bob->id});
  const conversation_id second = found(*alice, {bob->id});
  ASSERT_TRUE(is_in(*bob, 2));
  ASSERT_TRUE(is_in(*alice, 2));
  EXPECT_EQ(code_of(alice->session().create_conversation("one more", {}, history_visibility::all)),
            errc::limit_reached);

  // Bob goes from one, founds another, and is where he was.
  ASSERT_TRUE(alice->session().remove_member(first, bob->id).ok());
  ASSERT_TRUE(is_in(*bob, 1));
  const conversation_id own = found(*bob, {});
  ASSERT_TRUE(is_in(*bob, 2));

  client::settings_change open_to_all;
  open_to_all.join = join_policy::open;
  ASSERT_TRUE(alice->session().change_settings(first, open_to_all).ok());
  const auto code = alice->session().new_join_code(first);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(code_of(bob->session().join(*code)), errc::limit_reached);
  ASSERT_TRUE(bob->session().remove_member(second, bob->id).ok());
  ASSERT_TRUE(is_in(*bob, 1));
  const auto joined = bob->session().join(*code);
  ASSERT_TRUE(joined.ok()) << joined.error().detail;
  ASSERT_TRUE(is_in(*bob, 2));
  EXPECT_TRUE(bob->session().join(*code).ok()) << "said twice, it stands as it stood";

  // Others bring him in all the same.
  EXPECT_TRUE(alice->session().add_members(second, {bob->id}).ok());
  ASSERT_TRUE(is_in(*bob, 3));
  EXPECT_TRUE(bob->session().send(own, "still here").ok());
}

}  // namespace
}  // namespace conclave::test
