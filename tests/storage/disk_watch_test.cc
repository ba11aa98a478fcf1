/// When the disk fills up: the levels with their hysteresis, and the ballast that is given back and
/// made again. With given figures and no thread, but for one look at the disk of this machine.
#include "storage/disk_watch.h"

#include "conf/limits.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <vector>

namespace conclave::storage {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

/// A disk of 1000 MiB of which so many are used.
disk_figures used(std::uint64_t of_disk, std::uint64_t by_data = 0, std::uint64_t limit = 0) {
  return {1000 * mib, (1000 - of_disk) * mib, by_data * mib, limit * mib};
}

TEST(disk_level, is_entered_at_the_watermarks) {
  using level = disk_level;
  const std::vector<std::pair<std::uint32_t, level>> expected{
      {0, level::fine},        {849, level::fine},      {850, level::alarm},
      {919, level::alarm},     {920, level::no_growth}, {949, level::no_growth},
      {950, level::no_writes}, {1000, level::no_writes}};
  for (const auto& [permille, wanted] : expected)
    EXPECT_EQ(level_after(level::fine, permille), wanted) << permille;
}

TEST(disk_level, is_left_one_percent_below) {
  using level = disk_level;
  EXPECT_EQ(level_after(level::no_writes, 949), level::no_writes);
  EXPECT_EQ(level_after(level::no_writes, 940), level::no_writes);
  EXPECT_EQ(level_after(level::no_writes, 939), level::no_growth);
  EXPECT_EQ(level_after(level::no_writes, 909), level::alarm);
  EXPECT_EQ(level_after(level::no_writes, 839), level::fine);
  EXPECT_EQ(level_after(level::no_growth, 910), level::no_growth);
  EXPECT_EQ(level_after(level::no_growth, 950), level::no_writes);
  EXPECT_EQ(level_after(level::alarm, 840), level::alarm);
  EXPECT_EQ(level_after(level::alarm, 839), level::fine);
}

TEST(disk_level, the_fuller_of_disk_and_allowance_counts) {
  EXPECT_EQ(used(300).used_permille(), 300u);
  EXPECT_EQ(used(300, 90, 100).used_permille(), 900u);
  EXPECT_EQ(used(970, 90, 100).used_permille(), 970u);
  EXPECT_EQ(used(300, 500, 100).used_permille(), 1000u) << "more than it may";
  EXPECT_EQ(used(300, 500, 0).used_permille(), 300u) << "nobody limits it";
  EXPECT_EQ(disk_figures{}.used_permille(), 0u) << "nothing is known";
}

class disk_watching : public ::testing::Test {
 protected:
  /// Looks at what the test says; the ballast counts as used, as on a real disk.
  std::unique_ptr<disk_watch> watch(std::uint64_t ballast) {
    disk_watch_options options;
    options.folder = folder_.path();
    options.ballast_bytes = ballast;
    options.look = [this]() -> outcome<disk_figures> {
      if (blind_) return failure{errc::io_error, "no such disk"};
      return used(used_mib_ + (has_ballast() ? ballast_size() / mib : 0));
    };
    return std::make_unique<disk_watch>(options);
  }
  /// One look after start(), whose own thread sleeps for as long as the test lasts.
  static void begin(disk_watch& w) { w.start(3'600'000); }

  std::string file() const { return folder_.file(std::string(ballast_name)); }
  bool has_ballast() const { return std::filesystem::exists(file()); }
  std::uint64_t ballast_size() const { return std::filesystem::file_size(file()); }

  test::temp_folder folder_;
  std::uint64_t used_mib_ = 100;
  bool blind_ = false;
};

TEST_F(disk_watching, the_ballast_goes_at_the_last_level_and_comes_back_with_room) {
  const auto w = watch(8 * mib);
  w->look_now();
  EXPECT_FALSE(has_ballast()) << "not before there is a database";
  begin(*w);
  ASSERT_TRUE(has_ballast());
  EXPECT_EQ(ballast_size(), 8 * mib);
  EXPECT_EQ(w->ballast_bytes(), 8 * mib);

  used_mib_ = 930;
  w->look_now();
  EXPECT_EQ(w->level(), disk_level::no_growth);
  EXPECT_TRUE(has_ballast());
  used_mib_ = 945;  // and the ballast
  w->look_now();
  EXPECT_EQ(w->level(), disk_level::no_writes);
  EXPECT_FALSE(has_ballast());
  EXPECT_EQ(w->ballast_bytes(), 0u);
  w->look_now();
  EXPECT_EQ(w->level(), disk_level::no_writes) << "what was given back is not room yet";

  used_mib_ = 880;
  w->look_now();
  EXPECT_EQ(w->level(), disk_level::alarm);
  EXPECT_FALSE(has_ballast());
  used_mib_ = 835;
  w->look_now();
  EXPECT_EQ(w->level(), disk_level::fine);
  EXPECT_FALSE(has_ballast()) << "with it the alarm would be near again";
  used_mib_ = 800;
  w->look_now();
  EXPECT_TRUE(has_ballast());
  EXPECT_EQ(w->level(), disk_level::fine);
}

TEST_F(disk_watching, the_ballast_is_no_more_than_a_hundredth_of_the_disk) {
  const auto w = watch(400 * mib);
  begin(*w);
  ASSERT_TRUE(has_ballast());
  EXPECT_EQ(ballast_size(), 10 * mib);
}

TEST_F(disk_watching, a_ballast_of_an_earlier_run_is_given_back_before_the_store_opens) {
  begin(*watch(8 * mib));
  ASSERT_TRUE(has_ballast());
  const auto w = watch(8 * mib);
  EXPECT_EQ(w->ballast_bytes(), 8 * mib);
  used_mib_ = 960;
  w->look_now();
  EXPECT_FALSE(has_ballast());
}

TEST_F(disk_watching, none_is_made_where_none_is_wanted) {
  const auto w = watch(0);
  begin(*w);
  EXPECT_FALSE(has_ballast());
}

TEST_F(disk_watching, a_ballast_of_an_earlier_run_becomes_what_is_wanted_now) {
  begin(*watch(8 * mib));
  ASSERT_EQ(ballast_size(), 8 * mib);
  {
    const auto smaller = watch(4 * mib);
    begin(*smaller);
    EXPECT_EQ(ballast_size(), 4 * mib);
    EXPECT_EQ(smaller->ballast_bytes(), 4 * mib);
  }
  begin(*watch(6 * mib));
  EXPECT_EQ(ballast_size(), 6 * mib);
  const auto none = watch(0);
  begin(*none);
  EXPECT_FALSE(has_ballast());
  EXPECT_EQ(none->ballast_bytes(), 0u);
}

TEST_F(disk_watching, one_of_the_right_size_is_left_as_it_is) {
  begin(*watch(8 * mib));
  const auto made = std::filesystem::last_write_time(file());
  std::filesystem::last_write_time(file(), made - std::chrono::hours(1));
  const auto w = watch(8 * mib);
  begin(*w);
  EXPECT_EQ(std::filesystem::last_write_time(file()), made - std::chrono::hours(1));
  EXPECT_EQ(w->ballast_bytes(), 8 * mib);
}

TEST_F(disk_watching, a_ballast_that_was_cut_short_is_none) {
  std::ofstream(file()) << std::string(3 * mib, 'x');
  begin(*watch(8 * mib));
  EXPECT_EQ(ballast_size(), 8 * mib);
  // A size without the blocks for it.
  std::filesystem::remove(file());
  std::ofstream(file()) << std::string(mib, 'x');
  std::filesystem::resize_file(file(), 8 * mib);
  const auto w = watch(8 * mib);
  ASSERT_LT(w->ballast_bytes(), 8 * mib);
  begin(*w);
  EXPECT_EQ(w->ballast_bytes(), 8 * mib);
}

TEST_F(disk_watching, one_of_another_size_stays_until_there_is_room_for_the_right_one) {
  begin(*watch(4 * mib));
  used_mib_ = 860;
  const auto w = watch(8 * mib);
  begin(*w);
  EXPECT_EQ(w->level(), disk_level::alarm);
  EXPECT_EQ(ballast_size(), 4 * mib) << "better than none";
  used_mib_ = 945;  // and the ballast: less than the last level
  w->look_now();
  EXPECT_EQ(w->level(), disk_level::no_growth);
  EXPECT_TRUE(has_ballast());
  used_mib_ = 950;
  w->look_now();
  EXPECT_EQ(w->level(), disk_level::no_writes);
  EXPECT_FALSE(has_ballast()) << "given back like any other";
  used_mib_ = 800;
  w->look_now();
  EXPECT_EQ(ballast_size(), 8 * mib);
}

TEST_F(disk_watching, a_disk_that_cannot_be_looked_at_keeps_its_level) {
  const auto w = watch(0);
  used_mib_ = 930;
  w->look_now();
  blind_ = true;
  used_mib_ = 100;
  w->look_now();
  EXPECT_EQ(w->level(), disk_level::no_growth);
  blind_ = false;
  w->look_now();
  EXPECT_EQ(w->level(), disk_level::fine);
}

TEST(disk_look, counts_what_the_folder_occupies_without_the_ballast) {
  const test::temp_folder folder;
  std::ofstream(folder.file("000001.sst")) << std::string(3 * mib, 'x');
  std::ofstream(folder.file(std::string(ballast_name))) << std::string(5 * mib, 'x');
  const auto seen = look_at_disk(folder.path(), 100 * mib);
  ASSERT_TRUE(seen.ok());
  EXPECT_GE(seen->data_bytes, 3 * mib);
  EXPECT_LT(seen->data_bytes, 4 * mib);
  EXPECT_GT(seen->disk_bytes, seen->free_bytes);
  EXPECT_EQ(look_at_disk(folder.path(), 0)->data_bytes, 0u) << "not looked at when not asked";
  EXPECT_FALSE(look_at_disk(folder.file("nowhere"), 0).ok());
}

}  // namespace
}  // namespace conclave::storage
