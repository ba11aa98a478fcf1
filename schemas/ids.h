/// Strong identifiers: one type per kind of thing, so that a user can never be passed for a tenant.
/// Plain values without owner or thread. On the wire and on disk every u64 id stays below 2^53, so
/// that clients whose only number is a double can hold it exactly.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace conclave {

template <class Tag, class Rep>
struct strong_id {
  using rep = Rep;

  Rep value{};

  constexpr strong_id() = default;
  constexpr explicit strong_id(Rep v) : value(v) {}

  /// True unless zero. Zero is "none" for every kind of id but the tenant: tenant 0 is the system
  /// tenant, whose users are the operators.
  constexpr explicit operator bool() const { return value != 0; }

  friend constexpr auto operator<=>(strong_id, strong_id) = default;
};

using tenant_id = strong_id<struct tenant_tag, std::uint32_t>;
using user_id = strong_id<struct user_tag, std::uint64_t>;
using conversation_id = strong_id<struct conversation_tag, std::uint64_t>;
using device_id = strong_id<struct device_tag, std::uint64_t>;

/// Place of an event in its conversation: dense, from 1.
using event_seq = strong_id<struct event_seq_tag, std::uint64_t>;

/// Unit of replication and leadership. Shard 0 is the system shard.
using shard_id = strong_id<struct shard_tag, std::uint16_t>;

/// Names one term of leadership over a shard; every claim takes a higher one.
using shard_epoch = strong_id<struct shard_epoch_tag, std::uint64_t>;

/// Place of an entry in a shard's log: dense, from 1.
using log_index = strong_id<struct log_index_tag, std::uint64_t>;

inline constexpr tenant_id system_tenant{0};
inline constexpr shard_id system_shard{0};

/// Exclusive upper bound of every u64 id and sequence number (exact in a double).
inline constexpr std::uint64_t id_limit = std::uint64_t{1} << 53;

/// Milliseconds since the Unix epoch, in shard time (never runs backwards within a shard).
using time_ms = std::uint64_t;

}  // namespace conclave

template <class Tag, class Rep>
struct std::hash<conclave::strong_id<Tag, Rep>> {
  std::size_t operator()(conclave::strong_id<Tag, Rep> id) const noexcept {
    // Ids are dense counters or random: one multiplication spreads both over a power-of-two table.
    return static_cast<std::size_t>(id.value) * std::size_t{0x9E3779B97F4A7C15ull};
  }
};
