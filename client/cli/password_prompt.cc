/// Prompts, files and pipes.
#include "client/cli/password_prompt.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

namespace conclave::client::cli {

namespace {

failure refused(const std::string& sentence) {
  return failure{errc::invalid_argument, sentence};
}

outcome<std::string> first_line(std::istream& in, const std::string& name) {
  std::string line;
  std::getline(in, line);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty()) return refused(name + " does not hold a password on its first line");
  return line;
}

outcome<std::string> from_file(const std::string& file) {
  struct stat facts {};
  if (stat(file.c_str(), &facts) != 0) {
    return refused("cannot read the password file " + file + ": " + std::strerror(errno));
  }
  if (S_ISREG(facts.st_mode) && (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return refused("the password file " + file + " can be read by others: chmod 600 it");
  }
  std::ifstream in(file);
  return first_line(in, "the password file " + file);
}

/// Echo is off while it lives.
class no_echo {
 public:
  no_echo() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~no_echo() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  no_echo(const no_echo&) = delete;
  no_echo& operator=(const no_echo&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

outcome<std::string> from_terminal(const std::string& prompt) {
  const no_echo quiet;
  std::fprintf(stderr, "%s: ", prompt.c_str());
  auto line = first_line(std::cin, "the terminal");
  std::fputc('\n', stderr);
  return line;
}

bool at_terminal() {
  return isatty(STDIN_FILENO) == 1;
}

}  // namespace

outcome<std::string> read_password(const std::string& file, const std::string& prompt) {
  if (!file.empty() && file != "-") return from_file(file);
  if (file.empty() && at_terminal()) return from_terminal(prompt);
  return first_line(std::cin, "standard input");
}

outcome<std::string> read_new_password(const std::string& file, const std::string& prompt) {
  auto first = read_password(file, prompt);
  if (!first || !file.empty() || !at_terminal()) return first;
  const auto again = from_terminal(prompt + " (again)");
  if (!again) return again.error();
  if (*again != *first) return refused("the two are not the same");
  return first;
}

}  // namespace conclave::client::cli
