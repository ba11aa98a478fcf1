/// A few threads for everything that reads the disk outside the shard writer, so that nothing
/// blocks in an actor or a loop. A second, small one hashes passwords (crypto/password.h): that
/// takes too long to stand in front of anybody's history.
///
/// Queue: `max_queued` jobs; beyond it submit() refuses and the request is answered `overloaded`.
/// Jobs run in submission order per pool, not per caller.
#pragma once

#include "conf/limits.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace conclave::storage {

class reader_pool {
 public:
  /// `name` is what the machine's tools show of its threads: at most 15 characters.
  explicit reader_pool(std::size_t threads, std::size_t max_queued = limits::max_queued_reads,
                       const std::string& name = "reader");
  ~reader_pool();  ///< stop()
  reader_pool(const reader_pool&) = delete;
  reader_pool& operator=(const reader_pool&) = delete;

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
