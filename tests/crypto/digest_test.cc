/// Digests against published vectors, and that the pieces agree with the whole.
#include "crypto/digest.h"

#include <gtest/gtest.h>

namespace conclave::crypto {
namespace {

TEST(digest, sha256_gives_the_published_vectors) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(digest, two_parts_and_pieces_equal_the_whole) {
  const std::string whole = "a log entry follows the hash before it";
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    const std::string_view first = std::string_view(whole).substr(0, cut);
    const std::string_view second = std::string_view(whole).substr(cut);
    EXPECT_EQ(sha256(first, second), sha256(whole));
    sha256_stream stream;
    stream.update(first);
    stream.update(second);
    EXPECT_EQ(stream.finish(), sha256(whole));
  }
}

TEST(digest, a_stream_is_not_disturbed_by_other_digests) {
  sha256_stream stream;
  stream.update("a");
  (void)sha256("something else");
  stream.update("bc");
  EXPECT_EQ(stream.finish(), sha256("abc"));
}

TEST(digest, hmac_gives_the_vectors_of_rfc_4231) {
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(digest, an_empty_key_does_not_reuse_the_key_before) {
  const sha256_bytes empty = hmac_sha256("", "x");
  (void)hmac_sha256("key", "x");
  EXPECT_EQ(hmac_sha256(std::string_view(), "x"), empty);
}

TEST(digest, constant_time_comparison_compares) {
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace conclave::crypto
