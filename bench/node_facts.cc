/// Reading /proc/PID and the configuration that the command names.
#include "bench/node_facts.h"

#include "bench/text_file.h"

#include <filesystem>
#include <vector>

namespace conclave::bench {

namespace {

/// The arguments of a process; empty when it may not be seen.
std::vector<std::string> command_of(pid_t pid) {
  const auto text = read_text("/proc/" + std::to_string(pid) + "/cmdline");
  std::vector<std::string> words;
  if (!text) return words;
  for (std::size_t from = 0; from < text->size();) {
    const std::size_t end = text->find('\0', from);
    words.push_back(text->substr(from, end - from));
    if (end == std::string::npos) break;
    from = end + 1;
  }
  return words;
}

}  // namespace

void tell_node(report& r, const target& t) {
  r.node("server", t.server);
  r.node("durability", t.durability);
  if (!t.commit.empty()) r.node("commit", t.commit);
  if (t.server_pid == 0) return;
  const std::vector<std::string> words = command_of(t.server_pid);
  std::string command;
  for (std::size_t i = 0; i < words.size(); ++i) {
    command += (i == 0 ? "" : " ") + words[i];
    if (words[i] != "--config" || i + 1 == words.size()) continue;
    std::error_code error;
    const auto folder =
        std::filesystem::read_symlink("/proc/" + std::to_string(t.server_pid) + "/cwd", error);
    const auto config = read_text((folder / words[i + 1]).string());
    r.node("config", config ? *config : config.error().detail);
  }
  r.node("command", command);
}

}  // namespace conclave::bench
