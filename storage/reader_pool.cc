/// One queue, one lock: a read costs far more than the lock, and the bound of the queue is what
/// keeps a storm of reads from piling up.
#include "storage/reader_pool.h"

#include "schemas/check.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <utility>
#include <vector>

namespace conclave::storage {

namespace {

/// What Linux keeps of a thread's name.
constexpr std::size_t max_thread_name = 15;

}  // namespace

struct reader_pool::impl {
  explicit impl(std::size_t bound) : max_queued(bound) {}

  const std::size_t max_queued;
  mutable std::mutex mutex;
  std::condition_variable work;
  std::deque<std::function<void()>> jobs;  ///< at most max_queued
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

reader_pool::reader_pool(std::size_t threads, std::size_t max_queued, const std::string& name)
    : impl_(std::make_unique<impl>(max_queued)) {
  CONCLAVE_CHECK(name.size() <= max_thread_name, "a thread's name has at most 15 characters");
  for (std::size_t i = 0; i < threads; ++i) {
    impl_->threads.emplace_back([inside = impl_.get(), name] {
      pthread_setname_np(pthread_self(), name.c_str());
      inside->run();
    });
  }
}

reader_pool::~reader_pool() {
  stop();
}

bool reader_pool::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping || impl_->jobs.size() >= impl_->max_queued) return false;
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
