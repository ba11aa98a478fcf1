/// The parts of `conclave` that need no node: text made harmless, lines, profiles, token files.
#include "client/cli/exit_codes.h"
#include "client/cli/profile.h"
#include "client/cli/text.h"
#include "client/token_file.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace conclave::client::cli {
namespace {

constexpr const char* mark = "\xef\xbf\xbd";

TEST(printable, escape_sequences_and_direction_overrides_lose_their_power) {
  EXPECT_EQ(printable("\x1b[31mred\a"), std::string(mark) + "[31mred" + mark);
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            std::string(mark) + "31m");
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b\xe2\x81\xa6"
                      "c"),
            "a" + std::string(mark) + "b" + mark + "c");
  EXPECT_EQ(printable("a\r\nb", " / "), "a" + std::string(mark) + " / b");
}

TEST(printable, letters_of_all_kinds_stay) {
  const std::string text = "tab\there, \xc3\xa4\xc3\xb6\xc3\xbc, \xe2\x82\xac, \xf0\x9f\x8d\x95";
  EXPECT_EQ(printable(text), text);
}

TEST(printable, a_byte_that_is_no_part_of_text_is_marked_each) {
  const std::string one(mark);
  EXPECT_EQ(printable("a\x9b"
                      "31m"),
            "a" + one + "31m")
      << "a C1 control where a terminal takes bytes for letters";
  EXPECT_EQ(printable("\xff\xc3("), one + one + "(");
  EXPECT_EQ(printable("\xe2\x82"), one + one) << "the end is missing";
  EXPECT_EQ(printable("\xed\xa0\x80"), one + one + one) << "a surrogate";
  EXPECT_EQ(printable("\xc0\xafz"), one + one + "z") << "longer than need be";
}

TEST(profile, what_was_saved_is_loaded_and_paths_are_taken_from_its_folder) {
  const test::temp_folder here("conclave-profile");
  const std::string file = here.file("sub/profile.toml");
  ASSERT_TRUE(save_profile(file, {"host:1", "ca.pem", "/abs/token", "state"}));
  const auto p = load_profile(file, true);
  ASSERT_TRUE(p) << p.error().detail;
  EXPECT_EQ(p->server, "host:1");
  EXPECT_EQ(p->ca, here.file("sub/ca.pem"));
  EXPECT_EQ(p->token_file, "/abs/token");
  struct stat facts {};
  ASSERT_EQ(stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST(profile, unknown_options_wrong_types_and_bad_toml_are_one_sentence_with_the_file) {
  const test::temp_folder here("conclave-profile");
  const std::string file = here.file("p.toml");
  for (const char* text : {"servr = \"x\"", "server = 7", "server = ", "[server]\na = 1"}) {
    std::ofstream(file) << text;
    const auto p = load_profile(file, true);
    ASSERT_FALSE(p) << text;
    EXPECT_EQ(p.error().detail.rfind(file, 0), 0u) << p.error().detail;
  }
}

TEST(profile, only_a_profile_that_was_asked_for_has_to_exist) {
  EXPECT_TRUE(load_profile("/nonexistent/profile.toml", false));
  EXPECT_FALSE(load_profile("/nonexistent/profile.toml", true));
}

TEST(token_file, is_written_for_its_owner_alone_and_refused_when_others_may_read_it) {
  const test::temp_folder here("conclave-token");
  const std::string file = here.file("a.token");
  ASSERT_TRUE(write_token_file(file, "secret"));
  EXPECT_EQ(*read_token_file(file), "secret");
  ASSERT_EQ(chmod(file.c_str(), 0640), 0);
  const auto refused = read_token_file(file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail.find("secret"), std::string::npos);
  std::filesystem::remove(file);
  EXPECT_FALSE(read_token_file(file));
}

TEST(token_file, anything_but_one_token_on_one_line_is_refused) {
  const test::temp_folder here("conclave-token");
  const std::string file = here.file("a.token");
  ASSERT_TRUE(write_token_file(file, "x"));
  for (const std::string& text : {std::string(), std::string("\n"), std::string("two words\n"),
                                  std::string("two\nlines\n"), std::string(300, 'x')}) {
    std::ofstream(file, std::ios::trunc) << text;
    EXPECT_FALSE(read_token_file(file)) << text;
  }
}

TEST(exit_codes, tell_what_may_be_concluded) {
  EXPECT_EQ(exit_code_of({errc::not_found, {}}), exit_rejected);
  EXPECT_EQ(exit_code_of({errc::overloaded, {}}), exit_rejected);
  EXPECT_EQ(exit_code_of({unreachable, {}}), exit_unreachable);
  EXPECT_EQ(exit_code_of({errc::outcome_unknown, {}}), exit_unknown);
  EXPECT_EQ(exit_code_of({errc::resend_expired, {}}), exit_unknown);
}

}  // namespace
}  // namespace conclave::client::cli
