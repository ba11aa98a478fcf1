/// Join codes and tokens as people may type them. Input: the text.
#include "crypto/join_code.h"
#include "crypto/token.h"
#include "tests/fuzz/fuzz_check.h"

using namespace conclave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::view_of(data, size);
  const auto code = crypto::parse_join_code(text);
  const auto token = crypto::parse_token(text);
  fuzz::expect(!code || crypto::format_join_code(*code) == text, "a join code has one spelling");
  fuzz::expect(!token.ok() || crypto::format_token(*token) == text, "a token has one spelling");
  fuzz::expect(!code || !token.ok(), "a text is a join code or a token");
  return 0;
}
