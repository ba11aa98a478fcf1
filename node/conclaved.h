/// `conclaved` as a function: the command line, and the commands that it understands. main.cc calls
/// it with nothing in `hooks`; a test-only build puts a faulty disk under it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace rocksdb {
class FileSystem;
}

namespace conclave::node {

struct test_hooks {
  std::shared_ptr<rocksdb::FileSystem> file_system;
  std::function<void(std::uint64_t conversation)> fault;
  std::uint64_t log_kept_bytes = 0;  ///< of each replicated log; 0: what is usual
};

/// Exit codes, also in --help.
enum exit_code : int {
  exit_ok = 0,
  exit_usage = 2,
  exit_unsafe = 3,   ///< the configuration is wrong or unsafe
  exit_storage = 4,  ///< the data folder cannot be opened
  exit_listen = 5,   ///< an address cannot be listened on
  exit_disk = 74,    ///< a write or fsync failed while running: nothing was acknowledged after it
};

int run_conclaved(int argc, char** argv, const test_hooks& hooks);

}  // namespace conclave::node
