/// A buffer that many outboxes of one loop point into. The bytes may be shared with other threads
/// (shared_ptr), but the count of outboxes is loop-local and not atomic: a fan-out to a thousand
/// connections costs a thousand plain increments.
///
/// A loop_buffer_ref never leaves its loop's thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace conclave::net {

class loop_buffer_ref {
 public:
  loop_buffer_ref() = default;
  explicit loop_buffer_ref(std::shared_ptr<const std::string> bytes)
      : node_(new node{std::move(bytes), 1}) {}
  explicit loop_buffer_ref(std::string bytes)
      : loop_buffer_ref(std::make_shared<const std::string>(std::move(bytes))) {}

  loop_buffer_ref(const loop_buffer_ref& other) : node_(other.node_) {
    if (node_ != nullptr) ++node_->references;
  }
  loop_buffer_ref(loop_buffer_ref&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  loop_buffer_ref& operator=(loop_buffer_ref other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~loop_buffer_ref() {
    if (node_ != nullptr && --node_->references == 0) delete node_;
  }

  explicit operator bool() const { return node_ != nullptr; }
  const std::string& bytes() const { return *node_->bytes; }
  bool same(const loop_buffer_ref& other) const { return node_ == other.node_; }

 private:
  struct node {
    std::shared_ptr<const std::string> bytes;
    std::size_t references;
  };
  node* node_ = nullptr;
};

}  // namespace conclave::net
