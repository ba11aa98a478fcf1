/// Events: bytes, frames, bodies.
#include "schemas/event.h"

#include "schemas/frame.h"
#include "tests/schemas/field_visitors.h"

namespace conclave {
namespace {

using test::to_hex;
using test::to_json;

event_view sample() {
  event_view event;
  event.seq = event_seq(5);
  event.kind = event_kind::text;
  event.sender = user_id(7);
  event.device = device_id(8);
  event.time = 1'700'000'000'000;
  event.ordinal = 3;
  event.client_seq = 300;
  event.body = "hi";
  return event;
}

TEST(event, is_one_array_of_twelve_elements) {
  std::string bytes;
  append_event(bytes, sample());
  EXPECT_EQ(to_hex(bytes),
            "9c"
            "01"
            "05"
            "10"
            "00"
            "07"
            "08"
            "cf0000018bcfe56800"
            "00"
            "03"
            "cd012c"
            "00"
            "c4026869");
}

TEST(event, random_ones_agree_with_msgpack_c_and_come_back) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 500; ++i) {
    test::arena storage;
    event_view event;
    test::fill_randomly(event, random, storage);
    event.format = event_format;
    std::string bytes;
    append_event(bytes, event);
    ASSERT_EQ(to_hex(bytes), to_hex(test::oracle_pack(event)));
    const auto decoded = decode_event(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
    ASSERT_EQ(to_json(*decoded), to_json(event));
  }
}

TEST(event, frame_tells_where_the_row_lies) {
  std::string out = "earlier";
  const auto place = append_event_frame(out, conversation_id(0x1234), sample());
  EXPECT_EQ(place.frame_offset, 7u);
  EXPECT_EQ(place.frame_offset + place.frame_size, out.size());
  const auto header = read_frame_header(out.data() + place.frame_offset);
  EXPECT_EQ(header.type, frame_type::event);
  EXPECT_EQ(header.correlation, 0u);
  EXPECT_EQ(header.length + frame_length_size, place.frame_size);
  std::string row;
  append_event(row, sample());
  EXPECT_EQ(out.substr(place.event_offset, place.event_size), row);
  EXPECT_EQ(place.event_offset, 7u + 16u + 1u + 9u);
  EXPECT_EQ(to_hex(out.substr(7 + 16, 10)), "92cf0000000000001234");

  const auto payload = std::string_view(out).substr(7 + frame_header_size);
  const auto push = split_event_payload(payload);
  ASSERT_TRUE(push.ok());
  EXPECT_EQ(push->conversation, conversation_id(0x1234));
  EXPECT_EQ(push->event_bytes, row);
}

TEST(event, payload_may_have_been_extended) {
  std::string row;
  append_event(row, sample());
  const auto payload = test::from_hex(
                           "94"
                           "05") +
                       row +
                       test::from_hex(
                           "9101"
                           "c0");
  const auto push = split_event_payload(payload);
  ASSERT_TRUE(push.ok());
  EXPECT_EQ(push->event_bytes, row);
  EXPECT_FALSE(split_event_payload(payload + "x").ok());
  EXPECT_FALSE(split_event_payload(payload.substr(0, payload.size() - 1)).ok());
}

TEST(event, payload_that_is_something_else_is_malformed) {
  for (const std::string_view hex : {"", "91", "9105",
                                     "9200"
                                     "90",
                                     "9205"
                                     "05",
                                     "92a105"
                                     "90",
                                     "05",
                                     "92cf0020000000000000"
                                     "90"}) {
    const auto push = split_event_payload(test::from_hex(hex));
    ASSERT_FALSE(push.ok()) << hex;
    EXPECT_EQ(push.error().code, errc::malformed) << hex;
  }
}

TEST(event, every_truncation_and_every_addition_is_malformed) {
  std::string bytes;
  append_event(bytes, sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode_event(std::string_view(bytes).substr(0, size)).error().code, errc::malformed);
  }
  EXPECT_EQ(decode_event(bytes + "x").error().code, errc::malformed);
}

TEST(event, of_another_format_is_unsupported_and_outside_bounds_malformed) {
  std::string bytes;
  append_event(bytes, sample());
  auto other = bytes;
  other[1] = 2;
  EXPECT_EQ(decode_event(other).error().code, errc::unsupported);
  auto no_seq = bytes;
  no_seq[2] = 0;
  EXPECT_EQ(decode_event(no_seq).error().code, errc::malformed);
}

TEST(event, an_unknown_kind_passes) {
  std::string bytes;
  append_event(bytes, sample());
  bytes[3] = 99;
  const auto decoded = decode_event(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(static_cast<int>(decoded->kind), 99);
  EXPECT_FALSE(counts_as_unread(decoded->kind));
}

TEST(event_body, created_and_members_come_back) {
  const created_body created{
      conversation_kind::group, history_visibility::all, "Grüße", {user_id(4), user_id(9)}, {}};
  const auto bytes = encode_body(created);
  EXPECT_EQ(bytes, test::oracle_pack(created));
  const auto decoded = decode_body<created_body>(bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
  EXPECT_EQ(to_json(*decoded), to_json(created));

  const members_body members{{user_id(1), user_id(500)}};
  EXPECT_EQ(to_hex(encode_body(members)), "919201cd01f4");
  EXPECT_EQ(decode_body<members_body>(encode_body(members))->users, members.users);
  EXPECT_EQ(decode_body<members_body>("").error().code, errc::malformed);
  EXPECT_EQ(decode_body<created_body>("\x91\x90").error().code, errc::malformed);
}

}  // namespace
}  // namespace conclave
