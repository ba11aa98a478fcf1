/// The outbox: bytes leave in the order in which they were queued, whatever they came from.
#include "net/outbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace conclave::net {
namespace {

constexpr std::size_t staging_bytes = 64;

/// Takes everything out in pieces of at most `limit`.
std::string drain(outbox& out, std::size_t limit = staging_bytes) {
  std::string all;
  std::array<char, staging_bytes> staging;
  while (out.bytes() > 0) {
    const std::string_view piece = out.front(staging.data(), limit);
    all.append(piece);
    out.consume(piece.size());
  }
  return all;
}

TEST(outbox, own_bytes_and_ranges_keep_their_order) {
  outbox_pool pool;
  outbox out(pool);
  const loop_buffer_ref shared(std::string("0123456789"));
  out.push("a");
  out.push(shared, 2, 3);
  out.tail().append("bc");
  out.count_tail();
  out.push(shared, 0, 1);
  out.tail().append("uncounted yet");
  out.push("!");
  EXPECT_EQ(out.bytes(), 1 + 3 + 2 + 1 + 13 + 1u);
  EXPECT_EQ(drain(out), "a234bc0uncounted yet!");
}

TEST(outbox, adjacent_ranges_of_one_buffer_are_lent_as_one_piece) {
  outbox_pool pool;
  outbox out(pool);
  const loop_buffer_ref shared(std::string("0123456789"));
  out.push(shared, 1, 2);
  out.push(shared, 3, 4);
  std::array<char, staging_bytes> staging;
  const std::string_view piece = out.front(staging.data(), staging.size());
  EXPECT_EQ(piece, "123456");
  EXPECT_EQ(piece.data(), shared.bytes().data() + 1);
}

TEST(outbox, in_one_piece_is_all_of_it_or_nothing) {
  outbox_pool pool;
  outbox out(pool);
  EXPECT_EQ(out.in_one_piece(100), "");
  const loop_buffer_ref shared(std::string("0123456789"));
  out.push(shared, 1, 6);
  EXPECT_EQ(out.in_one_piece(6), "123456");
  EXPECT_EQ(out.in_one_piece(5), "") << "longer than asked for";
  out.consume(2);
  EXPECT_EQ(out.in_one_piece(6), "3456");
  out.push("own");
  EXPECT_EQ(out.in_one_piece(100), "") << "two ranges";
  out.consume(4);
  EXPECT_EQ(out.in_one_piece(100), "own");
}

TEST(outbox, the_front_does_not_change_when_more_is_queued) {
  outbox_pool pool;
  outbox out(pool);
  out.push("first");
  out.push(loop_buffer_ref(std::string("second")), 0, 6);
  std::array<char, staging_bytes> staging;
  const std::string before(out.front(staging.data(), 8));
  for (int i = 0; i < 1000; ++i) out.push("more bytes that move the memory of the outbox");
  EXPECT_EQ(out.front(staging.data(), before.size()), before);
}

TEST(outbox, an_emptied_outbox_gives_its_memory_to_the_next_one) {
  outbox_pool pool;
  const char* memory = nullptr;
  {
    outbox out(pool);
    out.push(std::string(100, 'x'));
    memory = out.tail().data();
    drain(out);
    EXPECT_EQ(out.bytes(), 0u);
  }
  outbox next(pool);
  EXPECT_EQ(next.tail().data(), memory);
  EXPECT_TRUE(next.tail().empty());
}

TEST(outbox, it_lets_go_of_a_buffer_as_soon_as_its_range_is_written) {
  outbox_pool pool;
  outbox out(pool);
  const auto bytes = std::make_shared<const std::string>("shared");
  out.push(loop_buffer_ref(bytes), 0, 6);
  out.push("rest");
  EXPECT_EQ(bytes.use_count(), 2);
  out.consume(6);
  EXPECT_EQ(bytes.use_count(), 1);
  EXPECT_EQ(drain(out), "rest");
}

TEST(outbox, any_mixture_drained_in_any_steps_comes_out_whole) {
  std::mt19937_64 random(7);
  outbox_pool pool;
  std::vector<loop_buffer_ref> buffers;
  for (char letter = 'a'; letter < 'e'; ++letter) {
    buffers.emplace_back(std::string(1000, letter));
  }
  for (int round = 0; round < 50; ++round) {
    outbox out(pool);
    std::string expected;
    std::string got;
    std::array<char, staging_bytes> staging;
    for (int step = 0; step < 2000; ++step) {
      const std::size_t size = random() % 200;
      switch (random() % 3) {
        case 0: {
          const loop_buffer_ref& buffer = buffers[random() % buffers.size()];
          out.push(buffer, random() % 800, size);
          expected.append(size, buffer.bytes()[0]);
          break;
        }
        case 1:
          out.push(std::string(size, static_cast<char>('A' + step % 26)));
          expected.append(size, static_cast<char>('A' + step % 26));
          break;
        default: {
          const std::string_view piece = out.front(staging.data(), 1 + random() % staging_bytes);
          const std::size_t taken = piece.empty() ? 0 : 1 + random() % piece.size();
          got.append(piece.substr(0, taken));
          out.consume(taken);
        }
      }
    }
    got += drain(out);
    ASSERT_EQ(got, expected);
  }
}

}  // namespace
}  // namespace conclave::net
