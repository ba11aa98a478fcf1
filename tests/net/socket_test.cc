/// What the socket options promise, asked of the kernel.
#include "net/socket.h"

#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <string>
#include <unistd.h>

namespace conclave::net {
namespace {

/// Two ends of a connection on the loopback, both blocking.
struct connected_pair {
  connected_pair() {
    auto addresses = resolve("127.0.0.1", 0);
    auto listening = listening_socket(addresses.value().front(), false);
    listener = std::move(listening).value();
    auto made = connecting_socket(local_address(listener.get()));
    reader = std::move(made).value();
    pollfd ready{listener.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&ready, 1, 10'000), 1);
    writer = unique_fd(::accept(listener.get(), nullptr, nullptr));
    EXPECT_GE(writer.get(), 0);
    set_no_delay(writer.get());
  }
  unique_fd listener;
  unique_fd reader;
  unique_fd writer;
};

/// Segments that the reader has not acknowledged.
std::uint32_t unacknowledged(const unique_fd& writer) {
  tcp_info info{};
  socklen_t size = sizeof info;
  EXPECT_EQ(::getsockopt(writer.get(), IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return info.tcpi_unacked;
}

/// One message, read when it is there. The outcome: what is unacknowledged right after the read, or
/// nothing when this thread was so slow that the kernel's timer may have come first.
std::optional<std::uint32_t> after_reading(const connected_pair& pair, bool delayed) {
  using std::chrono::steady_clock;
  const auto begin = steady_clock::now();
  std::array<char, 100> message{};
  EXPECT_EQ(::write(pair.writer.get(), message.data(), message.size()), 100);
  pollfd ready{pair.reader.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&ready, 1, 10'000), 1);
  if (delayed) delay_acknowledgement(pair.reader.get());
  EXPECT_EQ(::read(pair.reader.get(), message.data(), message.size()), 100);
  const std::uint32_t left = unacknowledged(pair.writer);
  if (steady_clock::now() - begin > std::chrono::milliseconds(20)) return std::nullopt;
  return left;
}

void wait_until_acknowledged(const connected_pair& pair) {
  ASSERT_TRUE(test::wait_until([&] { return unacknowledged(pair.writer) == 0; }));
}

TEST(socket, a_delayed_acknowledgement_does_not_leave_with_the_read) {
  connected_pair pair;
  // The kernel acknowledges the first segments of a connection as they arrive, whatever it is told.
  for (int i = 0; i < 64; ++i) after_reading(pair, false);
  int looked = 0;
  for (int i = 0; i < 1000 && looked < 20; ++i) {
    const auto at_once = after_reading(pair, false);
    ASSERT_NO_FATAL_FAILURE(wait_until_acknowledged(pair));
    const auto delayed = after_reading(pair, true);
    ASSERT_NO_FATAL_FAILURE(wait_until_acknowledged(pair));
    if (!at_once || !delayed) continue;
    ++looked;
    EXPECT_EQ(*at_once, 0u);
    EXPECT_EQ(*delayed, 1u);
  }
  EXPECT_EQ(looked, 20);
}

}  // namespace
}  // namespace conclave::net
