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

bool part_of_a_database(std::string_view name) {
  return name.ends_with(".sst") || name.ends_with(".log") || name.starts_with("OPTIONS-");
}

outcome<folder_state> create(const std::string& path) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::absolute(path, error).parent_path();
  if (!error) std::filesystem::create_directories(parent, error);
  if (error) {
    return system_failure("cannot create the folder " + parent.string(), error.value());
  }
  // Private from the first moment on: what lies inside is everybody's conversations.
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_failure("cannot create the data folder " + path, errno);
  }
  return folder_state::fresh;
}

}  // namespace

outcome<folder_state> prepare_data_folder(const std::string& path) {
  if (path.empty()) return failure{errc::invalid_argument, "no data folder is given"};
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
