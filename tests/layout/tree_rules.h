/// Rules about the tree as a whole: pages name paths that exist, folders have pages, parsers have
/// fuzz targets, suites are in the list of the test run.
#pragma once

#include "tests/layout/source_file.h"

#include <regex>
#include <set>

namespace conclave::layout {

using tree = std::vector<source_file>;

/// Every path of the tree and every folder on the way to it.
inline std::set<std::string> paths_of(const tree& files) {
  std::set<std::string> paths;
  for (const source_file& file : files) {
    for (std::size_t slash = file.path.find('/'); slash != std::string::npos;
         slash = file.path.find('/', slash + 1)) {
      paths.insert(file.path.substr(0, slash));
    }
    paths.insert(file.path);
  }
  return paths;
}

/// `net/outbox` may stand for net/outbox.h and .cc, `conf/log.*` for all that begin so.
inline bool names_a_path(std::string name, const std::set<std::string>& paths) {
  while (name.ends_with('/') || name.ends_with('.')) name.pop_back();
  const std::size_t star = name.find_first_of("*{<");
  if (star != std::string::npos) {
    const std::string prefix = name.substr(0, star);
    const auto first = paths.lower_bound(prefix);
    return first != paths.end() && first->starts_with(prefix);
  }
  return paths.contains(name) || paths.contains(name + ".h") || paths.contains(name + ".cc");
}

/// In every README.md: what stands in backticks, holds a slash and begins with a folder of the
/// tree. `generated` are the paths that the checkout makes but does not hold.
inline findings check_readme_paths(const tree& files) {
  static const std::regex quoted("`([^`\\s]+)[^`]*`");
  findings out;
  const std::set<std::string> paths = paths_of(files);
  for (const source_file& file : files) {
    if (file.name() != "README.md") continue;
    const std::vector<std::string> lines = lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      for (std::sregex_iterator it(lines[i].begin(), lines[i].end(), quoted), end; it != end;
           ++it) {
        std::string name = (*it)[1];
        if (name.starts_with("./")) name.erase(0, 2);
        name = name.substr(0, name.find(':'));
        const std::size_t slash = name.find('/');
        if (slash == std::string::npos || !paths.contains(name.substr(0, slash))) continue;
        if (!names_a_path(name, paths))
          out.push_back(place(file, i) + "`" + name + "` does not exist");
      }
    }
  }
  return out;
}

inline findings check_folder_pages(const tree& files) {
  findings out;
  const std::set<std::string> paths = paths_of(files);
  std::set<std::string> folders;
  for (const source_file& file : files)
    if (file.is_cxx() && file.folder() != "cmake" && file.folder() != "tests" &&
        file.folder() != "bench/micro")
      folders.insert(file.folder());
  for (const std::string& folder : folders)
    if (!paths.contains(folder + "/README.md"))
      out.push_back(folder + "/ has no README.md that tells its flow");
  return out;
}

/// What reads bytes that somebody else wrote, with the fuzz target that feeds it.
struct parser {
  std::string_view file;
  std::string_view target;
};

inline findings check_fuzz_targets(const tree& files, const std::vector<parser>& parsers) {
  findings out;
  const std::set<std::string> paths = paths_of(files);
  for (const parser& p : parsers) {
    const std::string target = "tests/fuzz/" + std::string(p.target) + "_fuzz.cc";
    if (!paths.contains(std::string(p.file)))
      out.push_back(std::string(p.file) + " is listed as a parser but does not exist");
    else if (!paths.contains(target))
      out.push_back(std::string(p.file) + " has no fuzz target " + target);
  }
  return out;
}

/// Each tests/<folder>/*_test.cc belongs to a suite of the list that ./dev test goes through.
inline findings check_suite_list(const tree& files) {
  std::set<std::string> listed;
  std::set<std::string> present;
  for (const source_file& file : files) {
    if (file.path == "scripts/suites.txt") {
      for (const std::string& line : lines_of(file.text))
        if (!line.starts_with('#')) listed.insert(line.substr(0, line.find(' ')));
    }
    const std::size_t end = file.path.find('/', 6);
    if (file.path.starts_with("tests/") && file.path.ends_with("_test.cc") &&
        end != std::string::npos) {
      present.insert(file.path.substr(6, end - 6));
    }
  }
  findings out;
  for (const std::string& suite : present)
    if (!listed.contains(suite)) out.push_back("tests/" + suite + " is not in scripts/suites.txt");
  for (const std::string& suite : listed)
    if (!present.contains(suite)) out.push_back("suite " + suite + " is listed but has no tests");
  return out;
}

}  // namespace conclave::layout
