/// A second pair of hands for large fan-outs. A record to each of a thousand connections costs its
/// loop a thousand times encryption and system call, one after the other, while other cores rest:
/// the last member waits for all the writes before his. With a helper two threads take them in
/// turn, some at a time.
///
/// Fork and join: write_all() is called by the loop's thread, which takes part and returns when
/// every record is dealt with. Meanwhile no connection is touched but through the TLS state of the
/// records that a thread holds. Owned by its loop; the helper's thread sleeps in between. A helper
/// that wakes late finds nothing left; one that loses its core amid its records is waited for.
#pragma once

#include "net/record_write.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>

namespace conclave::net {

class flush_helper {
 public:
  /// Writes at which waking the helper pays.
  static constexpr std::size_t worth_it_from = 32;

  explicit flush_helper(bool io_uring);
  ~flush_helper();
  flush_helper(const flush_helper&) = delete;
  flush_helper& operator=(const flush_helper&) = delete;

  /// `own` writes what the caller takes.
  void write_all(std::span<record_write> records, record_writer& own);

  /// Records that the helper's thread wrote.
  std::uint64_t helped() const { return helped_.load(std::memory_order_relaxed); }
  std::uint64_t sent_together() const { return writer_.sent_together(); }

 private:
  /// The first records that nobody has taken yet; none when all are taken.
  std::span<record_write> take();
  std::size_t portions() const { return (records_.size() + portion_ - 1) / portion_; }
  void finish_one();
  void run();

  // What write_all() was given, in portions. The first two change while open_ is 0 and are read by
  // who has taken a portion.
  std::span<record_write> records_;
  std::size_t portion_ = 1;              // records taken at a time
  std::atomic<std::int64_t> left_{0};    // portions that nobody has taken; below 0: asked in vain
  std::atomic<std::uint32_t> open_{0};   // portions that are not dealt with
  std::atomic<std::uint32_t> calls_{0};  // counts write_all(); the helper sleeps on it
  std::atomic<std::uint64_t> helped_{0};
  std::atomic<bool> stopping_{false};
  record_writer writer_;  // of the helper's thread
  std::thread thread_;
};

}  // namespace conclave::net
