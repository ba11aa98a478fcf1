/// A few threads for everything that reads the disk outside the shard writer, so that nothing
/// blocks in an actor or a loop.
///
/// Queue: limits::max_queued_reads jobs; beyond it submit() refuses and the request is answered
/// `overloaded`. Jobs run in submission order per pool, not per caller.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace conclave::storage {

class reader_pool {
 public:
  explicit reader_pool(std::size_t threads);
  ~reader_pool();  ///< stop()

  /// False when the queue is full or the pool is stopped: the job will not run.
  bool submit(std::function<void()> job);

  /// Runs what is queued, then joins.
  void stop();

  std::size_t queued() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace conclave::storage
