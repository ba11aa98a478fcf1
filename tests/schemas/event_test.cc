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

TEST(event, carries_what_most_events_have_not_behind_the_twelve) {
  auto event = sample();
  event.target = event_seq(2);
  std::string bytes;
  append_event(bytes, event);
  EXPECT_EQ(to_hex(bytes).substr(0, 2), "9d");
  EXPECT_EQ(to_hex(bytes).substr(to_hex(bytes).size() - 10), "c402686902");

  event = sample();
  event.mentions = {user_id(9), user_id(300)};
  bytes.clear();
  append_event(bytes, event);
  EXPECT_EQ(to_hex(bytes).substr(0, 6), "dc0010") << "16 elements";
  EXPECT_TRUE(
      to_hex(bytes).ends_with("c4026869"
                              "00"
                              "00"
                              "00"
                              "9209cd012c"));

  event = sample();
  event.flags = event_flags::burning;
  event.body = {};
  event.burn_ms = 1000;
  bytes.clear();
  append_event(bytes, event);
  EXPECT_EQ(to_hex(bytes).substr(0, 6), "dc0018") << "24 elements";
  EXPECT_TRUE(
      to_hex(bytes).ends_with("c400"
                              "000000"
                              "90"
                              "00000000"
                              "000000"
                              "cd03e8"));
}

TEST(event, each_of_its_fields_comes_back_alone_and_takes_the_fields_before_it_along) {
  std::mt19937_64 random(12);
  const event_view example;
  const std::uint32_t all = wire::count_fields(example);
  ASSERT_EQ(all, 24u);
  for (std::uint32_t n = event_view::required_fields; n <= all; ++n) {
    test::arena storage;
    event_view event;
    test::fill_randomly(event, random, storage);
    event.format = event_format;
    auto elements = test::oracle_fields(event);
    elements.resize(n);
    test::clear_fields_from(event, n);
    const auto bytes = test::oracle_array(elements);
    const auto decoded = decode_event(bytes);
    ASSERT_TRUE(decoded.ok()) << n << decoded.error().detail;
    EXPECT_EQ(test::to_whole_json(*decoded), test::to_whole_json(event)) << n;
  }
  auto elements = test::oracle_fields(sample());
  elements.resize(event_view::required_fields - 1);
  EXPECT_EQ(decode_event(test::oracle_array(elements)).error().code, errc::malformed);
}

TEST(event, that_is_larger_than_this_version_knows_is_read) {
  auto event = sample();
  event.burn_ms = 5;
  auto elements = test::oracle_fields(event);
  elements.push_back("\xa1x");
  const auto decoded = decode_event(test::oracle_array(elements));
  ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
  EXPECT_EQ(decoded->burn_ms, 5u);
}

TEST(event, names_at_most_fifty) {
  auto event = sample();
  event.mentions.assign(max_mentions, user_id(1));
  std::string bytes;
  append_event(bytes, event);
  EXPECT_TRUE(decode_event(bytes).ok());
  event.mentions.assign(max_mentions + 1, user_id(1));
  EXPECT_EQ(decode_event(test::oracle_pack(event)).error().code, errc::malformed);
}

TEST(event, is_gone_by_any_of_three_flags) {
  event_view event;
  for (const auto flag : {event_flags::recalled, event_flags::expired, event_flags::burned}) {
    event.flags = flag | event_flags::edited;
    EXPECT_TRUE(event.is_gone());
  }
  event.flags = event_flags::mentions_all | event_flags::edited | event_flags::burning;
  EXPECT_FALSE(event.is_gone());
}

TEST(event, only_messages_count_as_unread) {
  for (int kind = 1; kind < 256; ++kind)
    EXPECT_EQ(counts_as_unread(event_kind(kind)), kind >= 16 && kind <= 18) << kind;
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

template <class Body>
struct event_body_test : testing::Test {};

using all_bodies = testing::Types<created_body, members_body, role_body, mute_body, settings_body,
                                  reaction_body, pin_body, gone_body>;
TYPED_TEST_SUITE(event_body_test, all_bodies);

TYPED_TEST(event_body_test, agrees_with_msgpack_c_and_comes_back) {
  std::mt19937_64 random(13);
  for (int i = 0; i < 200; ++i) {
    test::arena storage;
    TypeParam body;
    test::fill_randomly(body, random, storage);
    const auto bytes = encode_body(body);
    ASSERT_EQ(to_hex(bytes), to_hex(test::oracle_pack(body)));
    const auto decoded = decode_body<TypeParam>(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
    ASSERT_EQ(to_json(*decoded), to_json(body));
  }
}

TYPED_TEST(event_body_test, may_be_longer_but_not_shorter_than_this_version_knows) {
  std::mt19937_64 random(14);
  test::arena storage;
  TypeParam body;
  test::fill_randomly(body, random, storage);
  auto elements = test::oracle_fields(body);
  elements.push_back("\xc0");
  EXPECT_TRUE(decode_body<TypeParam>(test::oracle_array(elements)).ok());
  elements.resize(test::required_fields_of(body));
  EXPECT_TRUE(decode_body<TypeParam>(test::oracle_array(elements)).ok());
  while (!elements.empty()) {
    elements.pop_back();
    EXPECT_EQ(decode_body<TypeParam>(test::oracle_array(elements)).error().code, errc::malformed);
  }
  EXPECT_EQ(decode_body<TypeParam>("").error().code, errc::malformed);
  EXPECT_EQ(decode_body<TypeParam>(encode_body(body) + "x").error().code, errc::malformed);
}

TEST(event_body, is_what_the_page_says) {
  EXPECT_EQ(to_hex(encode_body(created_body{
                conversation_kind::group, history_visibility::all, "a", {user_id(4)}, {}})),
            "94"
            "02"
            "02"
            "a161"
            "9104");
  EXPECT_EQ(to_hex(encode_body(created_body{
                conversation_kind::group, history_visibility::all, "a", {user_id(4)}, "b"})),
            "95"
            "02"
            "02"
            "a161"
            "9104"
            "a162");
  EXPECT_EQ(to_hex(encode_body(members_body{{user_id(1), user_id(500)}})), "919201cd01f4");
  EXPECT_EQ(to_hex(encode_body(role_body{user_id(7), member_role::admin})), "920702");
  EXPECT_EQ(to_hex(encode_body(mute_body{user_id(7), 0})), "920700");
  EXPECT_EQ(to_hex(encode_body(settings_body{"t", "", join_policy::open, invite_policy::members,
                                             history_visibility::all, true})),
            "96"
            "a174"
            "a0"
            "02"
            "02"
            "02"
            "c3");
  EXPECT_EQ(to_hex(encode_body(reaction_body{"ok", true})), "92a26f6bc3");
  EXPECT_EQ(to_hex(encode_body(pin_body{false})), "91c2");
  EXPECT_EQ(to_hex(encode_body(gone_body{gone_reason::burned, {event_seq(3)}})), "92029103");
}

TEST(event_body, keeps_to_its_bounds) {
  EXPECT_EQ(decode_body<reaction_body>(test::from_hex("92a0c2")).error().code, errc::malformed);
  EXPECT_EQ(decode_body<gone_body>(test::from_hex("920190")).error().code, errc::malformed);
  EXPECT_EQ(decode_body<gone_body>(test::from_hex("92019100")).error().code, errc::malformed);
  EXPECT_EQ(decode_body<role_body>(test::from_hex("920001")).error().code, errc::malformed);
  EXPECT_EQ(decode_body<pin_body>(test::from_hex("9101")).error().code, errc::malformed);
}

TEST(event_frame, gets_another_conversation_id_without_another_byte_of_it) {
  std::string frames = "before";
  const std::size_t from = frames.size();
  event_view event;
  event.kind = event_kind::text;
  event.body = "hello";
  std::string wanted = frames;
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    event.seq = event_seq{seq};
    append_event_frame(frames, conversation_id{7}, event);
    append_event_frame(wanted, conversation_id{id_limit - 1}, event);
  }
  rename_event_frames(frames, from, conversation_id{id_limit - 1});
  EXPECT_EQ(frames, wanted);
}

}  // namespace
}  // namespace conclave
