// The log: one line per entry whatever it holds, levels, JSON, and the limit on repeated warnings.
#include "conf/log.h"

#include "conf/log_limiter.h"
#include "conf/log_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <thread>

namespace conclave::log {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t some_time_ms = 1'777'636'800'123;

TEST(log_line, plain_text_has_time_level_area_message_and_fields) {
  const std::vector<field> fields{{"count", 3}, {"peer", "127.0.0.1:9"}, {"why", "no space left"}};
  EXPECT_EQ(text_line(some_time_ms, level::warn, "net", "closed a connection", fields),
            "2026-05-01T12:00:00.123Z warn net closed a connection count=3 peer=127.0.0.1:9 "
            "why=\"no space left\"");
}

TEST(log_line, values_cannot_forge_lines_or_fields) {
  const std::vector<field> fields{{"name", "a\nb=\"c\" d\x1b[2J"}, {"empty", ""}, {"e", "x=y"}};
  EXPECT_EQ(text_line(some_time_ms, level::info, "a", "m\nn", fields),
            "2026-05-01T12:00:00.123Z info a m\\u000an name=\"a\\u000ab=\\\"c\\\" d\\u001b[2J\" "
            "empty=\"\" e=\"x=y\"");
}

TEST(log_line, json_keeps_every_value_that_is_text) {
  const std::string odd = "quote \" slash \\ tab \t nul " + std::string(1, '\0') + " é 漢 🙂";
  const std::vector<field> fields{{"odd", odd}, {"key \"x\"", 12}};
  const auto parsed =
      nlohmann::json::parse(json_line(some_time_ms, level::error, "conf", "a \"b\"", fields));
  EXPECT_EQ(parsed["time"], "2026-05-01T12:00:00.123Z");
  EXPECT_EQ(parsed["level"], "error");
  EXPECT_EQ(parsed["area"], "conf");
  EXPECT_EQ(parsed["message"], "a \"b\"");
  EXPECT_EQ(parsed["odd"], odd);
  EXPECT_EQ(parsed["key \"x\""], "12");
  EXPECT_EQ(parsed.size(), 6u);
}

TEST(log_line, any_bytes_give_valid_json_on_one_line) {
  const char* broken[] = {"\xff",
                          "\xc0\x80",
                          "\xe0\x80\x80",
                          "\xed\xa0\x80",
                          "\xf4\x90\x80\x80",
                          "\xf0\x80\x80\x80",
                          "\xe6\xbc",
                          "a\xc3",
                          "\x80",
                          "\xf5\x80\x80\x80"};
  for (const char* bytes : broken) {
    const std::vector<field> fields{{"v", bytes}};
    const std::string line = json_line(0, level::info, "a", "m", fields);
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
    EXPECT_THAT(line, HasSubstr("\xef\xbf\xbd"));
  }
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string pair{static_cast<char>(first), static_cast<char>(second)};
      const std::vector<field> fields{{"v", pair}};
      const std::string json = json_line(0, level::info, "a", "m", fields);
      ASSERT_TRUE(nlohmann::json::accept(json)) << json;
      ASSERT_EQ(json.find('\n'), std::string::npos);
      ASSERT_EQ(text_line(0, level::info, "a", "m", fields).find('\n'), std::string::npos);
    }
  }
}

TEST(log_line, long_values_are_cut_even_inside_a_character) {
  std::string long_value(max_value_bytes - 1, 'x');
  long_value += "漢 and much more";
  const std::vector<field> fields{{"v", long_value}};
  const std::string line = json_line(0, level::info, "a", "m", fields);
  EXPECT_TRUE(nlohmann::json::accept(line));
  EXPECT_LT(line.size(), max_value_bytes + 120);
  EXPECT_THAT(line, HasSubstr("…"));
}

TEST(log_limiter, lets_one_warning_of_a_kind_through_each_second) {
  log_limiter limiter;
  EXPECT_EQ(limiter.admit("net", "slow", 5000), 0u);
  for (int i = 0; i < 41; ++i) EXPECT_EQ(limiter.admit("net", "slow", 5999), std::nullopt);
  EXPECT_EQ(limiter.admit("net", "slow", 6000), 41u);
  EXPECT_EQ(limiter.admit("net", "slow", 7000), 0u);
}

TEST(log_limiter, kinds_do_not_hide_each_other) {
  log_limiter limiter;
  EXPECT_EQ(limiter.admit("net", "slow", 1), 0u);
  EXPECT_EQ(limiter.admit("net", "full", 1), 0u);
  EXPECT_EQ(limiter.admit("disk", "slow", 1), 0u);
  EXPECT_EQ(limiter.admit("disk", "slow", 2), std::nullopt);
}

TEST(log_limiter, the_end_of_a_storm_is_told_once) {
  log_limiter limiter;
  for (int i = 0; i < 10; ++i) (void)limiter.admit("net", "slow", 100);
  EXPECT_THAT(limiter.overdue(1099), IsEmpty());
  const auto told = limiter.overdue(1100);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].area, "net");
  EXPECT_EQ(told[0].message, "slow");
  EXPECT_EQ(told[0].left_out, 9u);
  EXPECT_THAT(limiter.overdue(9999), IsEmpty());
  (void)limiter.admit("net", "slow", 10'000);
  (void)limiter.admit("net", "slow", 10'001);
  EXPECT_THAT(limiter.overdue(10'002, true), SizeIs(1));
}

TEST(log_limiter, memory_is_bounded_and_further_kinds_share_one_place) {
  log_limiter limiter;
  std::size_t written = 0;
  for (std::size_t i = 0; i < 10 * log_limiter::max_kinds; ++i)
    written += limiter.admit("net", std::to_string(i), 1).has_value() ? 1 : 0;
  EXPECT_EQ(written, log_limiter::max_kinds + 1);
  EXPECT_EQ(limiter.admit("net", "new after a quiet second", 1001), 0u);
}

class log_file : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "log_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }

  void TearDown() override {
    ASSERT_TRUE(start({}));
    std::filesystem::remove_all(folder_);
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::ifstream in(folder_ / "node.log");
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }

  std::filesystem::path folder_;
};

TEST_F(log_file, holds_the_lines_of_its_level_and_above) {
  ASSERT_TRUE(start({level::warn, folder_ / "node.log", false}));
  EXPECT_FALSE(enabled(level::info));
  EXPECT_TRUE(enabled(level::warn));
  debug("a", "no");
  info("a", "no");
  warn("a", "first {} %s");
  error("a", "second", {{"n", 7}});
  EXPECT_THAT(lines(),
              ElementsAre(HasSubstr(" warn a first {} %s"), HasSubstr(" error a second n=7")));
}

TEST_F(log_file, is_appended_to) {
  ASSERT_TRUE(start({level::info, folder_ / "node.log", false}));
  info("a", "one");
  ASSERT_TRUE(start({level::debug, folder_ / "node.log", true}));
  debug("a", "two", {{"flag", true}});
  const auto all = lines();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(nlohmann::json::parse(all[1])["message"], "two");
}

TEST_F(log_file, that_cannot_be_opened_is_refused) {
  EXPECT_FALSE(start({level::info, folder_.string(), false}));
}

TEST_F(log_file, repeated_warnings_leave_one_line_and_their_count) {
  ASSERT_TRUE(start({level::info, folder_ / "node.log", false}));
  for (int i = 0; i < 1000; ++i) warn("a", "storm in this test", {{"i", i}});
  for (int i = 0; i < 5; ++i) error("a", "errors are never left out");
  flush();
  std::size_t storm = 0;
  std::size_t told = 0;
  std::size_t errors = 0;
  for (const std::string& line : lines()) {
    errors += line.find("never left out") != std::string::npos ? 1 : 0;
    if (line.find("storm") == std::string::npos) continue;
    ++storm;
    const std::size_t at = line.find("left_out=");
    if (at != std::string::npos) told += std::stoul(line.substr(at + 9));
    // A line that carries fields is itself an occurrence; the closing count of flush() is not.
    if (line.find(" i=") != std::string::npos) ++told;
  }
  EXPECT_EQ(told, 1000u);
  EXPECT_LT(storm, 20u);
  EXPECT_EQ(errors, 5u);
}

TEST_F(log_file, lines_of_many_threads_stay_whole) {
  ASSERT_TRUE(start({level::info, folder_ / "node.log", true}));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 200; ++i) {
        info("a", "line", {{"thread", t}, {"i", i}});
        warn("a", "shared kind", {{"thread", t}});
      }
    });
  }
  for (std::thread& t : threads) t.join();
  std::size_t infos = 0;
  for (const std::string& line : lines()) {
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << line;
    infos += parsed["level"] == "info" ? 1 : 0;
  }
  EXPECT_EQ(infos, 800u);
}

}  // namespace
}  // namespace conclave::log
