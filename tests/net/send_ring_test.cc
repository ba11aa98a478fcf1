/// Sends that share a system call: each socket gets its own bytes, and what it did not take is
/// told; where the kernel forbids it, nothing is taken and nothing lost.
#include "net/send_ring.h"

#include "tests/net/io_uring_use.h"
#include "tests/net/socket_pair.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace conclave::net {
namespace {

void fill(const socket_pair& pair) {
  const std::string much(100'000, 'f');
  while (::send(pair.near.get(), much.data(), much.size(), MSG_NOSIGNAL) > 0) {
  }
}

/// A batch to sockets of its own.
struct batch {
  explicit batch(std::size_t size) : pairs(size), texts(size), items(size) {
    for (std::size_t i = 0; i < size; ++i) {
      texts[i] = "to number " + std::to_string(i);
      items[i] = {pairs[i].near.get(), texts[i]};
    }
  }
  std::size_t taken() const {
    std::size_t all = 0;
    for (const send_ring::item& i : items) all += i.taken;
    return all;
  }
  std::vector<socket_pair> pairs;
  std::vector<std::string> texts;
  std::vector<send_ring::item> items;
};

/// What only a kernel that allows io_uring can show.
class allowed_send_ring : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::kernel_allows_io_uring()) GTEST_SKIP() << "this kernel forbids io_uring";
  }
};

TEST_F(allowed_send_ring, each_socket_gets_its_own_bytes) {
  send_ring ring(true);
  for (int round = 0; round < 100; ++round) {
    batch b(send_ring::at_once);
    ring.send(b.items);
    for (std::size_t i = 0; i < b.items.size(); ++i) {
      ASSERT_EQ(b.items[i].taken, b.texts[i].size());
      ASSERT_EQ(b.pairs[i].take(), b.texts[i]);
    }
  }
  EXPECT_EQ(ring.sent(), 100 * send_ring::at_once);
}

TEST_F(allowed_send_ring, p7_a_full_socket_and_one_that_is_gone_cost_their_neighbours_nothing) {
  send_ring ring(true);
  batch b(5);
  fill(b.pairs[1]);
  b.pairs[2].far = unique_fd();
  b.texts[3].assign(10'000'000, 'x');
  b.items[3].bytes = b.texts[3];
  ring.send(b.items);
  EXPECT_EQ(b.items[0].taken, b.texts[0].size());
  EXPECT_EQ(b.items[1].taken, 0u);
  EXPECT_EQ(b.items[1].error, 0) << "full is not broken";
  EXPECT_EQ(b.items[2].taken, 0u);
  EXPECT_EQ(b.items[2].error, EPIPE);
  EXPECT_GT(b.items[3].taken, 0u);
  EXPECT_LT(b.items[3].taken, b.texts[3].size());
  EXPECT_EQ(b.items[4].taken, b.texts[4].size());
  EXPECT_EQ(ring.sent(), 2u);
  EXPECT_EQ(b.pairs[0].take(), b.texts[0]);
  EXPECT_EQ(b.pairs[3].take(), b.texts[3].substr(0, b.items[3].taken));
  EXPECT_EQ(b.pairs[4].take(), b.texts[4]);
}

TEST(send_ring, one_that_is_switched_off_takes_nothing) {
  send_ring ring(false);
  batch b(3);
  ring.send(b.items);
  EXPECT_EQ(b.taken(), 0u);
}

TEST(send_ring, one_that_the_kernel_forbids_takes_nothing) {
  std::thread([] {
    test::forbid_rings();
    ASSERT_FALSE(test::kernel_allows_io_uring());
    send_ring ring(true);
    for (int round = 0; round < 2; ++round) {
      batch b(3);
      ring.send(b.items);
      EXPECT_EQ(b.taken(), 0u);
    }
  }).join();
}

/// What was put into the ring in vain must not leave it later, beside what its owner sends.
TEST_F(allowed_send_ring, p2_one_that_is_taken_away_sends_nothing_behind_its_owners_back) {
  std::thread([] {
    send_ring ring(true);
    batch first(3);
    ring.send(first.items);
    EXPECT_EQ(ring.sent(), 3u);
    test::forbid_batches_of(3);
    batch refused(3);
    ring.send(refused.items);
    EXPECT_EQ(refused.taken(), 0u);
    batch later(5);
    ring.send(later.items);
    EXPECT_EQ(later.taken(), 0u) << "it failed once: it is not asked again";
    for (socket_pair& p : refused.pairs) EXPECT_EQ(p.take(), "");
    EXPECT_EQ(ring.sent(), 3u);
  }).join();
}

}  // namespace
}  // namespace conclave::net
