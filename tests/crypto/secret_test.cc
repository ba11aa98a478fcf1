// What a password's copy leaves behind.
#include "crypto/secret.h"

#include <gtest/gtest.h>

#include <string>

namespace conclave::crypto {
namespace {

TEST(secret, it_holds_a_copy_until_it_is_wiped) {
  std::string password = "correct horse";
  secret_text copy(password);
  password.assign(password.size(), 'x');
  EXPECT_EQ(copy.view(), "correct horse");
  copy.wipe();
  EXPECT_EQ(copy.view(), std::string_view(std::string(13, '\0')));
}

TEST(secret, it_may_be_empty) {
  EXPECT_EQ(secret_text("").view(), "");
}

}  // namespace
}  // namespace conclave::crypto
