/// Tokens: they come back as they went, and there is one spelling only.
#include "crypto/token.h"

#include "crypto/digest.h"

#include <gtest/gtest.h>

namespace conclave::crypto {
namespace {

token_parts some_parts() {
  token_parts parts;
  parts.tenant = tenant_id{42};
  parts.user = user_id{id_limit - 1};
  parts.device = device_id{3};
  parts.secret = new_token_secret();
  return parts;
}

TEST(token, comes_back_as_it_went) {
  for (int round = 0; round < 200; ++round) {
    const token_parts parts = some_parts();
    const std::string text = format_token(parts);
    const auto parsed = parse_token(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->tenant, parts.tenant);
    EXPECT_EQ(parsed->user, parts.user);
    EXPECT_EQ(parsed->device, parts.device);
    EXPECT_EQ(parsed->secret, parts.secret);
    EXPECT_EQ(format_token(*parsed), text);
  }
}

TEST(token, has_the_documented_form) {
  token_parts parts = some_parts();
  parts.user = user_id{9};
  parts.secret = std::string(32, '\0');
  EXPECT_EQ(format_token(parts), "cv1.42.9.3." + std::string(43, 'A'));
  parts.secret = std::string(32, '\xff');
  EXPECT_EQ(format_token(parts), "cv1.42.9.3." + std::string(42, '_') + "8");
}

TEST(token, operators_belong_to_tenant_zero) {
  token_parts parts = some_parts();
  parts.tenant = system_tenant;
  const auto parsed = parse_token(format_token(parts));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->tenant, system_tenant);
}

TEST(token, other_spellings_and_ids_out_of_bounds_are_invalid) {
  const std::string secret(43, 'A');
  ASSERT_TRUE(parse_token("cv1.1.2.3." + secret));
  for (const std::string& text : {std::string(),
                                  std::string("cv1."),
                                  "cv2.1.2.3." + secret,
                                  "cv1.01.2.3." + secret,
                                  "cv1.+1.2.3." + secret,
                                  "cv1.-1.2.3." + secret,
                                  "cv1. 1.2.3." + secret,
                                  "cv1.1.0.3." + secret,
                                  "cv1.1.2.0." + secret,
                                  "cv1.4294967296.2.3." + secret,
                                  "cv1.1.9007199254740992.3." + secret,
                                  "cv1.1.2.99999999999999999999." + secret,
                                  "cv1.1.2." + secret,
                                  "cv1..2.3." + secret,
                                  "cv1.1.2.3." + secret.substr(1),
                                  "cv1.1.2.3.A" + secret,
                                  "cv1.1.2.3." + secret + "\n",
                                  "cv1.1.2.3.+" + secret.substr(1),
                                  "cv1.1.2.3." + secret.substr(1) + "B",
                                  "cv1.1.2.3." + secret.substr(1) + "="}) {
    const auto parsed = parse_token(text);
    EXPECT_FALSE(parsed) << text;
    if (!parsed) {
      EXPECT_EQ(parsed.error().code, errc::invalid_token);
      EXPECT_TRUE(parsed.error().detail.empty()) << "nothing is said about what is wrong";
    }
  }
}

TEST(token, every_cut_of_a_token_is_invalid) {
  const std::string text = format_token(some_parts());
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_token(std::string_view(text).substr(0, size)));
  }
}

TEST(token, what_is_stored_is_the_hash_of_the_secret) {
  const std::string secret = new_token_secret();
  EXPECT_EQ(secret.size(), 32u);
  EXPECT_EQ(to_hex(token_hash(secret)), to_hex(sha256(secret)));
  EXPECT_NE(new_token_secret(), secret);
}

}  // namespace
}  // namespace conclave::crypto
