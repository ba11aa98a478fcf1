/// Chat logs become steps by the rule of membership.
#include "bench/chat_log.h"

#include <gtest/gtest.h>

namespace conclave::bench {
namespace {

std::string told(const chat_log& log) {
  std::string out;
  for (const chat_step& s : log.steps) {
    out += s.what == deed::join ? "+" : s.what == deed::leave ? "-" : "";
    out += log.nicks[s.nick] + (s.text.empty() ? "" : ":" + s.text) + "\n";
  }
  return out;
}

TEST(bench_chat_log, lines_become_steps) {
  const chat_log log = parse_chat_log("a",
                                      "=== ann [n=ann@host]  has joined #channel\r\n"
                                      "[09:03] <bob> first line makes a member\n"
                                      "[09:03] <ann> caf\xe9\n"
                                      "=== bob is now known as rob\n"
                                      "=== ann [n=ann@host]  has left #channel [\"bye\"]\n"
                                      "[09:04]  * rob waves\n"
                                      "=== the topic is set by LjL\n"
                                      "[09:05] <rob>\n"
                                      "[09:05\n"
                                      "nothing\n");
  EXPECT_EQ(told(log),
            "+ann\n+bob\nbob:first line makes a member\nann:caf\xc3\xa9\n-bob\n+rob\n-ann\n"
            "rob:* rob waves\n");
  EXPECT_EQ(log.lines, 3u);
}

TEST(bench_chat_log, utf8_stays_and_everything_else_is_latin_1) {
  EXPECT_EQ(as_utf8("na\xc3\xafve \xf0\x9f\x91\x8d"), "na\xc3\xafve \xf0\x9f\x91\x8d");
  EXPECT_EQ(as_utf8("na\xefve"), "na\xc3\xafve");
  EXPECT_EQ(as_utf8("\xed\xa0\x80"), "\xc3\xad\xc2\xa0\xc2\x80");  // a surrogate
  EXPECT_EQ(as_utf8("\xc3"), "\xc3\x83");
}

TEST(bench_chat_log, a_file_that_is_not_there_is_refused) {
  EXPECT_FALSE(read_chat_log("/nowhere/at/all.txt"));
}

}  // namespace
}  // namespace conclave::bench
