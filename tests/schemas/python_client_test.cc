/// The client that was written from the protocol page alone (tests/python) agrees with the golden
/// vectors, and its view of a conversation with itself. Skipped only where there is no python3.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <sys/wait.h>

namespace conclave {
namespace {

struct finished {
  int code = -1;
  std::string out;
};

finished run(const std::string& command) {
  finished done;
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return done;
  char part[4096];
  std::size_t n = 0;
  while ((n = std::fread(part, 1, sizeof part, pipe)) > 0) done.out.append(part, n);
  const int state = ::pclose(pipe);
  done.code = WIFEXITED(state) ? WEXITSTATUS(state) : 128;
  return done;
}

class python_client : public testing::Test {
 protected:
  void SetUp() override {
    if (run("python3 --version").code != 0) GTEST_SKIP() << "there is no python3";
  }

  static void expect_good(const std::string& script) {
    const auto done =
        run("python3 -B '" + std::string(CONCLAVE_SOURCE_DIR) + "/tests/python/" + script + "'");
    EXPECT_EQ(done.code, 0) << done.out;
    EXPECT_NE(done.out.find("GOOD "), std::string::npos) << done.out;
  }
};

TEST_F(python_client, encodes_and_decodes_every_golden_vector) {
  expect_good("check_page.py");
}

TEST_F(python_client, shows_the_same_whether_it_was_there_or_came_later) {
  expect_good("check_view.py");
}

}  // namespace
}  // namespace conclave
