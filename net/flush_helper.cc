/// Who takes a record counts left_ down by one: of each batch each number is given out once, also
/// to a helper that comes late and finds the next batch.
#include "net/flush_helper.h"

#include <pthread.h>

namespace conclave::net {

flush_helper::flush_helper() : thread_([this] { run(); }) {}

flush_helper::~flush_helper() {
  stopping_.store(true, std::memory_order_relaxed);
  calls_.fetch_add(1, std::memory_order_release);
  calls_.notify_one();
  thread_.join();
}

void flush_helper::write_all(std::span<record_write> records) {
  if (records.empty()) return;
  records_ = records;
  open_.store(static_cast<std::uint32_t>(records.size()), std::memory_order_relaxed);
  left_.store(static_cast<std::int64_t>(records.size()), std::memory_order_release);
  calls_.fetch_add(1, std::memory_order_release);
  calls_.notify_one();
  while (record_write* const w = take()) {
    write_record(*w);
    finish_one();
  }
  while (const std::uint32_t open = open_.load(std::memory_order_acquire)) {
    open_.wait(open, std::memory_order_acquire);
  }
}

record_write* flush_helper::take() {
  const std::int64_t left = left_.fetch_sub(1, std::memory_order_acq_rel);
  return left > 0 ? &records_[records_.size() - static_cast<std::size_t>(left)] : nullptr;
}

void flush_helper::finish_one() {
  if (open_.fetch_sub(1, std::memory_order_acq_rel) == 1) open_.notify_one();
}

void flush_helper::run() {
  pthread_setname_np(pthread_self(), "flush_helper");
  std::uint32_t seen = 0;
  while (true) {
    calls_.wait(seen, std::memory_order_acquire);
    seen = calls_.load(std::memory_order_acquire);
    if (stopping_.load(std::memory_order_relaxed)) return;
    while (record_write* const w = take()) {
      write_record(*w);
      helped_.fetch_add(1, std::memory_order_relaxed);
      finish_one();
    }
  }
}

}  // namespace conclave::net
