/// Who is in a conversation, who has read, who waits: for members only, and for nobody once the
/// conversation is dissolved.
#include "storage/reads.h"
#include "storage/reads_sync.h"
#include "tests/storage/room_fixture.h"

namespace conclave::test {
namespace {

class reads_members_test : public room_test {
 protected:
  void put_room(event_seq dissolved = {}) {
    conversation_record record;
    record.title = "kitchen";
    record.dissolved = dissolved;
    put(keys::conversation(tenant, room), record);
  }
  static member_record reading_to(std::uint64_t read, std::uint64_t joined = 1) {
    member_record m = present(joined);
    m.read = event_seq{read};
    return m;
  }

  auto members(user_id reader, std::uint64_t after = 0, std::size_t limit = 10) {
    return storage::list_members(view(), tenant, reader, room, user_id{after}, limit);
  }
  auto readers(user_id reader, std::uint64_t seq, std::uint64_t after = 0, std::size_t limit = 10) {
    return storage::list_readers(view(), tenant, reader, room, event_seq{seq}, user_id{after},
                                 limit);
  }
  auto waiting(user_id reader, std::size_t limit = 500) {
    return storage::list_join_requests(view(), tenant, reader, room, limit);
  }
};

TEST_F(reads_members_test, members_are_listed_to_members_only) {
  put_room();
  member_record muted = present(2);
  muted.muted_until = 77;
  muted.read = event_seq{4};
  put_member(user_id{1}, present(1));
  put_member(user_id{2}, former(1, 3));
  put_member(user_id{3}, muted);
  put_member(user_id{4}, present(4));
  put(keys::member(neighbour, room, user_id{5}), present(1));
  put(keys::member(tenant, conversation_id{501}, user_id{6}), present(1));
  const auto all = members(user_id{1});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[0].user, user_id{1});
  EXPECT_EQ((*all)[1].user, user_id{3});
  EXPECT_EQ((*all)[1].record, muted);
  EXPECT_EQ(members(user_id{1}, 0, 2)->size(), 3u) << "one more than asked: there are more";
  EXPECT_EQ(members(user_id{1}, 0, 1)->size(), 2u);
  EXPECT_EQ(members(user_id{1}, 3)->front().user, user_id{4});
  EXPECT_TRUE(members(user_id{1}, 4)->empty());
  EXPECT_EQ(members(user_id{2}).error().code, errc::not_found) << "has left";
  EXPECT_EQ(members(stranger).error().code, errc::not_found);
  EXPECT_EQ(storage::list_members(view(), neighbour, user_id{1}, room, user_id{0}, 10).error().code,
            errc::not_found);
}

TEST_F(reads_members_test, nobody_is_a_member_of_what_was_dissolved) {
  member_record owner = present(1);
  owner.role = member_role::owner;
  put_member(alice, owner);  // the job that closes the rows has not come to it
  say(1, 3);
  put_room();
  EXPECT_TRUE(members(alice));
  EXPECT_TRUE(readers(alice, 2));
  EXPECT_TRUE(waiting(alice));
  put_room(event_seq{3});
  EXPECT_EQ(members(alice).error().code, errc::not_found);
  EXPECT_EQ(readers(alice, 2).error().code, errc::not_found);
  EXPECT_EQ(waiting(alice).error().code, errc::not_found);
}

TEST_F(reads_members_test, a_damaged_member_is_corrupt_and_not_passed_over) {
  put_room();
  say(1, 1);
  put_member(alice, present(1));
  put_bytes(keys::member(tenant, room, bob), "not a record");
  EXPECT_EQ(members(alice).error().code, errc::corrupt);
  EXPECT_EQ(readers(alice, 1).error().code, errc::corrupt);
}

TEST_F(reads_members_test, readers_are_present_members_who_see_the_event_without_its_sender) {
  put_room();
  say(1, 9);  // by user 1
  put_member(user_id{1}, reading_to(9));
  put_member(user_id{2}, reading_to(5));
  put_member(user_id{3}, reading_to(4));
  put_member(user_id{4}, reading_to(9, 6));  // came after event 5
  member_record left = former(1, 8);
  left.read = event_seq{8};
  put_member(user_id{5}, left);
  put_member(user_id{6}, reading_to(6, 5));
  const auto of_five = readers(user_id{3}, 5);
  ASSERT_TRUE(of_five);
  EXPECT_EQ(of_five->members, 3u) << "2, 3 and 6";
  EXPECT_EQ(of_five->read, 2u) << "2, whose mark is exactly there, and 6";
  EXPECT_EQ(of_five->users, (std::vector<user_id>{user_id{2}, user_id{6}}));
  EXPECT_FALSE(of_five->more);
  EXPECT_EQ(readers(user_id{4}, 5).error().code, errc::not_found) << "does not see it";
  EXPECT_EQ(readers(user_id{4}, 6)->members, 4u);
  EXPECT_EQ(readers(user_id{5}, 5).error().code, errc::not_found) << "has left";
  EXPECT_EQ(readers(user_id{1}, 10).error().code, errc::not_found) << "not said yet";
  EXPECT_EQ(readers(stranger, 5).error().code, errc::not_found);
}

TEST_F(reads_members_test, readers_are_counted_whole_and_named_page_by_page) {
  put_room();
  say(1, 2);
  for (std::uint64_t user = 1; user <= 6; ++user) put_member(user_id{user}, reading_to(2));
  const auto counts = readers(alice, 2, 0, 0);
  EXPECT_EQ(counts->read, 5u);
  EXPECT_TRUE(counts->users.empty());
  EXPECT_FALSE(counts->more) << "nobody asked for names";
  const auto first = readers(alice, 2, 0, 3);
  EXPECT_EQ(first->users, (std::vector<user_id>{user_id{2}, user_id{3}, user_id{4}}));
  EXPECT_TRUE(first->more);
  const auto second = readers(alice, 2, 4, 3);
  EXPECT_EQ(second->users, (std::vector<user_id>{user_id{5}, user_id{6}}));
  EXPECT_FALSE(second->more);
  EXPECT_EQ(second->read, 5u) << "the counts are of all";
  EXPECT_FALSE(readers(alice, 2, 4, 2)->more);
}

TEST_F(reads_members_test, who_waits_is_shown_to_owner_and_admins) {
  put_room();
  const auto with_role = [](member_role role) {
    member_record m = present(1);
    m.role = role;
    return m;
  };
  put_member(alice, with_role(member_role::owner));
  put_member(bob, with_role(member_role::admin));
  put_member(carol, with_role(member_role::member));
  put_member(user_id{4}, former(1, 2));
  put(keys::join_request(tenant, room, user_id{31}), join_request_record{bob, 5, ""});
  put(keys::join_request(tenant, room, user_id{30}), join_request_record{user_id{0}, 6, "me"});
  put(keys::join_request(tenant, conversation_id{501}, user_id{29}), join_request_record{});
  for (const user_id reader : {alice, bob}) {
    const auto rows = waiting(reader);
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 2u);
    EXPECT_EQ((*rows)[0].user, user_id{30});
    EXPECT_EQ((*rows)[0].record.text, "me");
    EXPECT_EQ((*rows)[1].record.invited_by, bob);
  }
  EXPECT_EQ(waiting(alice, 1)->size(), 1u);
  EXPECT_EQ(waiting(carol).error().code, errc::forbidden);
  EXPECT_EQ(waiting(user_id{4}).error().code, errc::not_found) << "has left";
  EXPECT_EQ(waiting(user_id{30}).error().code, errc::not_found) << "waits, and is nobody yet";
}

}  // namespace
}  // namespace conclave::test
