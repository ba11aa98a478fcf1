/// conclaved with faults, for tests only: a file system that forgets at the kill what was not
/// synced (CONCLAVE_FAULT adds failures, see faulty_fs.h), and conversations that crash at every
/// n-th batch (CONCLAVE_FAULT_ACTOR_EVERY=n). CONCLAVE_LOG_KEEP_KIB=n keeps replicated logs short,
/// so that copies that were away need a snapshot.
#include "node/conclaved.h"
#include "tests/support/faulty_fs.h"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

int main(int argc, char** argv) {
  conclave::node::test_hooks hooks;
  hooks.file_system = conclave::test::faulty_file_system_from_env();
  const char* const every = std::getenv("CONCLAVE_FAULT_ACTOR_EVERY");
  const std::uint64_t step = every == nullptr ? 0 : std::strtoull(every, nullptr, 10);
  std::atomic<std::uint64_t> batches{0};
  if (step != 0) {
    hooks.fault = [&batches, step](std::uint64_t) {
      if (++batches % step == 0) throw std::runtime_error("a crash on purpose");
    };
  }
  const char* const kept = std::getenv("CONCLAVE_LOG_KEEP_KIB");
  if (kept != nullptr) hooks.log_kept_bytes = std::strtoull(kept, nullptr, 10) << 10;
  return conclave::node::run_conclaved(argc, argv, hooks);
}
