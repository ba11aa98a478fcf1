/// The inbox as rules on rows: dense seqs, in the same proposal as their cause, trimmed at the far
/// end; and the user's settings, which outlive his memberships.
#include "actors/plans_inbox.h"

#include "actors/external.h"
#include "tests/support/plan_fixture.h"

namespace conclave::actors {
namespace {

constexpr conversation_id room{9};

class plans_inbox : public test::plan_world {
 protected:
  registrar_plan index(std::uint64_t seq, bool member, conversation_id where = room,
                       std::optional<seat> link = {}) {
    return carry_out(alice, [&](const auto& v, const auto& c) {
      return plan_index(v, c, {where, event_seq{seq}, member, link});
    });
  }
  registrar_plan set(time_ms muted_until, bool pinned, bool hidden, conversation_id where = room) {
    return carry_out(alice, [&](const auto& v, const auto& c) {
      return plan_set_conversation(v, c, 5, {where, muted_until, pinned, hidden});
    });
  }
  registrar_plan owed(inbox_kind kind, std::uint64_t at, std::uint64_t about = 0,
                      inbox_room bounds = {}) {
    return carry_out(alice, [&](const auto& v, const auto& c) {
      return plan_inbox(v, c, {kind, room, event_seq{at}, user_id{about}, 0, {}}, bounds);
    });
  }
  void be_a_user() {
    carry_out({entity_kind::tenant, acme, 0}, [&](const auto&, const auto& c) {
      registrar_plan plan;
      plan.redo.put(keys::user(acme, user_id{alice.id}), encode(user_record{"alice", 1}));
      put_version(plan, c);
      return plan;
    });
  }
  index_record row(conversation_id where = room) {
    return *storage::get_index(view(), acme, user_id{alice.id}, where);
  }
  storage::inbox_slice slice(std::uint64_t after = 0, std::size_t limit = 1000) {
    return *storage::read_inbox(view(), acme, user_id{alice.id}, after, limit);
  }
};

TEST_F(plans_inbox, membership_is_an_entry_each_time_it_changes_and_only_then) {
  auto plan = index(5, true);
  EXPECT_EQ(pushed(plan), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(plan.news->inbox_head, 1u);
  EXPECT_EQ(plan.news->user.value, alice.id);
  EXPECT_NE(row().touched, 0u);
  plan = index(5, true);
  EXPECT_FALSE(changed_);
  EXPECT_EQ(plan.news, nullptr);
  index(8, false);
  const auto entries = slice().entries;
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].second.kind, inbox_kind::conversation_added);
  EXPECT_EQ(entries[0].second.at.value, 5u);
  EXPECT_EQ(entries[1].second.kind, inbox_kind::conversation_removed);
  EXPECT_EQ(entries[1].second.at.value, 8u);
  EXPECT_EQ(entries[1].second.conversation, room);
  EXPECT_GE(entries[1].second.time, entries[0].second.time);
}

TEST_F(plans_inbox, settings_are_told_once_and_stay_when_membership_changes) {
  EXPECT_EQ(set(7, true, false).refused, errc::not_found) << "he never was there";
  index(5, true);
  const time_ms touched = row().touched;
  auto plan = set(7'000, true, true);
  ASSERT_EQ(plan.refused, errc::ok);
  EXPECT_TRUE(decode<done_answer>(std::string_view(plan.answer).substr(frame_header_size)).ok());
  EXPECT_GT(row().touched, touched);
  auto last = slice().entries.back();
  EXPECT_EQ(last.first, 2u);
  EXPECT_EQ(last.second.kind, inbox_kind::settings);
  EXPECT_EQ(last.second.number, 7'000u);
  EXPECT_EQ(last.second.flags, 3u);
  plan = set(7'000, true, true);
  EXPECT_FALSE(changed_);
  EXPECT_FALSE(plan.answer.empty()) << "answered all the same";
  index(8, false);
  EXPECT_EQ(row().muted_until, 7'000u);
  EXPECT_TRUE(row().pinned);
  EXPECT_FALSE(row().member);
  set(0, false, true);
  EXPECT_EQ(slice().entries.back().second.flags, 2u) << "who has left still has settings";
  EXPECT_EQ(row().changed.value, 8u);
}

TEST_F(plans_inbox, what_a_conversation_owes_becomes_an_entry_unless_nobody_is_there) {
  const auto none = owed(inbox_kind::read, 3);
  EXPECT_EQ(none.refused, errc::ok) << "it need not be ordered again";
  EXPECT_FALSE(changed_);
  be_a_user();
  owed(inbox_kind::join_requested, 3, 77);
  const auto entry = slice().entries.front().second;
  EXPECT_EQ(entry.kind, inbox_kind::join_requested);
  EXPECT_EQ(entry.conversation, room);
  EXPECT_EQ(entry.at.value, 3u);
  EXPECT_EQ(entry.user.value, 77u);
}

TEST_F(plans_inbox, a_conversation_of_another_tenant_gets_its_link_with_the_entry) {
  const seat there{tenant_id{7}, conversation_id{70}, user_id{3}};
  const auto plan = index(5, true, room, there);
  ASSERT_NE(plan.news, nullptr);
  EXPECT_EQ(plan.news->links, (std::vector<session_link>{{room, there}}));
  const auto known = links_of(view(), acme, user_id{alice.id});
  ASSERT_TRUE(known.ok());
  EXPECT_EQ(*known, (std::vector<session_link>{{room, there}}));
  index(8, false, room, there);
  EXPECT_EQ(links_of(view(), acme, user_id{alice.id})->size(), 1u) << "he reads what he could see";
  EXPECT_EQ(links_of(view(), acme, user_id{alice.id + 1})->size(), 0u);
}

TEST_F(plans_inbox, seqs_stay_dense_while_the_far_end_is_trimmed_in_steps) {
  be_a_user();
  const inbox_room bounds{10, 3};
  for (std::uint64_t i = 1; i <= 13; ++i) owed(inbox_kind::read, i, 0, bounds);
  EXPECT_EQ(slice().mark, (inbox_mark_record{13, 1})) << "one step more than it must keep";
  owed(inbox_kind::read, 14, 0, bounds);
  EXPECT_EQ(slice().mark, (inbox_mark_record{14, 4}));
  const auto entries = slice().entries;
  ASSERT_EQ(entries.size(), 11u) << "the rows went too";
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].first, 4 + i);
    EXPECT_EQ(entries[i].second.at.value, 4 + i);
  }
}

TEST_F(plans_inbox, pages_begin_after_a_seq_and_end_at_their_limit) {
  EXPECT_EQ(slice().mark, inbox_mark_record{});
  for (std::uint64_t i = 1; i <= 5; ++i) index(i, i % 2 == 1);
  const auto page = slice(2, 2);
  ASSERT_EQ(page.entries.size(), 2u);
  EXPECT_EQ(page.entries[0].first, 3u);
  EXPECT_EQ(page.entries[1].first, 4u);
  EXPECT_EQ(page.mark.head, 5u);
  EXPECT_EQ(page.mark.first, 1u);
  EXPECT_TRUE(slice(5).entries.empty());
  EXPECT_TRUE(slice(1'000).entries.empty());
}

TEST_F(plans_inbox, operators_have_none) {
  const auto plan =
      carry_out({entity_kind::user, system_tenant, 4}, [&](const auto& v, const auto& c) {
        return plan_issue_device(v, c, {user_id{1}, 5, "desk", device_kind::other, {}});
      });
  EXPECT_TRUE(changed_);
  EXPECT_EQ(plan.news, nullptr);
  EXPECT_EQ(plan.issued->inbox_head, 0u);
}

TEST_F(plans_inbox, what_a_guest_calls_a_conversation_is_told_again_with_its_order) {
  const seat at{tenant_id{9}, conversation_id{900}, user_id{90}};
  index(5, true, room, at);
  const auto plan = index(5, true, room, at);
  EXPECT_FALSE(changed_);
  ASSERT_NE(plan.news, nullptr) << "the first one may have crashed before it told";
  ASSERT_EQ(plan.news->links.size(), 1u);
  EXPECT_EQ(plan.news->links[0].second, at);
  EXPECT_TRUE(plan.news->frames.empty());
}

}  // namespace
}  // namespace conclave::actors
