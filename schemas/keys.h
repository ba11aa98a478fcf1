/// Every key of a shard's column family and of the `log` and `meta` families. Keys are fixed width
/// and big endian, so that byte order is id order:
///
///   table u8 | tenant u32 | …        (names, the only variable part, come last)
///
/// Each table has exactly one kind of writer, named here. Values: records.h, event.h, and
/// number_value.h for entity_version, tenant_name and user_name. Pure functions; any thread.
#pragma once

#include "schemas/ids.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conclave {

/// After the table: what follows in the key -> the value. [who writes it]
enum class table : std::uint8_t {
  applied = 0x01,         ///< one row per shard: applied_record [the shard writer]
  entity_version = 0x02,  ///< tenant | kind u8 | id -> number [that entity's actor]
  /// tenant 0 | due | tenant | conversation | seq | user (0: the message expires; else: it burns
  /// for him) -> nothing [the conversation]
  timer = 0x03,
  tenant = 0x10,             ///< tenant -> tenant_record (system shard) [directory of tenants]
  tenant_name = 0x11,        ///< 0 | name -> tenant id (system shard) [directory of tenants]
  user = 0x20,               ///< tenant | user -> user_record [the tenant]
  user_name = 0x21,          ///< tenant | name -> user id [the tenant]
  device = 0x22,             ///< tenant | user | device -> device_record [the user]
  operation = 0x23,          ///< tenant | user | op_id -> operation_record [the tenant]
  user_conversation = 0x24,  ///< tenant | user | conversation -> index_record [the user]
  inbox = 0x25,              ///< tenant | user | inbox seq -> inbox_record [the user]
  inbox_mark = 0x26,         ///< tenant | user -> inbox_mark_record [the user]
  credential = 0x27,         ///< tenant | user -> credential_record [the user]
  policy = 0x28,             ///< tenant -> tenant_policy (home shard) [the tenant]
  link = 0x29,               ///< tenant | user | local conversation -> link_record [the user]
  // The rest is written by the conversation.
  conversation = 0x30,  ///< tenant | conversation -> conversation_record
  member = 0x31,        ///< tenant | conversation | user -> member_record
  sender = 0x32,        ///< tenant | conversation | user | device -> sender_record
  event = 0x33,         ///< tenant | conversation | seq -> event bytes
  intent = 0x34,        ///< tenant | conversation | seq | user -> intent_record
  version = 0x35,       ///< tenant | conversation | target | seq of the edit -> event bytes before
  reaction = 0x36,      ///< tenant | conversation | target | user -> reactions_record
  pin = 0x37,           ///< tenant | conversation | target -> pin_record
  gone = 0x38,          ///< tenant | conversation | seq when it went | target -> nothing
  mention = 0x39,       ///< tenant | conversation | user (0: everybody) | seq -> nothing
  burn = 0x3a,          ///< tenant | conversation | seq -> burn_record
  burn_body = 0x3b,     ///< tenant | conversation | seq -> the body of a burning message
  join_request = 0x3c,  ///< tenant | conversation | user -> join_request_record
  job = 0x3d,           ///< tenant | conversation | kind -> job_record
  owed = 0x3e,          ///< tenant | conversation | user | inbox_kind | at -> owed_record
};

/// Who runs ahead of the log with a version of his own (see storage/shard_writer.h).
enum class entity_kind : std::uint8_t { tenants = 1, tenant = 2, user = 3, conversation = 4 };

struct entity_ref {
  entity_kind kind{};
  tenant_id tenant{};
  std::uint64_t id = 0;  ///< user or conversation id; 0 for `tenants` and `tenant`

  friend auto operator<=>(const entity_ref&, const entity_ref&) = default;
};

namespace keys {

/// A key of at most 45 bytes (names up to 64 more), built without allocation in the common case.
std::string applied();
std::string entity_version(const entity_ref& entity);
std::string tenant(tenant_id id);
std::string tenant_name(std::string_view name);
std::string user(tenant_id tenant, user_id id);
std::string user_name(tenant_id tenant, std::string_view name);
std::string device(tenant_id tenant, user_id user, device_id id);
std::string operation(tenant_id tenant, user_id user, std::uint64_t op_id);
std::string user_conversation(tenant_id tenant, user_id user, conversation_id conversation);
std::string conversation(tenant_id tenant, conversation_id id);
std::string member(tenant_id tenant, conversation_id conversation, user_id user);
std::string sender(tenant_id tenant, conversation_id conversation, user_id user, device_id device);
std::string event(tenant_id tenant, conversation_id conversation, event_seq seq);
std::string intent(tenant_id tenant, conversation_id conversation, event_seq seq, user_id user);
std::string inbox(tenant_id tenant, user_id user, std::uint64_t inbox_seq);
std::string inbox_mark(tenant_id tenant, user_id user);
std::string credential(tenant_id tenant, user_id user);
std::string policy(tenant_id tenant);
std::string link(tenant_id tenant, user_id user, conversation_id local);
std::string version(tenant_id tenant, conversation_id conversation, event_seq target,
                    event_seq edit);
std::string reaction(tenant_id tenant, conversation_id conversation, event_seq target,
                     user_id user);
std::string pin(tenant_id tenant, conversation_id conversation, event_seq target);
std::string gone(tenant_id tenant, conversation_id conversation, event_seq went, event_seq target);
std::string mention(tenant_id tenant, conversation_id conversation, user_id user, event_seq seq);
std::string burn(tenant_id tenant, conversation_id conversation, event_seq seq);
std::string burn_body(tenant_id tenant, conversation_id conversation, event_seq seq);
std::string join_request(tenant_id tenant, conversation_id conversation, user_id user);
std::string job(tenant_id tenant, conversation_id conversation, std::uint64_t kind);
std::string owed(tenant_id tenant, conversation_id conversation, user_id user, std::uint64_t kind,
                 std::uint64_t at);

/// A half-open key range [first, last).
struct range {
  std::string first;
  std::string last;
};

/// A timer of the shard: what is due first comes first.
struct timer_key {
  time_ms due = 0;
  tenant_id tenant{};
  conversation_id conversation{};
  event_seq seq{};
  user_id reader{};  ///< 0: the message expires; else it burns for him

  friend auto operator<=>(const timer_key&, const timer_key&) = default;
};
std::string timer(const timer_key& key);
std::optional<timer_key> parse_timer(std::string_view key);
/// Timers due from `first` to `last`, both included.
range timers_between(time_ms first, time_ms last);

/// Everything that starts with `prefix`.
range starting_with(std::string_view prefix);

range all_of(table t);
range all_of(table t, tenant_id tenant);
/// All rows of a table below (tenant, id): members, senders, events, intents of a conversation;
/// devices, conversations of a user.
range all_of(table t, tenant_id tenant, std::uint64_t id);
/// One level deeper: versions or reactions of one message, mentions of one user.
range all_of(table t, tenant_id tenant, std::uint64_t id, std::uint64_t second);

/// The parts of a key, for scans. nullopt: not a key of that table.
struct id_key {
  tenant_id tenant{};
  std::uint64_t first = 0;   ///< user or conversation
  std::uint64_t second = 0;  ///< device, conversation, user or seq; 0 when the table has none
  std::uint64_t third = 0;   ///< sender: device; intent: user
  std::uint64_t fourth = 0;  ///< owed: at
};
std::optional<id_key> parse(table t, std::string_view key);

/// tenant_name and user_name: the name part.
std::optional<std::string_view> parse_name(table t, std::string_view key);

/// First byte of any state key.
inline table table_of(std::string_view key) {
  return table(static_cast<std::uint8_t>(key.front()));
}

// -- the log family: shard u16 | index u64 --------------------------------------------------------
std::string log_entry(shard_id shard, log_index index);
range log_of(shard_id shard);
std::optional<log_index> parse_log_entry(shard_id shard, std::string_view key);

// -- the meta family: node-local facts, never replicated ------------------------------------------
inline constexpr std::string_view meta_node = "node";                    ///< node_record
std::string meta_chain_mark(shard_id shard);                             ///< chain_mark_record
inline constexpr std::string_view meta_failed_logins = "failed_logins";  ///< failed_logins_record

}  // namespace keys
}  // namespace conclave
