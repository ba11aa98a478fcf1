/// Prints of requests: fixed for ever, and different where it matters.
#include "schemas/short_print.h"

#include <gtest/gtest.h>

#include <string>

namespace conclave {
namespace {

std::uint16_t print_of(std::string_view bytes) {
  short_print print;
  print.add(bytes);
  return print.value();
}

TEST(short_print, is_the_same_for_ever) {
  // Stored in sender rows: a change of these numbers makes every resend of before another request.
  EXPECT_EQ(short_print().value(), 16331u);
  EXPECT_EQ(print_of(""), 6555u);
  EXPECT_EQ(print_of("hello"), 41447u);
  EXPECT_EQ(print_of("exactly sixteen!"), 7434u);
}

TEST(short_print, tells_texts_apart_whatever_their_length) {
  int same = 0;
  std::string text;
  std::string last;
  for (int size = 0; size < 300; ++size) {
    last = text;
    text.push_back(static_cast<char>(size % 3 == 0 ? 0 : size));
    if (print_of(text) == print_of(last)) ++same;
    for (std::size_t at = 0; at < text.size(); ++at) {
      std::string changed = text;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      if (print_of(changed) == print_of(text)) ++same;
    }
  }
  // 45 000 pairs, one in 65 000 by chance.
  EXPECT_LE(same, 6);
}

TEST(short_print, order_and_places_count) {
  const auto of = [](std::uint64_t a, std::uint64_t b) {
    short_print print;
    print.add(a);
    print.add(b);
    return print.value();
  };
  EXPECT_NE(of(1, 2), of(2, 1));
  EXPECT_NE(of(0, 1), of(1, 0));
  EXPECT_NE(of(0, 0), of(0, 1));
}

TEST(short_print, is_never_the_number_that_means_not_known) {
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    short_print print;
    print.add(i);
    ASSERT_NE(print.value(), 0u);
  }
}

}  // namespace
}  // namespace conclave
