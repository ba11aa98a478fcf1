/// The queue of an outbox: ranges in a vector with a moving front, own bytes in a string likewise.
#include "net/outbox.h"

#include "schemas/check.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace conclave::net {

namespace {

/// Moving the rest to the front pays when at least this much and half of all is written.
constexpr std::size_t compact_own_bytes = 64 * 1024;
constexpr std::size_t compact_ranges = 256;

std::string_view bytes_of(const outbox_content& content, const outbox_content::range& range,
                          std::size_t own_at) {
  if (range.buffer) return std::string_view(range.buffer.bytes()).substr(range.offset, range.size);
  return std::string_view(content.own).substr(own_at, range.size);
}

}  // namespace

// -- the pool
// --------------------------------------------------------------------------------------

std::unique_ptr<outbox_content> outbox_pool::take() {
  if (spare_.empty()) return std::make_unique<outbox_content>();
  std::unique_ptr<outbox_content> content = std::move(spare_.back());
  spare_.pop_back();
  return content;
}

void outbox_pool::give(std::unique_ptr<outbox_content> content) {
  if (spare_.size() >= max_spare || content->own.capacity() > max_own_bytes ||
      content->ranges.capacity() > max_ranges) {
    return;
  }
  content->own.clear();
  content->own_begin = content->own_queued = 0;
  content->ranges.clear();
  content->first = 0;
  content->bytes = 0;
  spare_.push_back(std::move(content));
}

// -- the outbox
// ------------------------------------------------------------------------------------

outbox::~outbox() {
  if (content_) pool_.give(std::move(content_));
}

outbox_content& outbox::content() {
  if (!content_) content_ = pool_.take();
  return *content_;
}

void outbox::push(const loop_buffer_ref& buffer, std::size_t offset, std::size_t size) {
  CONCLAVE_CHECK(offset <= buffer.bytes().size() && size <= buffer.bytes().size() - offset,
                 "a range lies inside its buffer");
  if (size == 0) return;
  count_tail();
  outbox_content& c = content();
  c.bytes += size;
  if (c.first < c.ranges.size()) {
    outbox_content::range& last = c.ranges.back();
    if (last.buffer.same(buffer) && last.offset + last.size == offset) {
      last.size += size;
      return;
    }
  }
  c.ranges.push_back({buffer, offset, size});
}

void outbox::push(std::string_view bytes) {
  tail().append(bytes);
  count_tail();
}

std::string& outbox::tail() {
  return content().own;
}

void outbox::count_tail() {
  if (!content_ || content_->own_queued == content_->own.size()) return;
  outbox_content& c = *content_;
  CONCLAVE_CHECK(c.own.size() > c.own_queued, "the tail of an outbox is only appended to");
  const std::size_t size = c.own.size() - c.own_queued;
  c.own_queued = c.own.size();
  c.bytes += size;
  if (c.first < c.ranges.size() && !c.ranges.back().buffer) {
    c.ranges.back().size += size;
  } else {
    c.ranges.push_back({{}, 0, size});
  }
}

std::string_view outbox::front(char* staging, std::size_t limit) const {
  if (!content_ || content_->bytes == 0) return {};
  const outbox_content& c = *content_;
  const std::size_t wanted = std::min(limit, c.bytes);
  const std::string_view first = bytes_of(c, c.ranges[c.first], c.own_begin);
  if (first.size() >= wanted) return first.substr(0, wanted);

  std::size_t filled = 0;
  std::size_t own_at = c.own_begin;
  for (std::size_t i = c.first; filled < wanted; ++i) {
    const outbox_content::range& range = c.ranges[i];
    const std::string_view piece = bytes_of(c, range, own_at).substr(0, wanted - filled);
    std::memcpy(staging + filled, piece.data(), piece.size());
    filled += piece.size();
    if (!range.buffer) own_at += range.size;
  }
  return {staging, wanted};
}

std::string_view outbox::in_one_piece(std::size_t limit) const {
  if (!content_ || content_->bytes == 0 || content_->bytes > limit) return {};
  const outbox_content& c = *content_;
  if (c.first + 1 != c.ranges.size()) return {};
  return bytes_of(c, c.ranges[c.first], c.own_begin);
}

void outbox::consume(std::size_t count) {
  if (count == 0) return;
  CONCLAVE_CHECK(content_ && count <= content_->bytes, "only queued bytes can have been written");
  outbox_content& c = *content_;
  c.bytes -= count;
  while (count > 0) {
    outbox_content::range& range = c.ranges[c.first];
    const std::size_t part = std::min(count, range.size);
    if (range.buffer) {
      range.offset += part;
    } else {
      c.own_begin += part;
    }
    range.size -= part;
    count -= part;
    if (range.size == 0) {
      range.buffer = {};
      ++c.first;
    }
  }
  drop_if_empty();
}

void outbox::drop_if_empty() {
  outbox_content& c = *content_;
  if (c.bytes == 0 && c.own_queued == c.own.size()) {
    pool_.give(std::move(content_));
    return;
  }
  if (c.own_begin >= compact_own_bytes && c.own_begin * 2 >= c.own.size()) {
    c.own.erase(0, c.own_begin);
    c.own_queued -= c.own_begin;
    c.own_begin = 0;
  }
  if (c.first >= compact_ranges && c.first * 2 >= c.ranges.size()) {
    c.ranges.erase(c.ranges.begin(), c.ranges.begin() + static_cast<std::ptrdiff_t>(c.first));
    c.first = 0;
  }
}

}  // namespace conclave::net
