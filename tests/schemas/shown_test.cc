/// What a reader is shown of an event: the boundary of its time, his spans, and what is left.
#include "schemas/shown.h"

#include <gtest/gtest.h>

namespace conclave::test {
namespace {

event_view expiring(time_ms expires) {
  event_view event;
  event.seq = event_seq{5};
  event.kind = event_kind::text;
  event.flags = event_flags::edited | event_flags::mentions_all;
  event.sender = user_id{7};
  event.device = device_id{70};
  event.time = 1000;
  event.expires = expires;
  event.ordinal = 3;
  event.client_seq = 44;
  event.body = "for a while";
  event.reply_to = event_seq{2};
  event.mentions = {user_id{8}, user_id{9}};
  event.changed = event_seq{6};
  return event;
}

std::string bytes_of(const event_view& event) {
  std::string bytes;
  append_event(bytes, event);
  return bytes;
}

member_record since(std::uint64_t first, std::uint64_t last = 0) {
  member_record member;
  member.spans = {{event_seq{first}, event_seq{last}}};
  return member;
}

showing shown(const member_record& member, const event_view& event, time_ms now) {
  const auto header = read_event_header(bytes_of(event));
  EXPECT_TRUE(header);
  return visible(member, *header, now);
}

TEST(shown, a_body_is_gone_at_its_very_millisecond) {
  const event_view event = expiring(2000);
  EXPECT_EQ(shown(since(1), event, 1999), showing::as_it_lies);
  EXPECT_EQ(shown(since(1), event, 2000), showing::without_body);
  EXPECT_EQ(shown(since(1), event, 2001), showing::without_body);
  EXPECT_EQ(shown(since(1), expiring(0), id_limit - 1), showing::as_it_lies) << "0: never";
  EXPECT_FALSE(is_due(0, 0));
  EXPECT_TRUE(is_due(1, 1));
}

TEST(shown, time_opens_nothing_that_the_spans_close) {
  const event_view event = expiring(2000);
  for (const time_ms now : {1999, 2000}) {
    EXPECT_EQ(shown(since(6), event, now), showing::nothing);
    EXPECT_EQ(shown(since(1, 4), event, now), showing::nothing);
    EXPECT_NE(shown(since(5, 5), event, now), showing::nothing);
  }
}

TEST(shown, a_row_without_its_body_is_served_as_it_lies) {
  event_view event = expiring(2000);
  event.flags |= event_flags::recalled;
  event.body = {};
  EXPECT_EQ(shown(since(1), event, 3000), showing::as_it_lies) << "it says why it is gone already";
}

TEST(shown, what_is_due_loses_its_body_and_whom_it_named_and_nothing_else) {
  const auto bytes = without_body(bytes_of(expiring(2000)));
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->find("for a while"), std::string::npos);
  event_view want = expiring(2000);
  want.body = {};
  want.mentions.clear();
  want.flags = event_flags::edited | event_flags::expired;
  want.gone_at = 2000;
  EXPECT_EQ(*bytes, bytes_of(want));
}

TEST(shown, a_header_is_what_decoding_gives) {
  event_view event = expiring(id_limit - 1);
  event.ordinal = id_limit - 1;
  event.flags = 0xffffffff;
  const auto header = read_event_header(bytes_of(event));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->seq, event.seq);
  EXPECT_EQ(header->kind, event.kind);
  EXPECT_EQ(header->flags, event.flags);
  EXPECT_EQ(header->sender, event.sender);
  EXPECT_EQ(header->time, event.time);
  EXPECT_EQ(header->expires, event.expires);
  EXPECT_EQ(header->ordinal, event.ordinal);
}

TEST(shown, what_is_no_event_is_corrupt) {
  std::string other_format = bytes_of(expiring(1));
  other_format[3] = 2;  // an array header of three bytes comes first
  ASSERT_EQ(static_cast<unsigned char>(bytes_of(expiring(1))[0]), 0xdc);
  for (const std::string& bytes : {std::string(), std::string("\x90"), std::string("x"),
                                   other_format, bytes_of(expiring(1)).substr(0, 8)}) {
    const auto header = read_event_header(bytes);
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error().code, errc::corrupt);
  }
  EXPECT_EQ(without_body("x").error().code, errc::corrupt);
}

}  // namespace
}  // namespace conclave::test
