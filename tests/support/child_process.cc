/// See child_process.h. Between fork and exec only calls that are safe after a fork are made.
#include "tests/support/child_process.h"

#include "tests/support/temp_folder.h"
#include "tests/support/waiting.h"

#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace conclave::test {

namespace {

/// Our environment without the names that are set anew, and those.
std::vector<std::string> merged_environment(
    const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    bool replaced = false;
    for (const auto& [name, value] : added) replaced = replaced || text.starts_with(name + "=");
    if (!replaced) all.emplace_back(text);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

void redirect(const char* file, int flags, int to) {
  const int fd = ::open(file, flags | O_CLOEXEC, 0600);
  if (fd < 0 || ::dup2(fd, to) < 0) ::_exit(126);
}

}  // namespace

child_process::child_process(const command& c) {
  std::vector<std::string> arguments = c.arguments;
  std::vector<std::string> environment = merged_environment(c.environment);
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(environment);
  const std::string in = c.in_file.empty() ? "/dev/null" : c.in_file;
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (c.network_namespace >= 0 && ::setns(c.network_namespace, CLONE_NEWNET) != 0) ::_exit(126);
    redirect(in.c_str(), O_RDONLY, 0);
    if (!c.out_file.empty()) redirect(c.out_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 1);
    if (!c.err_file.empty()) redirect(c.err_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 2);
    ::execve(argv.front(), argv.data(), envp.data());
    ::_exit(127);
  }
}

child_process::~child_process() {
  if (!running()) return;
  signal(SIGKILL);
  reap(true);
}

void child_process::reap(bool block) {
  if (code_) return;
  int state = 0;
  if (::waitpid(pid_, &state, block ? 0 : WNOHANG) != pid_) return;
  code_ = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

bool child_process::running() {
  reap(false);
  return !code_;
}

void child_process::signal(int number) {
  if (running()) ::kill(pid_, number);
}

std::optional<int> child_process::wait(std::chrono::milliseconds deadline) {
  wait_until([this] { return !running(); }, deadline);
  return code_;
}

std::string read_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream all;
  if (in) all << in.rdbuf();
  return all.str();
}

void write_text(const std::string& file, const std::string& text, int mode) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out || ::chmod(file.c_str(), static_cast<mode_t>(mode)) != 0)
    throw std::runtime_error("cannot write " + file);
}

finished run_to_end(const std::vector<std::string>& arguments,
                    const std::vector<std::pair<std::string, std::string>>& environment,
                    const std::string& input, std::chrono::milliseconds deadline) {
  const temp_folder folder;
  write_text(folder.file("in"), input);
  child_process child(
      {arguments, environment, folder.file("out"), folder.file("err"), folder.file("in")});
  auto code = child.wait(deadline);
  if (!code) {
    child.signal(SIGKILL);
    code = child.wait(patience);
  }
  return {code.value_or(-1), read_text(folder.file("out")), read_text(folder.file("err"))};
}

}  // namespace conclave::test
