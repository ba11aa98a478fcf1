/// Stored records, and the rule of who sees what.
#include "schemas/records.h"

#include "schemas/record_layouts.h"
#include "tests/schemas/field_visitors.h"

namespace conclave {
namespace {

template <class Record>
struct record_test : testing::Test {};

using all_records =
    testing::Types<applied_record, chain_mark_record, node_record, tenant_record, user_record,
                   device_record, operation_record, index_record, conversation_record,
                   member_record, intent_record, tenant_policy, credential_record, inbox_record,
                   inbox_mark_record, reactions_record, pin_record, burn_record,
                   join_request_record, job_record, owed_record, link_record, replica_record,
                   replica_peer_record, failed_logins_record>;
TYPED_TEST_SUITE(record_test, all_records);

TYPED_TEST(record_test, comes_back_whole) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 300; ++i) {
    test::arena storage;
    TypeParam record;
    test::fill_randomly(record, random, storage);
    const auto decoded = decode_record<TypeParam>(encode(record));
    ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
    ASSERT_EQ(*decoded, record);
  }
}

TYPED_TEST(record_test, damaged_bytes_are_corrupt_and_never_crash) {
  std::mt19937_64 random(2);
  test::arena storage;
  TypeParam record;
  test::fill_randomly(record, random, storage);
  auto bytes = encode(record);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_record<TypeParam>(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(decoded.ok());
    ASSERT_EQ(decoded.error().code, errc::corrupt);
  }
  EXPECT_EQ(decode_record<TypeParam>(bytes + "x").error().code, errc::corrupt);
  bytes[1] = 2;  // the format number
  EXPECT_EQ(decode_record<TypeParam>(bytes).error().code, errc::corrupt);
  for (int i = 0; i < 2000; ++i) {
    auto damaged = encode(record);
    damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto decoded = decode_record<TypeParam>(damaged);
    if (!decoded.ok()) {
      EXPECT_EQ(decoded.error().code, errc::corrupt);
    }
  }
}

/// A row as msgpack-c writes it: the format number, then every field.
template <class Record>
std::vector<std::string> row_of(const Record& record) {
  auto elements = test::oracle_fields(record);
  elements.insert(elements.begin(), "\x01");
  return elements;
}

TYPED_TEST(record_test, is_the_format_number_and_the_fields) {
  std::mt19937_64 random(3);
  test::arena storage;
  TypeParam record;
  test::fill_randomly(record, random, storage);
  auto elements = row_of(record);
  const std::size_t required = 1 + test::required_fields_of(record);
  while (elements.size() > required && test::is_packed_default(elements.back()))
    elements.pop_back();
  EXPECT_EQ(encode(record), test::oracle_array(elements));
}

TYPED_TEST(record_test, fields_of_a_later_version_are_ignored) {
  TypeParam record;
  auto elements = row_of(record);
  elements.push_back("\x2a");
  const auto decoded = decode_record<TypeParam>(test::oracle_array(elements));
  ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
  EXPECT_EQ(*decoded, record);
}

TYPED_TEST(record_test, fields_that_an_earlier_version_did_not_have_take_their_defaults) {
  std::mt19937_64 random(4);
  test::arena storage;
  TypeParam record;
  test::fill_randomly(record, random, storage);
  auto elements = row_of(record);
  const auto required = test::required_fields_of(record);
  for (; elements.size() > 1 + required; elements.pop_back()) {
    test::clear_fields_from(record, static_cast<std::uint32_t>(elements.size()) - 1);
    const auto decoded = decode_record<TypeParam>(test::oracle_array(elements));
    ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
    ASSERT_EQ(*decoded, record);
  }
  test::clear_fields_from(record, required);
  EXPECT_EQ(encode(record), test::oracle_array(elements)) << "an old row keeps its bytes";
  elements.pop_back();
  EXPECT_EQ(decode_record<TypeParam>(test::oracle_array(elements)).error().code, errc::corrupt);
}

/// Rows as a node wrote them before any record had optional fields.
TEST(old_rows, are_read_and_written_as_they_are) {
  const auto device_row = test::from_hex("9401a570686f6e65c403aabbcc05");
  const auto device = decode_record<device_record>(device_row);
  ASSERT_TRUE(device.ok()) << device.error().detail;
  EXPECT_EQ(device->name, "phone");
  EXPECT_EQ(device->created, 5u);
  EXPECT_EQ(device->kind, device_kind{});
  EXPECT_EQ(device->renewed, 0u);
  EXPECT_FALSE(device->former_over);
  EXPECT_EQ(encode(*device), device_row);

  const auto index_row = test::from_hex("930107c3");
  const auto index = decode_record<index_record>(index_row);
  ASSERT_TRUE(index.ok()) << index.error().detail;
  EXPECT_EQ(*index, (index_record{event_seq(7), true, 0, false, false, 0}));
  EXPECT_EQ(encode(*index), index_row);

  const auto conversation_row = test::from_hex("97010201a47465616d070905");
  const auto conversation = decode_record<conversation_record>(conversation_row);
  ASSERT_TRUE(conversation.ok()) << conversation.error().detail;
  EXPECT_EQ(conversation->kind, conversation_kind::group);
  EXPECT_EQ(conversation->title, "team");
  EXPECT_EQ(conversation->join, join_policy{});
  EXPECT_EQ(conversation->invite, invite_policy{});
  EXPECT_FALSE(conversation->dissolved);
  EXPECT_EQ(encode(*conversation), conversation_row);

  const auto member_row = test::from_hex(
      "95010301009192"
      "0100");
  const auto member = decode_record<member_record>(member_row);
  ASSERT_TRUE(member.ok()) << member.error().detail;
  EXPECT_EQ(member->role, member_role::owner);
  EXPECT_EQ(member->spans, (std::vector<visible_span>{{event_seq(1), event_seq(0)}}));
  EXPECT_FALSE(member->read);
  EXPECT_EQ(member->muted_until, 0u);
  EXPECT_EQ(encode(*member), member_row);
}

TEST(tenant_policy_row, says_the_defaults_where_none_was_set) {
  const tenant_policy policy;
  const auto decoded = decode_record<tenant_policy>(encode(policy));
  ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
  EXPECT_EQ(*decoded, policy);
  EXPECT_EQ(policy.recall_window_ms, 120'000u);
  auto row = row_of(policy);
  row[1 + 3] = std::string(1, '\0');  // max_devices
  EXPECT_EQ(decode_record<tenant_policy>(test::oracle_array(row)).error().code, errc::corrupt);
}

member_record with_spans(std::vector<visible_span> spans) {
  member_record member;
  member.spans = std::move(spans);
  return member;
}

TEST(visible, is_what_lies_inside_a_span_borders_included) {
  const auto member = with_spans({{event_seq(3), event_seq(5)}, {event_seq(9), event_seq(0)}});
  const bool expected[] = {false, false, false, true, true, true, false, false, false, true, true};
  for (std::uint64_t seq = 0; seq < std::size(expected); ++seq) {
    EXPECT_EQ(visible(member, event_seq(seq)), expected[seq]) << seq;
  }
  EXPECT_TRUE(visible(member, event_seq(1'000'000)));
  EXPECT_FALSE(visible(with_spans({}), event_seq(1)));
}

TEST(visible, head_is_the_newest_visible_seq) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 2000; ++round) {
    member_record member;
    std::uint64_t at = 1;
    const auto spans = random() % 4;
    for (std::uint64_t i = 0; i < spans; ++i) {
      const std::uint64_t first = at + random() % 4;
      const std::uint64_t last = first + random() % 4;
      const bool open = i + 1 == spans && random() % 2 == 0;
      member.spans.push_back({event_seq(first), event_seq(open ? 0 : last)});
      at = last + 1;
    }
    for (std::uint64_t head = 0; head < 30; ++head) {
      std::uint64_t newest = 0;
      for (std::uint64_t seq = 1; seq <= head; ++seq) {
        if (visible(member, event_seq(seq))) newest = seq;
      }
      ASSERT_EQ(visible_head(member, event_seq(head)).value, newest);
    }
  }
}

}  // namespace
}  // namespace conclave
