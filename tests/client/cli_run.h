/// Runs command lines of `conclave` inside the test's process against a node that is scripted. Main
/// thread only: it captures stdout and stderr and sets CONCLAVE_PROFILE.
#pragma once

#include "client/cli/app.h"
#include "client/token_file.h"
#include "tests/client/fake_node.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace conclave::client::cli {

class cli_run : public ::testing::Test {
 protected:
  cli_run() {
    EXPECT_TRUE(write_token_file(file("u1.token"), "u1"));
    // Whatever this machine's user has is not for tests.
    setenv("CONCLAVE_PROFILE", file("profile.toml").c_str(), 1);
    std::ofstream(file("profile.toml")) << "";
  }
  ~cli_run() override { unsetenv("CONCLAVE_PROFILE"); }

  std::string file(const std::string& name) { return folder_.file(name); }

  struct result {
    int code = -1;
    std::string out;
    std::string err;
  };

  result run(const std::vector<std::string>& words, bool with_token = true, bool as_json = true) {
    std::vector<std::string> all{"conclave", "--server", node_.address(), "--ca",
                                 certificates().ca_file()};
    if (as_json) all.emplace_back("--json");
    if (with_token) all.insert(all.end(), {"--token-file", file("u1.token")});
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> arguments;
    for (std::string& word : all) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    result r;
    r.code = cli::run(static_cast<int>(all.size()), arguments.data());
    r.out = testing::internal::GetCapturedStdout();
    r.err = testing::internal::GetCapturedStderr();
    return r;
  }

  /// Keeps the payload of the last request of a type and answers it.
  template <class Answer>
  void keep(frame_type type, std::string& payload, Answer answer) {
    node_.script(type, [this, &payload, answer](net::connection& c, const frame_view& f) {
      payload = f.payload;
      node_.answer(c, f, answer);
    });
  }

  test::temp_folder folder_{"conclave-cli-run"};
  fake_node node_;
};

}  // namespace conclave::client::cli
