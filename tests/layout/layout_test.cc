// Lint as a test: the rules of the tree, applied to this checkout.
#include "tests/layout/include_rules.h"
#include "tests/layout/source_file.h"
#include "tests/layout/text_rules.h"
#include "tests/layout/tree_rules.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace conclave::layout {
namespace {

const tree& checkout() {
  static const tree files = read_tree(CONCLAVE_SOURCE_DIR);
  return files;
}

std::string listing(const findings& found) {
  std::string out;
  for (const std::string& sentence : found) out += "\n  " + sentence;
  return out;
}

/// Applies a rule to each file and fails with all findings at once.
void expect_clean(findings (*rule)(const source_file&)) {
  findings all;
  for (const source_file& file : checkout()) {
    if (!file.is_cxx()) continue;
    const findings found = rule(file);
    all.insert(all.end(), found.begin(), found.end());
  }
  EXPECT_TRUE(all.empty()) << listing(all);
}

TEST(layout, the_checkout_is_what_is_looked_at) {
  const std::set<std::string> paths = paths_of(checkout());
  for (const char* expected : {"conf/config.h", "schemas/errc.h", "dev", "tests/layout"})
    EXPECT_TRUE(paths.contains(expected)) << expected;
  EXPECT_FALSE(paths.contains("build"));
}

TEST(layout, folders_include_only_the_layers_below_them) {
  expect_clean(check_layers);
}

TEST(layout, own_headers_that_are_included_exist) {
  const std::set<std::string> paths = paths_of(checkout());
  findings all;
  for (const source_file& file : checkout()) {
    if (!file.is_cxx()) continue;
    for (const include_line& include : includes_of(file))
      if (include.quoted && is_own_folder(source_file{include.target, {}}.folder()) &&
          !paths.contains(include.target))
        all.push_back(place(file, include.line_index) + include.target + " does not exist");
  }
  EXPECT_TRUE(all.empty()) << listing(all);
}

TEST(layout, every_source_includes_its_own_header_first) {
  const std::set<std::string> paths = paths_of(checkout());
  findings all;
  for (const source_file& file : checkout()) {
    if (!file.path.ends_with(".cc")) continue;
    const std::string own = file.path.substr(0, file.path.size() - 3) + ".h";
    const findings found = check_own_header_first(file, paths.contains(own));
    all.insert(all.end(), found.begin(), found.end());
  }
  EXPECT_TRUE(all.empty()) << listing(all);
}

TEST(layout, third_party_headers_stay_where_they_belong) {
  expect_clean(check_confinement);
}

TEST(layout, files_are_small) {
  expect_clean(check_size);
  std::vector<std::size_t> sizes;
  for (const source_file& file : checkout())
    if (file.is_cxx()) sizes.push_back(file.text.size());
  ASSERT_FALSE(sizes.empty());
  std::sort(sizes.begin(), sizes.end());
  std::printf("%zu files, median %zu bytes (aim 4096), largest %zu\n", sizes.size(),
              sizes[sizes.size() / 2], sizes.back());
}

TEST(layout, lines_fit_into_100_columns) {
  expect_clean(check_line_length);
}

TEST(layout, every_file_begins_with_a_comment) {
  expect_clean(check_first_line);
}

TEST(layout, every_header_is_included_once) {
  expect_clean(check_pragma_once);
}

TEST(layout, log_calls_hold_neither_bodies_nor_secrets) {
  expect_clean(check_log_calls);
}

TEST(layout, nothing_is_left_over) {
  findings all;
  for (const source_file& file : checkout()) {
    const findings found = check_markers(file);
    all.insert(all.end(), found.begin(), found.end());
  }
  EXPECT_TRUE(all.empty()) << listing(all);
}

TEST(layout, folder_pages_are_short) {
  findings all;
  for (const source_file& file : checkout()) {
    const findings found = check_readme_length(file);
    all.insert(all.end(), found.begin(), found.end());
  }
  EXPECT_TRUE(all.empty()) << listing(all);
}

TEST(layout, every_folder_has_a_page) {
  const findings found = check_folder_pages(checkout());
  EXPECT_TRUE(found.empty()) << listing(found);
}

TEST(layout, every_path_that_a_page_names_exists) {
  const findings found = check_readme_paths(checkout());
  EXPECT_TRUE(found.empty()) << listing(found);
}

TEST(layout, every_parser_has_a_fuzz_target) {
  const findings found =
      check_fuzz_targets(checkout(), {
                                         {"net/frame_reader.h", "frame_reader"},
                                         {"schemas/codec.h", "codec"},
                                         {"schemas/event.h", "event"},
                                         {"schemas/keys.h", "keys"},
                                         {"schemas/records.h", "records"},
                                         {"schemas/log_entry.h", "log_entry"},
                                         {"schemas/sender_record.h", "sender_record"},
                                         {"conf/config.h", "config"},
                                         {"replication/peer_codec.h", "peer_codec"},
                                     });
  EXPECT_TRUE(found.empty()) << listing(found);
}

TEST(layout, the_test_run_goes_through_every_suite) {
  const findings found = check_suite_list(checkout());
  EXPECT_TRUE(found.empty()) << listing(found);
}

}  // namespace
}  // namespace conclave::layout
