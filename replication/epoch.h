/// Who may name what: nodes, and the epochs (n, candidate) under which they lead. An epoch is one
/// u64, `n << 16 | candidate`, so that the order of numbers is the order of (n, candidate), two
/// candidates never share one, and the log entry of `single` (n counted from 1) stays readable.
/// Plain values; any thread; no errors. Limit: n < 2^37, so that an epoch stays below 2^53.
#pragma once

#include "schemas/ids.h"

#include <cstdint>

namespace conclave::replication {

/// Number of a node in the cluster's configuration, from 1. Zero: nobody.
using node_id = strong_id<struct node_tag, std::uint16_t>;

inline constexpr unsigned candidate_bits = 16;
inline constexpr std::uint64_t round_limit = id_limit >> candidate_bits;

constexpr shard_epoch make_epoch(std::uint64_t round, node_id candidate) {
  return shard_epoch(round << candidate_bits | candidate.value);
}
constexpr std::uint64_t round_of(shard_epoch epoch) {
  return epoch.value >> candidate_bits;
}
constexpr node_id candidate_of(shard_epoch epoch) {
  return node_id(static_cast<std::uint16_t>(epoch.value));
}

/// A data folder of a node. A wiped or restored folder gets a new incarnation and is a new replica:
/// nothing that the old one promised or stored binds it, so it must not vote in its name.
struct replica_id {
  node_id node{};
  std::uint64_t incarnation = 0;

  friend constexpr auto operator<=>(const replica_id&, const replica_id&) = default;
};

}  // namespace conclave::replication
