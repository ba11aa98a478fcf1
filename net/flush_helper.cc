/// Who takes a portion counts left_ down by one: of each batch each number is given out once, also
/// to a helper that comes late and finds the next batch.
#include "net/flush_helper.h"

#include <algorithm>
#include <pthread.h>

namespace conclave::net {

namespace {

/// Large portions are cheaper per record, small ones let both threads end at the same time.
std::size_t portion_of(std::size_t records) {
  return std::clamp(records / 8, seal_ahead_from, sealed_at_once);
}

}  // namespace

flush_helper::flush_helper(bool io_uring) : writer_(io_uring), thread_([this] { run(); }) {}

flush_helper::~flush_helper() {
  stopping_.store(true, std::memory_order_relaxed);
  calls_.fetch_add(1, std::memory_order_release);
  calls_.notify_one();
  thread_.join();
}

void flush_helper::write_all(std::span<record_write> records, record_writer& own) {
  if (records.empty()) return;
  records_ = records;
  portion_ = portion_of(records.size());
  open_.store(static_cast<std::uint32_t>(portions()), std::memory_order_relaxed);
  left_.store(static_cast<std::int64_t>(portions()), std::memory_order_release);
  calls_.fetch_add(1, std::memory_order_release);
  calls_.notify_one();
  while (true) {
    const std::span<record_write> taken = take();
    if (taken.empty()) break;
    own.write(taken);
    finish_one();
  }
  while (const std::uint32_t open = open_.load(std::memory_order_acquire)) {
    open_.wait(open, std::memory_order_acquire);
  }
}

std::span<record_write> flush_helper::take() {
  const std::int64_t left = left_.fetch_sub(1, std::memory_order_acq_rel);
  if (left <= 0) return {};
  const std::size_t begin = (portions() - static_cast<std::size_t>(left)) * portion_;
  return records_.subspan(begin, std::min(portion_, records_.size() - begin));
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
    while (true) {
      const std::span<record_write> taken = take();
      if (taken.empty()) break;
      writer_.write(taken);
      helped_.fetch_add(taken.size(), std::memory_order_relaxed);
      finish_one();
    }
  }
}

}  // namespace conclave::net
