/// See digest_worker.h.
#include "replication/digest_worker.h"

#include "conf/log.h"
#include "storage/staged_state.h"
#include "storage/state_digest.h"

#include <pthread.h>

namespace conclave::replication {

digest_worker::digest_worker(result taken) : taken_(std::move(taken)), thread_([this] { run(); }) {}

digest_worker::~digest_worker() {
  stop();
}

void digest_worker::begin(log_index index, storage::state_view view) {
  const shard_id shard = view.shard();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    waiting_.insert_or_assign(shard, std::pair(index, std::move(view)));
  }
  wake_.notify_one();
}

void digest_worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  waiting_.clear();
}

bool digest_worker::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void digest_worker::run() {
  pthread_setname_np(pthread_self(), "digests");
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    auto turn = waiting_.upper_bound(last_);  // in turn, so that none waits for ever
    if (turn == waiting_.end()) turn = waiting_.begin();
    last_ = turn->first;
    const auto next = waiting_.extract(turn);
    lock.unlock();
    const auto& [index, view] = next.mapped();
    const std::string hex = digest_of(index, view);
    if (!is_stopping()) taken_(view.shard(), index, hex);
  }
}

std::string digest_worker::digest_of(log_index index, const storage::state_view& view) {
  constexpr std::uint64_t rows_between_looks = 1024;
  storage::state_digest digest;
  std::uint64_t rows = 0;
  const status read = view.scan(
      storage::snapshot_rows(),
      [&](std::string_view key, std::string_view value) {
        digest.add(key, value);
        return ++rows % rows_between_looks != 0 || !is_stopping();
      },
      storage::scan_cache::spare);
  if (read) return digest.finish_hex();
  log::error("cluster", "cannot take a digest: " + read.error().detail,
             {{"shard", view.shard().value}, {"index", index.value}});
  return {};
}

}  // namespace conclave::replication
