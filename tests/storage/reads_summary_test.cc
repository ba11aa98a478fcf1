/// A line of the conversation list: what is unread, who is named, what is shown of the newest
/// event.
#include "storage/reads_summary.h"

#include "tests/storage/room_fixture.h"

namespace conclave::test {
namespace {

class reads_summary_test : public room_test {
 protected:
  void put_room(conversation_kind kind = conversation_kind::group, event_seq dissolved = {}) {
    conversation_record record;
    record.kind = kind;
    record.title = "kitchen";
    record.topic = "who cooks";
    record.all_muted = true;
    record.dissolved = dissolved;
    put(keys::conversation(tenant, room), record);
  }
  index_record own;

  storage::conversation_row line(user_id user, time_ms now = 5000) {
    const auto row = storage::summarize(view(), tenant, user, room, own, now);
    EXPECT_TRUE(row) << row.error().detail;
    EXPECT_TRUE(!row || *row);
    return row && *row ? **row : storage::conversation_row{};
  }
  static member_record reading_to(std::uint64_t read, member_record m = present(1)) {
    m.read = event_seq{read};
    return m;
  }
  void mention(user_id whom, std::uint64_t seq) {
    put_bytes(keys::mention(tenant, room, whom, event_seq{seq}), {});
  }
  /// An event that does not count as unread, after as many messages.
  void put_quiet(std::uint64_t seq, std::uint64_t messages) {
    event_view event = message(seq, {});
    event.kind = event_kind::member_removed;
    event.ordinal = messages;
    put_event(event);
  }
};

TEST_F(reads_summary_test, a_line_says_what_the_conversation_is_and_what_one_is_in_it) {
  put_room();
  say(1, 5);
  member_record m = reading_to(3);
  m.role = member_role::admin;
  m.muted_until = 4444;
  put_member(alice, m);
  const auto row = line(alice);
  EXPECT_EQ(row.conversation, room);
  EXPECT_EQ(row.kind, conversation_kind::group);
  EXPECT_EQ(row.title, "kitchen");
  EXPECT_EQ(row.topic, "who cooks");
  EXPECT_EQ(row.head, event_seq{5});
  EXPECT_TRUE(row.member);
  EXPECT_EQ(row.role, member_role::admin);
  EXPECT_EQ(row.peer, user_id{0});
  EXPECT_EQ(row.read, event_seq{3});
  EXPECT_EQ(row.unread, 2u);
  EXPECT_EQ(row.mentions, 0u);
  EXPECT_EQ(row.last, bytes_of(message(5, "body 5")));
  EXPECT_EQ(row.silenced_until, 4444u);
  EXPECT_TRUE(row.all_muted);
  EXPECT_FALSE(row.dissolved);
  EXPECT_EQ(row.join, join_policy::closed) << "what an older record does not say";
  EXPECT_EQ(row.invite, invite_policy::admins);
  EXPECT_EQ(storage::summarize(view(), tenant, stranger, room, own, 1).error().code,
            errc::not_found);
  EXPECT_EQ(storage::summarize(view(), neighbour, alice, room, own, 1).error().code,
            errc::not_found);
}

TEST_F(reads_summary_test, a_line_ends_where_the_member_left) {
  put_room();
  say(1, 5);
  put_member(alice, present(1));
  put_member(bob, reading_to(1, former(1, 3)));
  EXPECT_EQ(line(alice).head, event_seq{5});
  const auto row = line(bob);
  EXPECT_EQ(row.head, event_seq{3});
  EXPECT_EQ(row.last, bytes_of(message(3, "body 3")));
  EXPECT_EQ(row.unread, 2u);
  EXPECT_FALSE(row.member);
  EXPECT_EQ(row.role, member_role{});
}

TEST_F(reads_summary_test, p4_who_left_sees_neither_a_later_title_nor_the_end) {
  put_room(conversation_kind::group, event_seq{5});
  say(1, 5);
  member_record left = former(1, 3);
  left.left_title = "as it was";
  put_member(bob, left);
  const auto row = line(bob);
  EXPECT_EQ(row.title, "as it was");
  EXPECT_EQ(row.topic, "");
  EXPECT_FALSE(row.dissolved);
  put_member(alice, former(1, 5));
  EXPECT_TRUE(line(alice).dissolved) << "she was there until the end";
  EXPECT_NE(line(alice).title, "as it was");
}

TEST_F(reads_summary_test, what_was_dissolved_has_no_members) {
  put_room(conversation_kind::group, event_seq{5});
  say(1, 5);
  put_member(alice, present(1));
  const auto row = line(alice);
  EXPECT_TRUE(row.dissolved);
  EXPECT_FALSE(row.member);
  EXPECT_EQ(row.role, member_role{});
  EXPECT_EQ(row.head, event_seq{5});
}

TEST_F(reads_summary_test, unread_counts_messages_only) {
  put_room();
  say(1, 2);
  put_quiet(3, 2);
  event_view later = message(4, "four");
  later.ordinal = 3;
  put_event(later);
  put_quiet(5, 3);
  const std::vector<std::uint64_t> unread{3, 2, 1, 1, 0, 0};
  for (std::uint64_t read = 0; read < unread.size(); ++read) {
    put_member(alice, reading_to(read));
    EXPECT_EQ(line(alice).unread, unread[read]) << "read to " << read;
  }
  put_member(alice, reading_to(77));
  EXPECT_EQ(line(alice).unread, 0u);
}

TEST_F(reads_summary_test, a_newcomer_counts_from_the_event_that_added_him) {
  put_room();
  say(1, 9);
  put_member(bob, present(6));
  EXPECT_EQ(line(bob).unread, 4u);
  member_record back = former(2, 3);
  back.left = event_seq{0};
  back.spans.push_back({event_seq{8}, event_seq{0}});
  put_member(bob, back);
  EXPECT_EQ(line(bob).unread, 4u) << "2, 3, 8 and 9";
  put_member(bob, reading_to(2, back));
  EXPECT_EQ(line(bob).unread, 3u) << "what was said while he was away is not for him";
  put_member(bob, reading_to(5, back));
  EXPECT_EQ(line(bob).unread, 2u);
}

TEST_F(reads_summary_test, what_is_gone_counts_all_the_same) {
  put_room();
  say(1, 4);
  put_member(bob, reading_to(1));
  recall(message(3, "body 3"), 5);
  put_quiet(5, 4);
  EXPECT_EQ(line(bob).unread, 3u) << "arithmetic over ordinals";
}

TEST_F(reads_summary_test, mentions_are_those_after_the_mark_that_are_seen) {
  put_room();
  say(1, 9);
  put_member(bob, reading_to(3, present(2)));
  mention(bob, 1);
  mention(bob, 3);
  mention(bob, 4);
  mention(user_id{0}, 4);
  mention(user_id{0}, 6);
  mention(carol, 7);
  mention(bob, 9);
  EXPECT_EQ(line(bob).mentions, 3u) << "4, which names him twice, 6 and 9";
  put_member(bob, reading_to(3, former(2, 6)));
  EXPECT_EQ(line(bob).mentions, 2u);
  put_member(bob, reading_to(9, present(2)));
  EXPECT_EQ(line(bob).mentions, 0u);
}

TEST_F(reads_summary_test, mentions_are_counted_up_to_a_hundred) {
  put_room();
  say(1, 250);
  put_member(bob, present(1));
  for (std::uint64_t seq = 1; seq <= 250; ++seq) mention(seq % 2 == 0 ? bob : user_id{0}, seq);
  EXPECT_EQ(line(bob).mentions, 100u);
  EXPECT_EQ(line(bob).unread, 250u);
}

TEST_F(reads_summary_test, a_direct_conversation_names_the_other_one) {
  put_room(conversation_kind::direct);
  say(1, 1);
  put_member(alice, present(1));
  EXPECT_EQ(line(alice).peer, user_id{0}) << "with oneself";
  put_member(bob, present(1));
  EXPECT_EQ(line(alice).peer, bob);
  EXPECT_EQ(line(bob).peer, alice);
  EXPECT_EQ(line(bob).join, join_policy{}) << "it has no settings";
  EXPECT_EQ(line(bob).invite, invite_policy{});
}

TEST_F(reads_summary_test, p5_the_newest_event_is_shown_as_in_history) {
  put_room();
  put_member(alice, present(1));
  event_view event = message(1, "secret");
  event.expires = 2000;
  put_event(event);
  EXPECT_NE(line(alice, 1999).last.find("secret"), std::string::npos);
  EXPECT_EQ(line(alice, 1999).due, 2000u);
  EXPECT_EQ(line(alice, 2000).last.find("secret"), std::string::npos);
  EXPECT_FALSE(line(alice, 2000).last.empty());
  EXPECT_EQ(line(alice, 2000).due, 0u);
}

TEST_F(reads_summary_test, p4_who_has_left_is_shown_the_newest_event_as_it_was) {
  put_room();
  put_member(bob, former(1, 1));
  edit(message(1, "before"), 2, "after");
  EXPECT_EQ(line(bob).last, bytes_of(message(1, "before")));
}

TEST_F(reads_summary_test, a_large_event_is_not_part_of_a_list) {
  put_room();
  put_member(alice, present(1));
  std::string body(storage::max_last_bytes, 'x');
  while (bytes_of(message(1, body)).size() > storage::max_last_bytes) body.pop_back();
  put_event(message(1, body));
  EXPECT_EQ(line(alice).last.size(), storage::max_last_bytes);
  body.push_back('x');
  put_event(message(1, body));
  EXPECT_TRUE(line(alice).last.empty());
  EXPECT_EQ(line(alice).head, event_seq{1});
}

TEST_F(reads_summary_test, what_did_not_change_since_is_left_out) {
  put_room();
  say(1, 5);  // at 1001 to 1005
  member_record m = reading_to(2);
  m.read_time = 3000;
  put_member(alice, m);
  put_member(bob, former(1, 3));
  const auto changed = [&](user_id user, time_ms since) {
    const auto row = storage::summarize(view(), tenant, user, room, own, 5000, since);
    EXPECT_TRUE(row);
    return row && *row;
  };
  EXPECT_TRUE(changed(alice, 3000)) << "from then on: that very moment, too";
  EXPECT_FALSE(changed(alice, 3001));
  own.touched = 4000;
  EXPECT_TRUE(changed(alice, 4000)) << "own settings";
  EXPECT_FALSE(changed(alice, 4001));
  own.touched = 0;
  EXPECT_TRUE(changed(bob, 1003));
  EXPECT_FALSE(changed(bob, 1004)) << "what happens after he left is not for him";
}

TEST_F(reads_summary_test, what_is_hidden_shows_again_with_the_next_message) {
  put_room();
  say(1, 3);  // at 1001 to 1003
  put_quiet(4, 3);
  put_member(alice, present(1));
  member_record away = former(1, 1);
  away.left = event_seq{0};
  away.spans.push_back({event_seq{4}, event_seq{0}});
  put_member(bob, away);
  own.touched = 1003;
  EXPECT_FALSE(line(alice).hidden);
  own.hidden = true;
  EXPECT_TRUE(line(alice).hidden) << "event 4 is no message";
  own.touched = 1002;
  EXPECT_FALSE(line(alice).hidden);
  EXPECT_TRUE(line(bob).hidden) << "he does not see message 3";
  own.touched = 9000;
  EXPECT_TRUE(line(alice).hidden);
}

TEST_F(reads_summary_test, a_missing_event_is_corrupt) {
  put_room();
  say(1, 2);
  put_event(message(5, "five"));
  put_member(alice, reading_to(4));
  const auto row = storage::summarize(view(), tenant, alice, room, own, 1);
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().code, errc::corrupt);
}

}  // namespace
}  // namespace conclave::test
