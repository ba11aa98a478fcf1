/// What a connection still has to write: one queue in order, of ranges of shared buffers and of
/// bytes of its own. Bytes are copied only to gather small ranges into one TLS record.
///
/// On the loop's thread, owned by the connection. An empty outbox is one null pointer: its memory
/// goes back to the loop's pool, so that ten thousand silent connections cost nothing and a busy
/// one allocates nothing. The bound (limits::outbox_max_bytes) is the connection's business.
#pragma once

#include "net/loop_buffer.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::net {

/// The memory of one outbox that is not empty.
struct outbox_content {
  /// Without buffer: the next `size` bytes of `own`.
  struct range {
    loop_buffer_ref buffer;
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  std::string own;
  std::size_t own_begin = 0;   // written already
  std::size_t own_queued = 0;  // end of what the ranges speak of; beyond it lies an uncounted tail
  std::vector<range> ranges;
  std::size_t first = 0;
  std::size_t bytes = 0;  // of all ranges
};

/// Spare memory for the outboxes of one loop. Bound: `max_spare` pieces of at most `max_own_bytes`.
class outbox_pool {
 public:
  static constexpr std::size_t max_spare = 64;
  static constexpr std::size_t max_own_bytes = 64 * 1024;
  static constexpr std::size_t max_ranges = 1024;

  std::unique_ptr<outbox_content> take();
  void give(std::unique_ptr<outbox_content> content);

 private:
  std::vector<std::unique_ptr<outbox_content>> spare_;
};

class outbox {
 public:
  explicit outbox(outbox_pool& pool) : pool_(pool) {}
  ~outbox();
  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;

  /// Adjacent ranges of one buffer become one.
  void push(const loop_buffer_ref& buffer, std::size_t offset, std::size_t size);
  void push(std::string_view bytes);

  /// The end of the own bytes, for appending in place; count_tail() (or any push) queues them.
  std::string& tail();
  void count_tail();

  std::size_t bytes() const { return content_ ? content_->bytes : 0; }

  /// The first bytes, at most `limit`, in one piece: lent from their buffer when they lie in one
  /// range, else gathered in `staging`, which has room for `limit`. Later pushes only add to it,
  /// so that a write that OpenSSL has put off is repeated with the same bytes, or more.
  std::string_view front(char* staging, std::size_t limit) const;

  /// All of it, when it lies in one range of at most `limit` bytes; else nothing.
  std::string_view in_one_piece(std::size_t limit) const;

  /// They were written.
  void consume(std::size_t count);

 private:
  outbox_content& content();
  void drop_if_empty();

  outbox_pool& pool_;
  std::unique_ptr<outbox_content> content_;
};

}  // namespace conclave::net
