/// Takes digests of whole shards, one after the other, without holding up anybody: a pinned view is
/// read through and hashed on a thread of its own.
///
/// Thread: begin() from any; `taken` is called on the worker's thread. Owned by `cluster`; the
/// store outlives it.
/// Errors: a view that cannot be read is logged, and its digest is empty.
/// Limits: one view waits per shard; a newer one takes its place.
#pragma once

#include "storage/store.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace conclave::replication {

class digest_worker {
 public:
  using result = std::function<void(shard_id, log_index, const std::string& hex)>;
  explicit digest_worker(result taken);
  ~digest_worker();  ///< stop()
  digest_worker(const digest_worker&) = delete;
  digest_worker& operator=(const digest_worker&) = delete;

  /// `view` shows the shard as it is at `index`.
  void begin(log_index index, storage::state_view view);

  /// Gives up what is under way.
  void stop();

 private:
  void run();
  std::string digest_of(log_index index, const storage::state_view& view);
  bool is_stopping();

  result taken_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<shard_id, std::pair<log_index, storage::state_view>> waiting_;
  shard_id last_{};  ///< whose turn was the last one
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace conclave::replication
