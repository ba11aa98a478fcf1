/// The profile's TOML.
#include "client/cli/profile.h"

#include <toml++/toml.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace conclave::client::cli {

namespace {

namespace fs = std::filesystem;

failure in_file(const std::string& file, const std::string& what) {
  return failure{errc::invalid_argument, file + ": " + what};
}

/// toml++ reports syntax errors by exception; it ends here.
outcome<toml::table> parse(const std::string& text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    std::ostringstream line;
    line << "line " << error.source().begin.line << ": " << error.description();
    return in_file(file, line.str());
  }
}

std::string beside(const fs::path& folder, const std::string& path) {
  if (path.empty() || fs::path(path).is_absolute()) return path;
  return (folder / path).lexically_normal().string();
}

}  // namespace

bool profile_is_named(const std::string& option) {
  const char* named = std::getenv("CONCLAVE_PROFILE");
  return !option.empty() || (named != nullptr && *named != '\0');
}

std::string profile_path(const std::string& option) {
  if (!option.empty()) return option;
  if (const char* named = std::getenv("CONCLAVE_PROFILE"); named != nullptr && *named != '\0') {
    return named;
  }
  if (const char* base = std::getenv("XDG_CONFIG_HOME"); base != nullptr && *base == '/') {
    return std::string(base) + "/conclave/profile.toml";
  }
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.config/conclave/profile.toml";
}

outcome<profile> load_profile(const std::string& file, bool required) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    if (!required) return profile{};
    return in_file(file, "cannot read the profile");
  }
  std::ostringstream text;
  text << in.rdbuf();
  auto table = parse(text.str(), file);
  if (!table) return std::move(table).error();
  profile p;
  for (const auto& [key, node] : *table) {
    const std::string name(key.str());
    std::string* to = name == "server"       ? &p.server
                      : name == "ca"         ? &p.ca
                      : name == "token_file" ? &p.token_file
                      : name == "state_file" ? &p.state_file
                                             : nullptr;
    if (to == nullptr) {
      return in_file(file,
                     "unknown option `" + name + "`; there are server, ca, token_file, state_file");
    }
    const auto value = node.value<std::string>();
    if (!value) return in_file(file, "`" + name + "` must be a string");
    *to = *value;
  }
  const fs::path folder = fs::absolute(file).parent_path();
  p.ca = beside(folder, p.ca);
  p.token_file = beside(folder, p.token_file);
  p.state_file = beside(folder, p.state_file);
  return p;
}

status save_profile(const std::string& file, const profile& p) {
  std::error_code error;
  const fs::path folder = fs::absolute(file).parent_path();
  fs::create_directories(folder, error);
  if (error) return in_file(folder.string(), "cannot create the folder: " + error.message());
  toml::table table;
  table.insert("server", p.server);
  table.insert("ca", p.ca);
  table.insert("token_file", p.token_file);
  if (!p.state_file.empty()) table.insert("state_file", p.state_file);
  const std::string fresh = file + ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  fs::permissions(fresh, fs::perms::owner_read | fs::perms::owner_write, error);
  out << table << "\n";
  out.close();
  if (!out) return in_file(fresh, "cannot write the profile");
  fs::rename(fresh, file, error);
  if (error) return in_file(file, "cannot replace the profile: " + error.message());
  return done{};
}

}  // namespace conclave::client::cli
