/// The newest entries of a log as stored bytes, so that peers who keep up are fed from memory.
/// Plain data of one replica's thread; entries are shared, never copied. Limits: `most_bytes`,
/// beyond which the oldest go; one entry always stays.
#pragma once

#include "schemas/ids.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace conclave::replication {

using stored_entry = std::shared_ptr<const std::string>;

class recent_entries {
 public:
  explicit recent_entries(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// `index` follows the last one, else everything before it is forgotten.
  void append(log_index index, stored_entry entry) {
    if (!entries_.empty() && index.value != first_ + entries_.size()) clear();
    if (entries_.empty()) first_ = index.value;
    bytes_ += entry->size();
    entries_.push_back(std::move(entry));
    while (bytes_ > most_bytes_ && entries_.size() > 1) {
      bytes_ -= entries_.front()->size();
      entries_.pop_front();
      ++first_;
    }
  }

  void truncate_after(log_index keep) {
    while (!entries_.empty() && first_ + entries_.size() - 1 > keep.value) {
      bytes_ -= entries_.back()->size();
      entries_.pop_back();
    }
  }

  void clear() {
    entries_.clear();
    bytes_ = 0;
  }

  /// Null: not here.
  stored_entry at(log_index index) const {
    if (index.value < first_ || index.value >= first_ + entries_.size()) return nullptr;
    return entries_[index.value - first_];
  }

 private:
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::uint64_t first_ = 0;
  std::deque<stored_entry> entries_;
};

}  // namespace conclave::replication
