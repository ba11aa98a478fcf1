/// The stored values: what stands behind each key of keys.h (events: event.h). Each is one msgpack
/// array whose first element is a format number; fields are only ever appended. Pure data.
///
/// encode() never fails; decode() returns errc::corrupt for anything that it does not understand,
/// because a store that holds such a row must not be served.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/event.h"
#include "schemas/history_messages.h"
#include "schemas/ids.h"
#include "schemas/outcome.h"

namespace conclave {

using hash16 = std::array<std::uint8_t, 16>;

/// Where a shard's state stands: written in the same batch as the state itself.
struct applied_record {
  log_index index{};
  shard_epoch epoch{};
  hash16 hash{};
  time_ms time = 0;

  friend bool operator==(const applied_record&, const applied_record&) = default;
};

/// The chain of a shard is known to be whole up to here: start-up verifies from here on.
struct chain_mark_record {
  log_index index{};
  hash16 hash{};
  log_index first_kept{};  ///< lowest index still in the log

  friend bool operator==(const chain_mark_record&, const chain_mark_record&) = default;
};

/// Facts of this data folder.
struct node_record {
  std::string cluster;               ///< random, hex: names the cluster for ever
  std::uint16_t shard_count = 0;     ///< fixed at creation
  std::uint64_t incarnation = 0;     ///< random: names this data folder
  std::uint64_t boot_count = 0;
  std::string secret;                ///< 32 random bytes: reserved, not used yet

  friend bool operator==(const node_record&, const node_record&) = default;
};

struct tenant_record {
  std::string name;
  shard_id home_shard{};
  time_ms created = 0;
  std::uint64_t op_id = 0;  ///< the operation that created it, by operator
  user_id created_by{};

  friend bool operator==(const tenant_record&, const tenant_record&) = default;
};

struct user_record {
  std::string name;
  time_ms created = 0;

  friend bool operator==(const user_record&, const user_record&) = default;
};

struct device_record {
  std::string name;
  std::string token_hash;  ///< SHA-256 of the token's secret part, 32 bytes
  time_ms created = 0;

  friend bool operator==(const device_record&, const device_record&) = default;
};

/// What an operation did, kept 14 days so that a resend finds it.
struct operation_record {
  time_ms time = 0;
  std::vector<std::uint64_t> results;  ///< provision_users: user, device, user, device, …

  friend bool operator==(const operation_record&, const operation_record&) = default;
};

/// A user's index entry for a conversation; the member row decides, this only finds it.
struct index_record {
  event_seq changed{};  ///< seq of the membership change that this entry reflects
  bool member = true;

  friend bool operator==(const index_record&, const index_record&) = default;
};

struct conversation_record {
  conversation_kind kind = conversation_kind::group;
  history_visibility visibility = history_visibility::since_joining;
  std::string title;
  user_id creator{};
  std::uint64_t op_id = 0;
  time_ms created = 0;

  friend bool operator==(const conversation_record&, const conversation_record&) = default;
};

/// A stretch of seqs that a member may see; last = 0 while it is open.
struct visible_span {
  event_seq first{};
  event_seq last{};

  friend bool operator==(const visible_span&, const visible_span&) = default;
};

struct member_record {
  member_role role = member_role::member;
  event_seq joined{};
  event_seq left{};                 ///< 0 while a member
  std::vector<visible_span> spans;  ///< ascending, disjoint; at most max_member_spans

  bool is_member() const { return left.value == 0; }
  friend bool operator==(const member_record&, const member_record&) = default;
};

/// Somebody may leave and return this often before the oldest stretch of history is closed to him.
inline constexpr std::size_t max_member_spans = 16;

/// The one rule of who sees what (promise P4): push, history, list and every later reader ask here.
bool visible(const member_record& member, event_seq seq);

/// The newest seq that `member` may see in a conversation whose head is `head`; 0 if none.
event_seq visible_head(const member_record& member, event_seq head);

/// A change of membership that the user's own index has yet to learn (user and conversation may
/// live in different shards): written with the event, erased once the user has it.
struct intent_record {
  bool member = true;

  friend bool operator==(const intent_record&, const intent_record&) = default;
};

std::string encode(const applied_record& r);
std::string encode(const chain_mark_record& r);
std::string encode(const node_record& r);
std::string encode(const tenant_record& r);
std::string encode(const user_record& r);
std::string encode(const device_record& r);
std::string encode(const operation_record& r);
std::string encode(const index_record& r);
std::string encode(const conversation_record& r);
std::string encode(const member_record& r);
std::string encode(const intent_record& r);

/// Specialised for each record above.
template <class Record>
outcome<Record> decode_record(std::string_view bytes);

}  // namespace conclave
