/// Stored records, and the rule of who sees what.
#include "schemas/records.h"

#include "schemas/record_layouts.h"
#include "tests/schemas/field_visitors.h"

namespace conclave {
namespace {

template <class Record>
struct record_test : testing::Test {};

using all_records = testing::Types<applied_record, chain_mark_record, node_record, tenant_record,
                                   user_record, device_record, operation_record, index_record,
                                   conversation_record, member_record, intent_record>;
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

TYPED_TEST(record_test, fields_of_a_later_version_are_ignored) {
  TypeParam record;
  auto bytes = encode(record);
  ASSERT_EQ(bytes[0] & 0xf0, 0x90);
  bytes[0] = static_cast<char>(bytes[0] + 1);
  bytes += '\x2a';
  const auto decoded = decode_record<TypeParam>(bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
  EXPECT_EQ(*decoded, record);
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
