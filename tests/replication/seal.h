/// Names of entries in the proofs: a fast mix over the same fields that the stored bytes hold. The
/// core only compares names; that SHA-256 over the stored bytes makes them is tested by itself.
#pragma once

#include "replication/entry.h"

#include <cstring>

namespace conclave::replication::proof {

inline std::uint64_t mix(std::uint64_t h, std::uint64_t v) {
  h ^= v + 0x9E3779B97F4A7C15ull + (h << 6) + (h >> 2);
  h *= 0xFF51AFD7ED558CCDull;
  return h ^ (h >> 32);
}

inline std::uint64_t low_half(const hash16& h) {
  std::uint64_t v = 0;
  std::memcpy(&v, h.data(), sizeof v);
  return v;
}

inline std::uint64_t redo_number(const entry& e) {
  std::uint64_t v = 0;
  if (e.redo) std::memcpy(&v, e.redo->data(), std::min(sizeof v, e.redo->size()));
  return v;
}

inline hash16 quick_seal(const entry& e) {
  std::uint64_t h = mix(low_half(e.prev_hash), e.epoch.value);
  h = mix(mix(h, e.index.value), static_cast<std::uint64_t>(e.kind));
  h = mix(h, redo_number(e));
  if (e.config) h = mix(mix(h, e.config->version), e.config->lineage * 2 + e.config->planned);
  hash16 out{};
  const std::uint64_t second = mix(h, 0x5EA1);
  std::memcpy(out.data(), &h, sizeof h);
  std::memcpy(out.data() + sizeof h, &second, sizeof second);
  return out;
}

inline void quick_sealing(shard_id, entry& e) {
  e.hash = quick_seal(e);
}

}  // namespace conclave::replication::proof
