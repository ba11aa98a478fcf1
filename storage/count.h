/// A counter that one thread raises and any thread reads: no locked instruction needed.
#pragma once

#include <atomic>
#include <cstdint>

namespace conclave::storage {

class count {
 public:
  void add(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace conclave::storage
