/// One queue, one lock: a read costs far more than the lock, and the bound of the queue is what
/// keeps a storm of reads from piling up.
#include "storage/reader_pool.h"

#include "conf/limits.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace conclave::storage {

struct reader_pool::impl {
  mutable std::mutex mutex;
  std::condition_variable work;
  std::deque<std::function<void()>> jobs;  ///< at most limits::max_queued_reads
  bool stopping = false;
  std::vector<std::thread> threads;

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      work.wait(lock, [this] { return stopping || !jobs.empty(); });
      if (jobs.empty()) return;
      {
        const std::function<void()> job = std::move(jobs.front());
        jobs.pop_front();
        lock.unlock();
        job();
      }  // What the job holds on to is let go outside the lock.
      lock.lock();
    }
  }
};

reader_pool::reader_pool(std::size_t threads) : impl_(std::make_unique<impl>()) {
  for (std::size_t i = 0; i < threads; ++i) {
    impl_->threads.emplace_back([inside = impl_.get()] { inside->run(); });
  }
}

reader_pool::~reader_pool() {
  stop();
}

bool reader_pool::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping || impl_->jobs.size() >= limits::max_queued_reads) return false;
    impl_->jobs.push_back(std::move(job));
  }
  impl_->work.notify_one();
  return true;
}

void reader_pool::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->work.notify_all();
  for (std::thread& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t reader_pool::queued() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->jobs.size();
}

}  // namespace conclave::storage
