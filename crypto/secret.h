/// A copy of a password that leaves nothing behind: what a job needs of it outlives the frame that
/// brought it, and is wiped when the job lets go. Owned by whoever works with it; cannot be copied,
/// so jobs share one. Never fails.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace conclave::crypto {

/// Writes zeros over bytes that held a secret, in a way that no compiler leaves out.
void wipe(char* bytes, std::size_t size);

class secret_text {
 public:
  explicit secret_text(std::string_view text);
  ~secret_text();
  secret_text(const secret_text&) = delete;
  secret_text& operator=(const secret_text&) = delete;

  std::string_view view() const { return {bytes_.get(), size_}; }

  /// Before its time: the bytes are zeros from here on.
  void wipe();

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

}  // namespace conclave::crypto
