/// The data folder before there is a database in it: made private however it is written, and judged
/// by the names of what it holds.
#include "storage/data_folder.h"

#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace conclave::storage {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 0777u : 0;
}

TEST(data_folder, is_made_private_also_when_its_path_ends_with_a_slash) {
  for (const char* const end : {"", "/", "//", "/.", "/./", "/./."}) {
    const test::temp_folder folder;
    const std::string path = folder.file("deep/data");
    const auto made = prepare_data_folder(path + end);
    ASSERT_TRUE(made.ok()) << made.error().detail;
    EXPECT_EQ(*made, folder_state::fresh);
    EXPECT_EQ(mode_of(path), 0700u) << "data" << end;
  }
}

TEST(data_folder, is_refused_where_something_else_has_its_name) {
  const test::temp_folder folder;
  std::filesystem::create_symlink("nowhere", folder.file("data"));
  const auto refused = prepare_data_folder(folder.file("data"));
  ASSERT_FALSE(refused.ok()) << "a link to nothing is no folder";
  EXPECT_NE(refused.error().detail.find("cannot create the data folder"), std::string::npos)
      << refused.error().detail;
}

TEST(data_folder, only_numbered_files_are_parts_of_a_database) {
  for (const char* const part : {"000012.log", "000031.sst", "OPTIONS-000007"}) {
    const test::temp_folder folder;
    std::ofstream(folder.file(part)) << "x";
    const auto refused = prepare_data_folder(folder.path());
    ASSERT_FALSE(refused.ok()) << part;
    EXPECT_EQ(refused.error().code, errc::corrupt) << refused.error().detail;
  }
  for (const char* const stranger : {"node.log", "12a.log", ".log", "12.logs", "notes.sst"}) {
    const test::temp_folder folder;
    std::ofstream(folder.file(stranger)) << "x";
    const auto refused = prepare_data_folder(folder.path());
    ASSERT_FALSE(refused.ok()) << stranger;
    EXPECT_EQ(refused.error().code, errc::invalid_argument) << "no backup mends it";
    EXPECT_NE(refused.error().detail.find(stranger), std::string::npos) << refused.error().detail;
  }
}

}  // namespace
}  // namespace conclave::storage
