/// A temporary folder, closed to others, that goes with the object. Any thread, one at a time.
/// Failure throws: without a folder there is nothing to test.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace conclave::test {

class temp_folder {
 public:
  explicit temp_folder(const std::string& name = "conclave-test") {
    path_ = (std::filesystem::temp_directory_path() / (name + "-XXXXXX")).string();
    if (::mkdtemp(path_.data()) == nullptr)
      throw std::runtime_error("cannot make a temporary folder like " + path_);
  }
  ~temp_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace conclave::test
