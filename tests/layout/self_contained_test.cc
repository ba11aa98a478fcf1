// Every header compiles alone: whoever includes it needs nothing before it. Builds the target of
// cmake/headers.cmake, so that only headers that changed cost time.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <sys/wait.h>

namespace conclave::layout {
namespace {

struct build_result {
  int code = -1;
  std::string output;
};

build_result build(const std::string& target) {
  const std::string folder = std::filesystem::path(CONCLAVE_BINARY_DIR).parent_path().string();
  build_result result;
  FILE* pipe =
      popen(("cmake --build '" + folder + "' --target " + target + " -- -k0 2>&1").c_str(), "r");
  if (pipe == nullptr) return result;
  char buffer[4096];
  while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe))
    result.output.append(buffer, got);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  return result;
}

TEST(self_contained, a_header_that_leans_on_its_neighbours_is_found) {
  const build_result result = build("check_leaning_header");
  EXPECT_NE(result.code, 0);
  EXPECT_NE(result.output.find("leaning.h"), std::string::npos) << result.output;
}

TEST(self_contained, every_header_compiles_alone) {
  const build_result result = build("check_headers");
  std::string errors;
  for (std::size_t at = 0; at < result.output.size();) {
    const std::size_t end = std::min(result.output.find('\n', at), result.output.size());
    const std::string line = result.output.substr(at, end - at);
    if (line.find("error") != std::string::npos) errors += line + '\n';
    at = end + 1;
  }
  EXPECT_EQ(result.code, 0) << errors;
}

}  // namespace
}  // namespace conclave::layout
