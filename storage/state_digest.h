/// The digest of a shard's state (promise P8): SHA-256 over every key and value in key order, each
/// preceded by its length as u32 big endian, so that two states with equal digests hold equal rows.
/// Plain value for one thread.
#pragma once

#include "crypto/digest.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::storage {

class state_digest {
 public:
  /// Rows must come in ascending key order.
  void add(std::string_view key, std::string_view value) {
    add_part(key);
    add_part(value);
  }

  std::string finish_hex() { return crypto::to_hex(stream_.finish()); }

 private:
  void add_part(std::string_view part) {
    const auto size = static_cast<std::uint32_t>(part.size());
    const char length[4] = {static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                            static_cast<char>(size >> 8), static_cast<char>(size)};
    stream_.update({length, sizeof length});
    stream_.update(part);
  }

  crypto::sha256_stream stream_;
};

}  // namespace conclave::storage
