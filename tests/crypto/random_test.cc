/// Random bytes: nobody gets the same ones twice, not even across threads and forks.
#include "crypto/random.h"

#include <gtest/gtest.h>

#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace conclave::crypto {
namespace {

TEST(random, numbers_do_not_repeat_within_and_across_threads) {
  std::vector<std::vector<std::uint64_t>> drawn(4);
  std::vector<std::thread> threads;
  for (auto& mine : drawn) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < 2000; ++i) mine.push_back(random_u64());
    });
  }
  for (auto& t : threads) t.join();
  std::set<std::uint64_t> all;
  for (const auto& mine : drawn) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 8000u);
}

TEST(random, a_request_larger_than_the_pool_is_served_whole) {
  const std::string bytes = random_bytes(10'000);
  ASSERT_EQ(bytes.size(), 10'000u);
  EXPECT_NE(bytes.substr(0, 4096), bytes.substr(4096, 4096));
  EXPECT_NE(bytes.substr(9'000), std::string(1'000, '\0'));
}

TEST(random, a_forked_child_draws_other_bytes_than_its_parent) {
  (void)random_u64();  // The parent's pool is filled before the fork.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::uint64_t mine = random_u64();
    const bool sent = ::write(ends[1], &mine, sizeof mine) == sizeof mine;
    ::_exit(sent ? 0 : 1);
  }
  const std::uint64_t mine = random_u64();
  std::uint64_t its = 0;
  ASSERT_EQ(::read(ends[0], &its, sizeof its), static_cast<ssize_t>(sizeof its));
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_NE(mine, its);
}

}  // namespace
}  // namespace conclave::crypto
