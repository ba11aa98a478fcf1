// Each rule of the layout is shown to fail on a small text, and to let the right one pass.
#include "tests/layout/include_rules.h"
#include "tests/layout/text_rules.h"
#include "tests/layout/tree_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace conclave::layout {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(layout_rules, a_layer_must_not_look_up_or_sideways) {
  const auto from = [](const char* path, const char* target) {
    return check_layers({path, "#include \"" + std::string(target) + "\"\n"});
  };
  EXPECT_THAT(from("storage/a.cc", "net/b.h"),
              ElementsAre("storage/a.cc:1: storage/ must not include net/"));
  EXPECT_THAT(from("net/a.h", "storage/b.h"), SizeIs(1));
  EXPECT_THAT(from("schemas/a.h", "conf/b.h"), SizeIs(1));
  EXPECT_THAT(from("crypto/a.h", "conf/b.h"), SizeIs(1));
  EXPECT_THAT(from("client/a.h", "actors/b.h"), SizeIs(1));
  EXPECT_THAT(from("client/a.h", "crypto/b.h"), SizeIs(1));
  EXPECT_THAT(from("bench/main.cc", "net/b.h"), SizeIs(1));
  EXPECT_THAT(from("node/main.cc", "client/b.h"), SizeIs(1));
  EXPECT_THAT(from("node/main.cc", "tests/support/b.h"), SizeIs(1));
  EXPECT_THAT(from("actors/a.cc", "b.h"), SizeIs(1)) << "not named from the root";
  EXPECT_THAT(from("actors/a.cc", "../net/b.h"), SizeIs(1));

  EXPECT_THAT(from("storage/a.cc", "rocksdb/db.h"), ElementsAre(HasSubstr("write <rocksdb/db.h>")));

  EXPECT_THAT(from("storage/a.cc", "storage/b.h"), IsEmpty());
  EXPECT_THAT(from("storage/a.cc", "crypto/b.h"), IsEmpty());
  EXPECT_THAT(from("actors/a.cc", "storage/b.h"), IsEmpty());
  EXPECT_THAT(from("client/cli/a.cc", "client/b.h"), IsEmpty());
  EXPECT_THAT(from("bench/micro/a.cc", "storage/b.h"), IsEmpty());
  EXPECT_THAT(from("tests/net/a_test.cc", "actors/b.h"), IsEmpty());
}

TEST(layout_rules, a_source_that_does_not_begin_with_its_own_header_is_found) {
  EXPECT_THAT(check_own_header_first({"net/a.cc", "#include <map>\n#include \"net/a.h\"\n"}, true),
              SizeIs(1));
  EXPECT_THAT(check_own_header_first({"net/a.cc", "// why\n"}, true), SizeIs(1));
  EXPECT_THAT(check_own_header_first({"net/a.cc", "#include \"net/a.h\"\n"}, true), IsEmpty());
  EXPECT_THAT(check_own_header_first({"net/a.cc", "#include <map>\n"}, false), IsEmpty());
}

TEST(layout_rules, third_party_headers_are_confined) {
  const auto from = [](const char* path, const char* target) {
    return check_confinement({path, "#  include <" + std::string(target) + ">\n"});
  };
  EXPECT_THAT(from("node/a.cc", "caf/actor.hpp"),
              ElementsAre("node/a.cc:1: <caf/actor.hpp>: CAF is known to actors/ only"));
  EXPECT_THAT(from("actors/user_state.h", "caf/actor.hpp"), SizeIs(1)) << "rules know no CAF";
  EXPECT_THAT(from("tests/actors/a.cc", "caf/all.hpp"), SizeIs(1));
  EXPECT_THAT(from("actors/a.cc", "rocksdb/db.h"), SizeIs(1));
  EXPECT_THAT(from("crypto/a.cc", "openssl/ssl.h"), SizeIs(1));
  EXPECT_THAT(from("net/a.cc", "openssl/evp.h"), SizeIs(1));
  EXPECT_THAT(from("storage/a.cc", "openssl/sha.h"), SizeIs(1));
  EXPECT_THAT(from("net/a.cc", "argon2.h"), SizeIs(1));
  EXPECT_THAT(from("conf/config.cc", "spdlog/spdlog.h"), SizeIs(1));
  EXPECT_THAT(from("conf/logger.cc", "spdlog/spdlog.h"), SizeIs(1));
  EXPECT_THAT(from("schemas/a.h", "msgpack.hpp"), SizeIs(1));
  EXPECT_THAT(from("client/a.cc", "msgpack.hpp"), SizeIs(1));
  EXPECT_THAT(from("node/a.cc", "toml++/toml.h"), SizeIs(1));
  EXPECT_THAT(from("node/a.cc", "prometheus/registry.h"), SizeIs(1));
  EXPECT_THAT(from("node/a.cc", "gtest/gtest.h"), SizeIs(1));
  EXPECT_THAT(from("storage/a.cc", "CLI/CLI.hpp"), SizeIs(1));
  EXPECT_THAT(from("node/a.cc", "histedit.h"), SizeIs(1));
  EXPECT_THAT(from("net/a.cc", "fmt/format.h"), SizeIs(1));

  EXPECT_THAT(from("actors/a.h", "caf/actor.hpp"), IsEmpty());
  EXPECT_THAT(from("storage/a.h", "rocksdb/db.h"), IsEmpty());
  EXPECT_THAT(from("net/a.cc", "openssl/ssl.h"), IsEmpty());
  EXPECT_THAT(from("crypto/a.cc", "openssl/evp.h"), IsEmpty());
  EXPECT_THAT(from("conf/log.cc", "spdlog/logger.h"), IsEmpty());
  EXPECT_THAT(from("schemas/a.cc", "msgpack.hpp"), IsEmpty());
  EXPECT_THAT(from("tests/a.cc", "rocksdb/db.h"), IsEmpty());
}

TEST(layout_rules, a_large_file_is_found) {
  EXPECT_THAT(check_size({"net/a.cc", std::string(max_file_bytes + 1, 'x')}), SizeIs(1));
  EXPECT_THAT(check_size({"net/a.cc", std::string(max_file_bytes, 'x')}), IsEmpty());
  EXPECT_THAT(check_size({"LICENSE", std::string(max_file_bytes + 1, 'x')}), IsEmpty());
}

TEST(layout_rules, a_long_line_is_found_and_measured_in_columns) {
  EXPECT_THAT(check_line_length({"net/a.cc", "// a\n" + std::string(101, 'x')}),
              ElementsAre("net/a.cc:2: 101 columns; the limit is 100"));
  std::string accented;
  for (int i = 0; i < 100; ++i) accented += "é";
  EXPECT_THAT(check_line_length({"net/a.cc", accented}), IsEmpty());
}

TEST(layout_rules, a_missing_comment_or_pragma_is_found) {
  EXPECT_THAT(check_first_line({"net/a.cc", "#include <a>\n"}), SizeIs(1));
  EXPECT_THAT(check_first_line({"net/a.cc", "\n// late\n"}), SizeIs(1));
  EXPECT_THAT(check_first_line({"net/a.cc", "/// why\n"}), IsEmpty());
  EXPECT_THAT(check_pragma_once({"net/a.h", "// why\n"}), SizeIs(1));
  EXPECT_THAT(check_pragma_once({"net/a.h", "// why\n#pragma once\n"}), IsEmpty());
  EXPECT_THAT(check_pragma_once({"net/a.cc", "// why\n"}), IsEmpty());
}

TEST(layout_rules, a_leftover_marker_is_found) {
  for (const std::string marker : {"TO"
                                   "DO",
                                   "FIX"
                                   "ME",
                                   "XX"
                                   "X",
                                   "HA"
                                   "CK"}) {
    EXPECT_THAT(check_markers({"dev", "ok\n# " + marker + ": later\n"}), SizeIs(1)) << marker;
    EXPECT_THAT(check_markers({"dev", "a" + marker + "b\n"}), IsEmpty()) << marker;
  }
}

TEST(layout_rules, a_long_folder_page_is_found) {
  std::string page;
  for (std::size_t i = 0; i < max_readme_lines; ++i) page += "line\n";
  EXPECT_THAT(check_readme_length({"net/README.md", page}), IsEmpty());
  EXPECT_THAT(check_readme_length({"net/README.md", page + "one more\n"}), SizeIs(1));
  EXPECT_THAT(check_readme_length({"schemas/README.md", page + page}), IsEmpty());
  EXPECT_THAT(check_readme_length({"README.md", page + page}), IsEmpty());
}

TEST(layout_rules, a_log_call_with_a_body_or_a_secret_is_found) {
  const auto of = [](const std::string& call) {
    return check_log_calls({"net/a.cc", "// why\n" + call + "\n"});
  };
  EXPECT_THAT(of("log::info(\"a\", \"m\", {{\"b\", event.body}});"), SizeIs(1));
  EXPECT_THAT(of("log::warn(\"a\",\n  \"m\", {{\"t\", login_token}});"),
              ElementsAre(HasSubstr("net/a.cc:2:")));
  EXPECT_THAT(of("log::error(\"a\", \"m\" + password);"), SizeIs(1));
  EXPECT_THAT(of("log::info(\"a\", \"no token was given\", {{\"token\", id}});"), IsEmpty());
  EXPECT_THAT(of("log::info(\"a\", \"m\", {{\"size\", body.size()}});"), IsEmpty());
  EXPECT_THAT(of("log::info(\"a\", \"m\", {{\"size\", body_bytes}});"), IsEmpty());
  EXPECT_THAT(of("log::info(\"a \\\" b\", \"m\"); use(token);"), IsEmpty());
}

TEST(layout_rules, a_page_that_names_what_is_not_there_is_found) {
  const tree files{{"net/outbox.h", ""}, {"net/outbox.cc", ""}, {"conf/log.cc", ""}};
  const auto of = [&](const std::string& text) {
    tree with = files;
    with.push_back({"net/README.md", text});
    return check_readme_paths(with);
  };
  EXPECT_THAT(of("see `net/inbox.cc` for it"),
              ElementsAre("net/README.md:1: `net/inbox.cc` does not exist"));
  EXPECT_THAT(of("see `net/inbox.*`"), SizeIs(1));
  EXPECT_THAT(of("a\n`conf/log.h · start`"), SizeIs(1));
  EXPECT_THAT(of("`net/outbox.cc · flush`, `net/outbox`, `net/`, `conf/log.*`, `./net/outbox.h:7`"),
              IsEmpty());
  EXPECT_THAT(of("`conclave/1`, `a/b`, `outbox`, `text/plain`"), IsEmpty());
}

TEST(layout_rules, a_folder_without_a_page_is_found) {
  EXPECT_THAT(check_folder_pages({{"net/a.cc", ""}}), ElementsAre(HasSubstr("net/ has no README")));
  EXPECT_THAT(check_folder_pages({{"net/a.cc", ""}, {"net/README.md", ""}}), IsEmpty());
}

TEST(layout_rules, a_parser_without_a_fuzz_target_is_found) {
  const std::vector<parser> parsers{{"net/a.h", "a"}};
  EXPECT_THAT(check_fuzz_targets({{"net/a.h", ""}}, parsers), SizeIs(1));
  EXPECT_THAT(check_fuzz_targets({{"tests/fuzz/a_fuzz.cc", ""}}, parsers), SizeIs(1));
  EXPECT_THAT(check_fuzz_targets({{"net/a.h", ""}, {"tests/fuzz/a_fuzz.cc", ""}}, parsers),
              IsEmpty());
}

TEST(layout_rules, a_suite_that_would_not_run_is_found) {
  const source_file list{"scripts/suites.txt", "# why\nnet   10\n"};
  EXPECT_THAT(check_suite_list({list, {"tests/net/a_test.cc", ""}}), IsEmpty());
  EXPECT_THAT(check_suite_list({list, {"tests/net/a_test.cc", ""}, {"tests/conf/b_test.cc", ""}}),
              ElementsAre(HasSubstr("tests/conf is not in")));
  EXPECT_THAT(check_suite_list({list}), ElementsAre(HasSubstr("net is listed but has no tests")));
}

}  // namespace
}  // namespace conclave::layout
