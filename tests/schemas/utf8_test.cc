/// UTF-8: every code point one by one, and the classic ways to be wrong.
#include "schemas/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace conclave {
namespace {

std::string encoded(std::uint32_t point) {
  std::string out;
  const auto trail = [&](unsigned shift) {
    out += static_cast<char>(0x80 | ((point >> shift) & 0x3f));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | (point >> 6));
    trail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | (point >> 12));
    trail(6);
    trail(0);
  } else {
    out += static_cast<char>(0xf0 | (point >> 18));
    trail(12);
    trail(6);
    trail(0);
  }
  return out;
}

TEST(utf8, every_code_point_but_the_surrogates_is_valid) {
  for (std::uint32_t point = 0; point < 0x120000; ++point) {
    const bool allowed = (point < 0xd800 || point > 0xdfff) && point < 0x110000;
    ASSERT_EQ(valid_utf8(encoded(point)), allowed) << point;
  }
}

TEST(utf8, a_wrong_byte_is_found_at_every_offset) {
  for (std::size_t length = 1; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      ASSERT_TRUE(valid_utf8(text));
      for (const char wrong : {'\x80', '\xbf', '\xc0', '\xc1', '\xc3', '\xf5', '\xff'}) {
        text[at] = wrong;
        ASSERT_FALSE(valid_utf8(text)) << length << ' ' << at;
      }
    }
  }
}

TEST(utf8, overlong_and_cut_sequences_are_invalid) {
  EXPECT_FALSE(valid_utf8("\xc0\x80"));
  EXPECT_FALSE(valid_utf8("\xe0\x9f\xbf"));
  EXPECT_FALSE(valid_utf8("\xf0\x8f\xbf\xbf"));
  EXPECT_FALSE(valid_utf8("\xe2\x82"));
  EXPECT_FALSE(valid_utf8("\xf0\x9f\x98"));
  EXPECT_TRUE(valid_utf8("\xf0\x9f\x98\x80 grüße €"));
  EXPECT_TRUE(valid_utf8(""));
}

}  // namespace
}  // namespace conclave
