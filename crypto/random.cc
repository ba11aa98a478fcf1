/// A pool of random bytes per thread: one call into libcrypto per 4 KiB instead of one per id.
/// Bytes are wiped as they are handed out, and a forked child starts with an empty pool, so that no
/// byte is ever given twice.
#include "crypto/random.h"

#include "schemas/check.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <pthread.h>

namespace conclave::crypto {

namespace {

/// Counts forks: a pool filled before the last fork is shared with the parent and must not be used.
std::atomic<std::uint64_t> fork_generation{0};

void note_fork() {
  fork_generation.fetch_add(1, std::memory_order_relaxed);
}

class random_pool {
 public:
  ~random_pool() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  void take(char* out, std::size_t size) {
    static const int registered = pthread_atfork(nullptr, nullptr, note_fork);
    CONCLAVE_CHECK(registered == 0, "cannot watch for forks");
    const std::uint64_t generation = fork_generation.load(std::memory_order_relaxed);
    if (generation != generation_) {
      used_ = bytes_.size();
      generation_ = generation;
    }
    while (size > 0) {
      if (used_ == bytes_.size()) refill();
      const std::size_t part = std::min(size, bytes_.size() - used_);
      std::memcpy(out, bytes_.data() + used_, part);
      OPENSSL_cleanse(bytes_.data() + used_, part);
      used_ += part;
      out += part;
      size -= part;
    }
  }

 private:
  void refill() {
    CONCLAVE_CHECK(RAND_bytes(bytes_.data(), static_cast<int>(bytes_.size())) == 1,
                   "the system has no randomness to give");
    used_ = 0;
  }

  std::array<unsigned char, 4096> bytes_{};
  std::size_t used_ = 4096;
  std::uint64_t generation_ = 0;
};

random_pool& pool() {
  thread_local random_pool own;
  return own;
}

}  // namespace

std::string random_bytes(std::size_t size) {
  std::string result(size, '\0');
  pool().take(result.data(), size);
  return result;
}

std::uint64_t random_u64() {
  std::uint64_t result = 0;
  pool().take(reinterpret_cast<char*>(&result), sizeof result);
  return result;
}

}  // namespace conclave::crypto
