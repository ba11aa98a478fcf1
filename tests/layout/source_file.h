/// The files of the tree as the layout rules see them. A rule is a pure function from a file to
/// sentences about what is wrong with it, so that each can be shown to fail on a small text.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::layout {

using findings = std::vector<std::string>;

struct source_file {
  std::string path;  ///< relative to the root: "net/outbox.h"
  std::string text;

  /// "net", "bench/micro", "tests"; empty for files at the root.
  std::string folder() const {
    if (path.starts_with("bench/micro/")) return "bench/micro";
    const std::size_t slash = path.find('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
  }

  std::string name() const { return path.substr(path.rfind('/') + 1); }
  bool is_header() const { return path.ends_with(".h"); }
  bool is_cxx() const { return is_header() || path.ends_with(".cc"); }
};

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline std::string place(const source_file& file, std::size_t line_index) {
  return file.path + ':' + std::to_string(line_index + 1) + ": ";
}

/// All text files of the checkout, without what is built, fetched, run or binary.
inline std::vector<source_file> read_tree(const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  std::vector<source_file> files;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator();
       ++it) {
    const std::string path = fs::relative(it->path(), root).string();
    const std::string name = it->path().filename().string();
    if (it->is_directory()) {
      const bool foreign = path == "build" || path == "run" || path == ".git" || path == ".cache" ||
                           name == "corpus" || name == "vectors" || name == "results" ||
                           name == "__pycache__";
      if (foreign) it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file()) continue;
    std::ifstream in(it->path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (text.str().find('\0') == std::string::npos) files.push_back({path, text.str()});
  }
  std::sort(files.begin(), files.end(),
            [](const source_file& a, const source_file& b) { return a.path < b.path; });
  return files;
}

}  // namespace conclave::layout
