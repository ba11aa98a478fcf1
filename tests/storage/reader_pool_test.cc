/// The reader pool: it runs everything it accepts and refuses what it cannot hold.
#include "storage/reader_pool.h"

#include "conf/limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <pthread.h>
#include <string>
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

TEST(reader_pool, a_small_one_refuses_at_its_own_bound) {
  gate g;
  storage::reader_pool pool(1, 2, "password");
  ASSERT_TRUE(pool.submit([&] { g.pass(); }));
  g.wait_for_one();  // What runs is not queued any more.
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_FALSE(pool.submit([] {}));
  EXPECT_EQ(pool.queued(), 2u);
  g.open();
}

TEST(reader_pool, its_threads_bear_its_name) {
  const auto name_within = [](storage::reader_pool& pool) {
    char name[16] = "";
    EXPECT_TRUE(pool.submit([&] { pthread_getname_np(pthread_self(), name, sizeof name); }));
    pool.stop();
    return std::string(name);
  };
  storage::reader_pool readers(1);
  storage::reader_pool passwords(1, limits::max_queued_passwords, "password");
  EXPECT_EQ(name_within(readers), "reader");
  EXPECT_EQ(name_within(passwords), "password");
}

TEST(reader_pool, passwords_take_half_of_the_cores_and_at_least_one) {
  EXPECT_EQ(limits::password_threads(0), 1u);  // a machine that does not tell
  EXPECT_EQ(limits::password_threads(1), 1u);
  EXPECT_EQ(limits::password_threads(2), 1u);
  EXPECT_EQ(limits::password_threads(3), 1u);
  EXPECT_EQ(limits::password_threads(4), 2u);
  EXPECT_EQ(limits::password_threads(9), 4u);
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
