/// Every send is tried while it is submitted and, as it must not block, through by then. What was
/// not submitted goes down with the ring: it must not be sent later, beside what its owner sends.
#include "net/send_ring.h"

#include "conf/log.h"
#include "net/socket.h"
#include "schemas/check.h"

#include <cerrno>
#include <liburing.h>
#include <sys/socket.h>
#include <utility>

namespace conclave::net {

struct send_ring::kernel_ring {
  io_uring ring{};
  bool made = false;

  explicit kernel_ring(unsigned flags) {
    const int failed = ::io_uring_queue_init(send_ring::at_once, &ring, flags);
    made = failed == 0;
    errno = -failed;
  }
  ~kernel_ring() {
    if (made) ::io_uring_queue_exit(&ring);
  }
  kernel_ring(const kernel_ring&) = delete;
  kernel_ring& operator=(const kernel_ring&) = delete;

  /// Waits for the outcome of one that was submitted, with its user data.
  std::pair<std::uint64_t, int> next() {
    io_uring_cqe* done = nullptr;
    int waited = 0;
    do {
      waited = ::io_uring_wait_cqe(&ring, &done);
    } while (waited == -EINTR);
    // To go on would send bytes twice or not at all, and nobody could tell which.
    CONCLAVE_CHECK(waited == 0, "io_uring tells what became of a send");
    const std::pair<std::uint64_t, int> outcome{done->user_data, done->res};
    ::io_uring_cqe_seen(&ring, done);
    return outcome;
  }
};

send_ring::send_ring(bool allowed) : allowed_(allowed) {}

send_ring::~send_ring() = default;

bool send_ring::open() {
  if (ring_ != nullptr) return true;
  // The flags save an interrupt; kernels before 6.1 do not know them.
  for (const unsigned flags :
       {unsigned{IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN}, 0u}) {
    ring_ = std::make_unique<kernel_ring>(flags);
    if (ring_->made) return true;
  }
  give_up(errno);
  return false;
}

void send_ring::give_up(int error) {
  ring_.reset();
  allowed_ = false;
  log::info("net", "no more io_uring on this thread: each record is sent by a call of its own",
            {{"why", error_text(error)}});
}

void send_ring::send(std::span<item> items) {
  CONCLAVE_CHECK(items.size() <= at_once, "a ring is as long as its batches");
  if (!allowed_ || items.empty() || !open()) return;
  for (std::size_t i = 0; i < items.size(); ++i) {
    io_uring_sqe* const entry = ::io_uring_get_sqe(&ring_->ring);
    CONCLAVE_CHECK(entry != nullptr, "a ring is empty between batches");
    const item& what = items[i];
    ::io_uring_prep_send(entry, what.fd, what.bytes.data(), what.bytes.size(),
                         MSG_NOSIGNAL | MSG_DONTWAIT);
    entry->user_data = i;
  }
  const int entered = ::io_uring_submit_and_wait(&ring_->ring, static_cast<unsigned>(items.size()));
  const auto submitted = static_cast<std::size_t>(entered < 0 ? 0 : entered);
  std::uint64_t whole = 0;
  for (std::size_t left = submitted; left > 0; --left) {
    const auto [at, taken] = ring_->next();
    item& of = items[at];
    if (taken > 0) of.taken = static_cast<std::size_t>(taken);
    if (taken < 0 && taken != -EAGAIN && taken != -EINTR) of.error = -taken;
    if (of.taken == of.bytes.size()) ++whole;
  }
  sent_.store(sent_.load(std::memory_order_relaxed) + whole, std::memory_order_relaxed);
  if (submitted < items.size()) give_up(entered < 0 ? -entered : EIO);
}

}  // namespace conclave::net
