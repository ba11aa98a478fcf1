/// Who may include whom: the layers of the tree and the confinement of third-party headers.
#pragma once

#include "tests/layout/source_file.h"

#include <map>
#include <optional>
#include <set>

namespace conclave::layout {

struct include_line {
  std::size_t line_index;
  std::string target;
  bool quoted;
};

inline std::vector<include_line> includes_of(const source_file& file) {
  std::vector<include_line> found;
  const std::vector<std::string> lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string line = lines[i];
    std::erase_if(line, [](char c) { return c == ' ' || c == '\t'; });
    if (!line.starts_with("#include") || line.size() < 11) continue;
    const char open = line[8];
    const std::size_t end = line.find(open == '<' ? '>' : '"', 9);
    if ((open == '<' || open == '"') && end != std::string::npos)
      found.push_back({i, line.substr(9, end - 9), open == '"'});
  }
  return found;
}

inline bool is_own_folder(const std::string& name) {
  static const std::set<std::string> folders{"schemas",     "conf",   "crypto", "storage",
                                             "net",         "actors", "node",   "client",
                                             "replication", "bench",  "tests"};
  return folders.contains(name) || name == "bench/micro";
}

/// Each folder with those it may include besides itself; nothing: no limit.
inline std::optional<std::set<std::string>> layers_below(const std::string& folder) {
  static const std::map<std::string, std::set<std::string>> layers{
      {"schemas", {}},
      {"conf", {"schemas"}},
      {"crypto", {"schemas"}},
      {"storage", {"schemas", "conf", "crypto"}},
      {"net", {"schemas", "conf", "crypto"}},
      {"replication", {"schemas", "conf", "crypto", "storage", "net"}},
      {"actors", {"schemas", "conf", "crypto", "storage", "net", "replication"}},
      {"node", {"schemas", "conf", "crypto", "storage", "net", "replication", "actors"}},
      {"client", {"schemas", "conf", "net"}},
      {"bench", {"client"}},
  };
  if (folder == "tests" || folder == "bench/micro") return std::nullopt;
  const auto found = layers.find(folder);
  return found == layers.end() ? std::set<std::string>{} : found->second;
}

/// Own headers are named from the root and only from lower layers.
inline findings check_layers(const source_file& file) {
  findings out;
  const auto below = layers_below(file.folder());
  for (const include_line& include : includes_of(file)) {
    if (!include.quoted) continue;
    const std::string where = place(file, include.line_index);
    if (include.target.find('/') == std::string::npos || include.target.starts_with('.')) {
      out.push_back(where + "name \"" + include.target + "\" from the root, as folder/file.h");
      continue;
    }
    const std::string target = source_file{include.target, {}}.folder();
    if (!is_own_folder(target)) {
      out.push_back(where + "write <" + include.target + ">: quotes are for our own headers");
      continue;
    }
    if (below && target != file.folder() && !below->contains(target))
      out.push_back(where + file.folder() + "/ must not include " + target + "/");
  }
  return out;
}

/// X.cc includes X.h before anything else: then compiling it proves that X.h needs nothing before
/// it. `has_header`: whether there is such a header.
inline findings check_own_header_first(const source_file& file, bool has_header) {
  if (!has_header) return {};
  const std::string own = file.path.substr(0, file.path.size() - 3) + ".h";
  const std::vector<include_line> includes = includes_of(file);
  if (!includes.empty() && includes.front().target == own) return {};
  return {file.path + ": include \"" + own + "\" before everything else"};
}

struct confinement {
  std::string_view prefix;  ///< of the included name
  std::string_view reason;
  bool (*allowed)(const source_file& file, const std::string& target);
};

inline const std::vector<confinement>& confinements() {
  // libssl's own header set: what ssl.h is used with. Everything else of OpenSSL is crypto/'s.
  static const auto tls_header = [](const std::string& target) {
    return target == "openssl/ssl.h" || target == "openssl/err.h" || target == "openssl/bio.h" ||
           target.starts_with("openssl/x509");
  };
  static const std::vector<confinement> rules{
      {"caf/", "CAF is known to actors/ only",
       [](const source_file& f, const std::string&) {
         return f.folder() == "actors" && f.name().find("_state.") == std::string::npos;
       }},
      {"rocksdb/", "RocksDB is known to storage/ only",
       [](const source_file& f, const std::string&) { return f.folder() == "storage"; }},
      {"openssl/", "TLS belongs to net/, all other cryptography to crypto/",
       [](const source_file& f, const std::string& target) {
         // Speaks to other brokers, which net/ does not.
         if (f.folder() == "net" || f.path.starts_with("bench/peers/")) return tls_header(target);
         return f.folder() == "crypto" && target != "openssl/ssl.h";
       }},
      {"argon2.h", "Argon2 is known to crypto/ only",
       [](const source_file& f, const std::string&) { return f.folder() == "crypto"; }},
      {"spdlog/", "spdlog is known to conf/log.* only",
       [](const source_file& f, const std::string&) { return f.path.starts_with("conf/log."); }},
      {"fmt/", "formatting is the log's own business: conf/log.* only",
       [](const source_file& f, const std::string&) { return f.path.starts_with("conf/log."); }},
      {"msgpack", "msgpack is known to the .cc files of schemas/ only",
       [](const source_file& f, const std::string&) {
         return f.folder() == "schemas" && !f.is_header();
       }},
      {"toml++/", "TOML is read by conf/config.cc and by the client's profiles only",
       [](const source_file& f, const std::string&) {
         return f.path == "conf/config.cc" || (f.folder() == "client" && !f.is_header());
       }},
      {"prometheus/", "the metrics library is known to conf/metrics.cc only",
       [](const source_file& f, const std::string&) { return f.path == "conf/metrics.cc"; }},
      {"histedit.h", "the line editor is known to client/ only",
       [](const source_file& f, const std::string&) { return f.folder() == "client"; }},
      {"editline/", "the line editor is known to client/ only",
       [](const source_file& f, const std::string&) { return f.folder() == "client"; }},
      {"CLI/", "command lines are read by the programs only",
       [](const source_file& f, const std::string&) {
         return f.folder() == "client" || f.folder() == "node" || f.folder() == "bench";
       }},
      {"gtest/", "tests belong into tests/",
       [](const source_file&, const std::string&) { return false; }},
      {"gmock/", "tests belong into tests/",
       [](const source_file&, const std::string&) { return false; }},
  };
  return rules;
}

inline findings check_confinement(const source_file& file) {
  findings out;
  // cmake/ holds the precompiled headers, which are third-party headers by nature.
  const bool free_folder =
      file.folder() == "tests" || file.folder() == "bench/micro" || file.folder() == "cmake";
  for (const include_line& include : includes_of(file)) {
    if (include.target == "caf/all.hpp")
      out.push_back(place(file, include.line_index) + "caf/all.hpp: include what is used");
    if (free_folder) continue;
    for (const confinement& rule : confinements()) {
      if (include.target.starts_with(rule.prefix) && !rule.allowed(file, include.target)) {
        out.push_back(place(file, include.line_index) + "<" + include.target +
                      ">: " + std::string(rule.reason));
      }
    }
  }
  return out;
}

}  // namespace conclave::layout
