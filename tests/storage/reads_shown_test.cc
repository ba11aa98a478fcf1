/// History of messages that were rewritten: what expired, what was taken back, what was edited;
/// each as far as the reader has part in it.
#include "storage/reads.h"
#include "tests/storage/room_fixture.h"

namespace conclave::test {
namespace {

class reads_shown_test : public room_test {
 protected:
  storage::history_slice page(user_id reader, time_ms now,
                              history_direction direction = history_direction::forward) {
    history request;
    request.conversation = room;
    request.direction = direction;
    const auto slice = storage::read_history(view(), tenant, reader, request, now);
    EXPECT_TRUE(slice) << slice.error().detail;
    return slice ? *slice : storage::history_slice{};
  }
  static event_view expiring(std::uint64_t seq, std::string_view body, time_ms expires) {
    event_view event = message(seq, body);
    event.expires = expires;
    return event;
  }
};

TEST_F(reads_shown_test, p5_a_body_whose_time_is_over_is_not_in_a_page_whether_told_or_not) {
  put_member(alice, present(1));
  say(1, 1);
  put_event(expiring(2, "two", 2000));
  put_event(expiring(3, "three", 3000));
  const std::string one = bytes_of(message(1, "body 1"));
  const std::string two = bytes_of(expiring(2, "two", 2000));
  const std::string three = bytes_of(expiring(3, "three", 3000));
  event_view over = expiring(2, {}, 2000);
  over.flags = event_flags::expired;
  over.gone_at = 2000;
  for (const auto direction : {history_direction::forward, history_direction::backward}) {
    EXPECT_EQ(page(alice, 1999, direction).bytes, one + two + three);
    EXPECT_EQ(page(alice, 1999, direction).due, 2000u) << "the page is good until then";
    EXPECT_EQ(page(alice, 2000, direction).bytes, one + bytes_of(over) + three);
    EXPECT_EQ(page(alice, 2000, direction).due, 3000u);
    EXPECT_EQ(page(alice, 3000, direction).due, 0u);
    EXPECT_EQ(page(alice, 3000, direction).count, 3u) << "the seqs are there all the same";
  }
}

TEST_F(reads_shown_test, p5_an_edits_event_expires_with_its_message) {
  put_member(alice, present(1));
  put_event(expiring(1, "first", 2000));
  edit(expiring(1, "first", 2000), 2, "second");
  EXPECT_NE(page(alice, 1999).bytes.find("second"), std::string::npos);
  const std::string after = page(alice, 2000).bytes;
  EXPECT_EQ(after.find("second"), std::string::npos);
  EXPECT_EQ(after.find("first"), std::string::npos);
}

TEST_F(reads_shown_test, a_row_that_lost_its_body_is_copied_as_it_lies) {
  put_member(alice, present(1));
  event_view event = expiring(1, "secret", 2000);
  put_event(event);
  recall(event, 2);
  event.body = {};
  event.flags = event_flags::recalled;
  event.gone_by = alice;
  event.gone_at = 1002;
  event.changed = event_seq{2};
  const std::string bytes = page(alice, 5000).bytes;
  EXPECT_EQ(bytes.substr(0, bytes_of(event).size()), bytes_of(event)) << "recalled, not expired";
  EXPECT_EQ(page(alice, 1).due, 0u) << "there is no body left to expire";
}

TEST_F(reads_shown_test, p4_who_has_left_is_not_shown_what_an_edit_wrote_after_that) {
  put_member(alice, present(1));
  put_member(bob, former(1, 3));
  put_member(carol, present(4));
  member_record back = former(1, 2);
  back.left = event_seq{0};
  back.spans.push_back({event_seq{6}, event_seq{0}});
  put_member(user_id{4}, back);
  say(1, 7);
  edit(message(1, "before"), 5, "after");
  const auto sees = [&](user_id reader, std::string_view body) {
    return page(reader, 9000).bytes.find(body) != std::string::npos;
  };
  EXPECT_TRUE(sees(alice, "after"));
  EXPECT_FALSE(sees(bob, "after"));
  EXPECT_TRUE(sees(bob, "before"));
  EXPECT_FALSE(sees(carol, "before"));
  EXPECT_TRUE(sees(user_id{4}, "after")) << "a member again: the message as it is now";
  const std::string his = page(bob, 9000).bytes;
  EXPECT_EQ(his.find("after"), std::string::npos);
  recall(
      [] {
        event_view edited = message(1, "after");
        edited.flags = event_flags::edited;
        return edited;
      }(),
      8);
  erase(keys::version(tenant, room, event_seq{1}, event_seq{5}));
  EXPECT_FALSE(sees(bob, "before")) << "gone is gone for everybody";
}

TEST_F(reads_shown_test, a_damaged_event_is_corrupt_and_not_served) {
  put_member(alice, present(1));
  say(1, 2);
  put_bytes(keys::event(tenant, room, event_seq{2}), "rubbish");
  history request;
  request.conversation = room;
  const auto slice = storage::read_history(view(), tenant, alice, request, 1);
  ASSERT_FALSE(slice);
  EXPECT_EQ(slice.error().code, errc::corrupt);
}

}  // namespace
}  // namespace conclave::test
