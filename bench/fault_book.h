/// Faults of delivery by kind, each with a count and its first example. Any entry makes a run fail.
/// One per thread, merged at the end.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace conclave::bench {

class fault_book {
 public:
  struct entry {
    std::uint64_t count = 0;
    std::string example;
  };

  void add(const std::string& kind, const std::string& example, std::uint64_t count = 1) {
    if (count == 0) return;
    entry& e = entries_[kind];
    e.count += count;
    if (e.example.empty()) e.example = example;
  }

  void merge(const fault_book& other) {
    for (const auto& [kind, e] : other.entries_) add(kind, e.example, e.count);
  }

  bool empty() const { return entries_.empty(); }
  std::uint64_t count(const std::string& kind) const {
    const auto found = entries_.find(kind);
    return found == entries_.end() ? 0 : found->second.count;
  }
  const std::map<std::string, entry>& entries() const { return entries_; }

 private:
  std::map<std::string, entry> entries_;
};

}  // namespace conclave::bench
