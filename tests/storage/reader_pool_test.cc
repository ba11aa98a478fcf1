/// The reader pool: it runs everything it accepts and refuses what it cannot hold.
#include "storage/reader_pool.h"

#include "conf/limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace conclave::test {
namespace {

/// Something for a job to wait at.
class gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for_one() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

TEST(reader_pool, stop_runs_what_is_queued) {
  std::atomic<int> ran{0};
  storage::reader_pool pool(2);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.submit([&] { ++ran; }));
  pool.stop();
  EXPECT_EQ(ran, 1000);
}

TEST(reader_pool, refuses_after_stop) {
  storage::reader_pool pool(1);
  pool.stop();
  EXPECT_FALSE(pool.submit([] {}));
}

TEST(reader_pool, refuses_beyond_its_bound_and_recovers) {
  gate g;
  storage::reader_pool pool(1);
  ASSERT_TRUE(pool.submit([&] { g.pass(); }));
  g.wait_for_one();
  for (std::size_t i = 0; i < limits::max_queued_reads; ++i) ASSERT_TRUE(pool.submit([] {}));
  EXPECT_EQ(pool.queued(), limits::max_queued_reads);
  EXPECT_FALSE(pool.submit([] {}));
  g.open();
  while (pool.queued() > 0) std::this_thread::yield();
  EXPECT_TRUE(pool.submit([] {}));
}

TEST(reader_pool, one_thread_keeps_the_order) {
  std::vector<int> order;
  storage::reader_pool pool(1);
  for (int i = 0; i < 100; ++i) pool.submit([&order, i] { order.push_back(i); });
  pool.stop();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace conclave::test
