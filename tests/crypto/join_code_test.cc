/// Join codes come back as they went; everything else that people may type is none.
#include "crypto/join_code.h"

#include <gtest/gtest.h>

#include <set>

namespace conclave::crypto {
namespace {

const std::string zeros(22, 'A');  // 16 bytes of zeros

TEST(join_code, comes_back_as_it_went) {
  std::set<std::string> secrets;
  for (const std::uint64_t id : {std::uint64_t{1}, std::uint64_t{1486171476627135}, id_limit - 1}) {
    for (int round = 0; round < 50; ++round) {
      const join_code_parts made = make_join_code(conversation_id{id});
      const std::string code = format_join_code(made);
      EXPECT_LE(code.size(), 64u) << "the bound of JOIN";
      const auto parsed = parse_join_code(code);
      ASSERT_TRUE(parsed) << code;
      EXPECT_EQ(parsed->conversation.value, id);
      EXPECT_EQ(parsed->secret, made.secret);
      EXPECT_TRUE(secrets.insert(made.secret).second) << "the same secret twice";
    }
  }
}

TEST(join_code, has_the_documented_form) {
  const auto parsed = parse_join_code("cj1.42." + zeros);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->conversation.value, 42u);
  EXPECT_EQ(parsed->secret, zeros);
  EXPECT_TRUE(parse_join_code("cj1.42." + std::string(20, '-') + "_w"));
}

struct bad_code {
  const char* what;
  std::string code;
};

class no_join_code : public ::testing::TestWithParam<bad_code> {};

TEST_P(no_join_code, is_refused) {
  EXPECT_FALSE(parse_join_code(GetParam().code)) << GetParam().code;
}

INSTANTIATE_TEST_SUITE_P(
    kinds, no_join_code,
    ::testing::Values(
        bad_code{"nothing", ""}, bad_code{"prefix_only", "cj1."},
        bad_code{"another_prefix", "cj2.42." + zeros}, bad_code{"no_prefix", "42." + zeros},
        bad_code{"a_token", "cv1.1.7.1." + std::string(43, 'A')},
        bad_code{"no_second_dot", "cj1.42" + zeros}, bad_code{"no_id", "cj1.." + zeros},
        bad_code{"id_0", "cj1.0." + zeros}, bad_code{"leading_zero", "cj1.042." + zeros},
        bad_code{"sign", "cj1.+42." + zeros}, bad_code{"minus", "cj1.-42." + zeros},
        bad_code{"space", "cj1. 42." + zeros}, bad_code{"hex", "cj1.0x2a." + zeros},
        bad_code{"letters_behind_the_id", "cj1.42a." + zeros},
        bad_code{"id_2_to_the_53", "cj1.9007199254740992." + zeros},
        bad_code{"id_beyond_64_bits", "cj1.99999999999999999999." + zeros},
        bad_code{"secret_too_short", "cj1.42." + zeros.substr(1)},
        bad_code{"secret_too_long", "cj1.42." + zeros + "A"}, bad_code{"no_secret", "cj1.42."},
        bad_code{"character_of_plain_base64", "cj1.42." + std::string(21, 'A') + "+"},
        bad_code{"dot_in_the_secret", "cj1.42." + std::string(20, 'A') + ".A"},
        bad_code{"zero_byte", "cj1.42." + std::string(21, 'A') + std::string(1, '\0')},
        bad_code{"byte_above_ascii", "cj1.42." + std::string(21, 'A') + "\xc3"},
        bad_code{"bits_left_over", "cj1.42." + std::string(21, 'A') + "B"},
        bad_code{"newline_behind", "cj1.42." + zeros + "\n"}),
    [](const auto& one) { return one.param.what; });

}  // namespace
}  // namespace conclave::crypto
