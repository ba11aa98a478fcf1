/// The state file's JSON and its atomic replacement.
#include "client/state_file.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace conclave::client {

namespace {

failure file_failure(const std::string& doing, const std::string& file) {
  return failure{errc::io_error, doing + " " + file + ": " + std::strerror(errno)};
}

std::uint64_t number(const nlohmann::json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}

/// What is no list of pairs in ascending order is none: then those seqs are not asked for again.
passed_stretches passed_in(const nlohmann::json& object) {
  passed_stretches passed;
  const auto list = object.find("passed");
  if (list == object.end() || !list->is_array()) return passed;
  for (const auto& pair : *list) {
    if (!pair.is_array() || pair.size() != 2) return {};
    if (!pair[0].is_number_unsigned() || !pair[1].is_number_unsigned()) return {};
    passed.add(pair[0].get<std::uint64_t>(), pair[1].get<std::uint64_t>());
  }
  return passed;
}

}  // namespace

std::string to_json(const session_state& state) {
  nlohmann::json root;
  root["format"] = 1;
  root["tenant"] = state.tenant.value;
  root["user"] = state.user.value;
  root["device"] = state.device.value;
  if (state.following_inbox) root["inbox"] = state.inbox;
  nlohmann::json list = nlohmann::json::object();
  for (const auto& [id, at] : state.conversations) {
    nlohmann::json& entry = list[std::to_string(id.value)];
    entry["client_seq"] = at.client_seq;
    if (at.following) entry["cursor"] = at.cursor.value;
    for (const auto& [first, last] : at.passed.all()) entry["passed"].push_back({first, last});
    if (at.looking_back) entry["looking_back"] = true;
  }
  root["conversations"] = std::move(list);
  return root.dump(1) + "\n";
}

outcome<session_state> session_state_from_json(const std::string& text) {
  const auto root = nlohmann::json::parse(text, nullptr, false);
  if (!root.is_object() || number(root, "format") != 1) {
    return failure{errc::corrupt, "not a state file of this program"};
  }
  session_state state;
  state.tenant = tenant_id{static_cast<std::uint32_t>(number(root, "tenant"))};
  state.user = user_id{number(root, "user")};
  state.device = device_id{number(root, "device")};
  state.following_inbox = root.contains("inbox");
  state.inbox = number(root, "inbox");
  const auto list = root.find("conversations");
  if (list == root.end() || !list->is_object()) {
    return failure{errc::corrupt, "the state file lacks its conversations"};
  }
  for (const auto& [key, value] : list->items()) {
    char* end = nullptr;
    const std::uint64_t id = std::strtoull(key.c_str(), &end, 10);
    if (end == key.c_str() || *end != '\0' || id == 0 || id >= id_limit || !value.is_object()) {
      return failure{errc::corrupt, "the state file names a conversation `" + key + "`"};
    }
    conversation_state& at = state.conversations[conversation_id{id}];
    at.following = value.contains("cursor");
    at.cursor = event_seq{number(value, "cursor")};
    at.client_seq = number(value, "client_seq");
    at.passed = passed_in(value);
    const auto back = value.find("looking_back");
    at.looking_back = back != value.end() && back->is_boolean() && back->get<bool>();
  }
  return state;
}

outcome<session_state> load_state(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    if (errno == ENOENT) return session_state{};
    return file_failure("cannot read", file);
  }
  std::ostringstream text;
  text << in.rdbuf();
  auto state = session_state_from_json(text.str());
  if (!state) return std::move(state).error().prefixed(file);
  return state;
}

status save_state(const std::string& file, const session_state& state) {
  const std::string text = to_json(state);
  // The name carries the process, so that two of them cannot mix their bytes.
  const std::string fresh = file + "." + std::to_string(getpid()) + ".new";
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return file_failure("cannot write", fresh);
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = write(fd, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const failure f = file_failure("cannot write", fresh);
      close(fd);
      unlink(fresh.c_str());
      return f;
    }
    written += static_cast<std::size_t>(n);
  }
  // A name must not come before what it names: an empty file would be taken for a damaged one.
  (void)fdatasync(fd);
  close(fd);
  if (rename(fresh.c_str(), file.c_str()) != 0) {
    const failure f = file_failure("cannot replace", file);
    unlink(fresh.c_str());
    return f;
  }
  return done{};
}

}  // namespace conclave::client
