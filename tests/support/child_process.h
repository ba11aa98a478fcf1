/// Programs as children of a test: started with their output in a file, waited for with a deadline,
/// killed and reaped with the object. They die with the thread that started them (PDEATHSIG), so a
/// crashed test leaves nothing behind; start them from the main thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace conclave::test {

/// The exit code of a child that a signal ended is 128 plus the signal, as in a shell.
inline constexpr int killed_by_9 = 128 + 9;

class child_process {
 public:
  struct command {
    std::vector<std::string> arguments;                            ///< the program's path first
    std::vector<std::pair<std::string, std::string>> environment;  ///< added to ours
    std::string out_file;                                          ///< appended to; empty: ours
    std::string err_file;                                          ///< may be the same; empty: ours
    std::string in_file;                                           ///< empty: /dev/null
    int network_namespace = -1;  ///< the child is born in this one (network_namespace.h); -1: ours
  };

  /// Throws when the process cannot be made. A program that cannot be executed ends with code 127.
  explicit child_process(const command& c);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  /// Nothing when it still runs at the deadline.
  std::optional<int> wait(std::chrono::milliseconds deadline);

 private:
  void reap(bool block);

  pid_t pid_ = -1;
  std::optional<int> code_;
};

struct finished {
  int code = -1;
  std::string out;
  std::string err;
};

/// Runs a program to its end; killed at the deadline, which gives code 137.
finished run_to_end(const std::vector<std::string>& arguments,
                    const std::vector<std::pair<std::string, std::string>>& environment = {},
                    const std::string& input = {},
                    std::chrono::milliseconds deadline = std::chrono::milliseconds(30'000));

/// A whole file; empty when there is none.
std::string read_text(const std::string& file);
void write_text(const std::string& file, const std::string& text, int mode = 0600);

}  // namespace conclave::test
