/// Looks at names only: what is inside the files is RocksDB's and store.cc's business.
#include "storage/data_folder.h"

#include "storage/disk_watch.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace conclave::storage {

namespace {

failure system_failure(const std::string& what, int error) {
  const bool permission = error == EACCES || error == EPERM || error == EROFS;
  return failure{permission ? errc::forbidden : errc::io_error, what + ": " + std::strerror(error)};
}

/// What RocksDB leaves behind when it is stopped before its first manifest counts, and what file
/// systems put into their roots.
bool harmless_without_database(std::string_view name) {
  return name == "LOCK" || name == "IDENTITY" || name == ballast_name || name == "lost+found" ||
         name == "LOG" || name.starts_with("LOG.old") || name.starts_with("MANIFEST-") ||
         name.ends_with(".dbtmp");
}

/// "000012.log" and "000031.sst". A log of something else is a stranger: no backup mends it.
bool has_a_number_of_a_database(std::string_view name) {
  const std::size_t dot = name.find_first_not_of("0123456789");
  return dot != 0 && dot != std::string_view::npos &&
         (name.substr(dot) == ".log" || name.substr(dot) == ".sst");
}

bool part_of_a_database(std::string_view name) {
  return has_a_number_of_a_database(name) || name.starts_with("OPTIONS-");
}

/// With "data/" the folder above "data" would be "data" itself, and be made open like any other.
std::string without_trailing_slashes(std::string path) {
  while ((path.size() > 1 && path.ends_with('/')) || path.ends_with("/.")) path.pop_back();
  return path;
}

/// What another process has made in the meantime is used only when it is as private as our own.
outcome<folder_state> judge_as_found(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0)
    return system_failure("cannot create the data folder " + path, errno);
  if (!S_ISDIR(facts.st_mode)) return failure{errc::invalid_argument, path + " is not a folder"};
  if ((facts.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return failure{errc::forbidden, "the data folder " + path +
                                        " was made by somebody else and is open to other accounts"
                                        " of this machine; run `chmod 700 " +
                                        path + "`"};
  }
  return folder_state::fresh;
}

outcome<folder_state> create(const std::string& path) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::absolute(path, error).parent_path();
  if (!error) std::filesystem::create_directories(parent, error);
  if (error) {
    return system_failure("cannot create the folder " + parent.string(), error.value());
  }
  // Private from the first moment on: what lies inside is everybody's conversations.
  if (::mkdir(path.c_str(), 0700) != 0) {
    if (errno == EEXIST) return judge_as_found(path);
    return system_failure("cannot create the data folder " + path, errno);
  }
  return folder_state::fresh;
}

}  // namespace

outcome<folder_state> prepare_data_folder(const std::string& given) {
  if (given.empty()) return failure{errc::invalid_argument, "no data folder is given"};
  const std::string path = without_trailing_slashes(given);
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT) return create(path);
    return system_failure("cannot look at the data folder " + path, errno);
  }
  if (!S_ISDIR(facts.st_mode)) {
    return failure{errc::invalid_argument, path + " is not a folder"};
  }
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return system_failure("cannot use the data folder " + path, errno);
  }

  bool has_current = false;
  std::string stranger;
  std::string orphan;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name == "CURRENT") {
      has_current = true;
    } else if (part_of_a_database(name)) {
      orphan = name;
    } else if (!harmless_without_database(name)) {
      stranger = name;
    }
  }
  if (error) return system_failure("cannot list the data folder " + path, error.value());
  if (has_current) return folder_state::existing;
  if (!orphan.empty()) {
    return failure{errc::corrupt, "the data folder " + path + " holds " + orphan +
                                      " but its file CURRENT is missing: restore it from a backup"};
  }
  if (!stranger.empty()) {
    return failure{errc::invalid_argument, path + " is not a data folder: it holds " + stranger};
  }
  return folder_state::fresh;
}

}  // namespace conclave::storage
