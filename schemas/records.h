/// The stored values: what stands behind each key of keys.h (events: event.h). Each is one msgpack
/// array whose first element is a format number; fields are only ever appended. Pure data.
///
/// encode() never fails; decode() returns errc::corrupt for anything that it does not understand,
/// because a store that holds such a row must not be served.
#pragma once

#include "schemas/account_messages.h"
#include "schemas/event.h"
#include "schemas/history_messages.h"
#include "schemas/ids.h"
#include "schemas/inbox_messages.h"
#include "schemas/outcome.h"
#include "schemas/policy_messages.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
  std::string cluster;            ///< random, hex: names the cluster for ever
  std::uint16_t shard_count = 0;  ///< fixed at creation
  std::uint64_t incarnation = 0;  ///< names this data folder: when it was made, in microseconds
  std::uint64_t boot_count = 0;
  std::string secret;  ///< 32 random bytes: reserved, not used yet

  friend bool operator==(const node_record&, const node_record&) = default;
};

/// An account that has to wait before its next login.
struct failed_login {
  hash16 account{};  ///< digest of its name under the record's secret
  std::uint32_t failures = 0;
  time_ms ago = 0;  ///< the last one, before the record was made

  friend bool operator==(const failed_login&, const failed_login&) = default;
};

struct failed_logins_record {
  std::string secret;
  time_ms saved = 0;  ///< wall clock
  std::vector<failed_login> accounts;

  friend bool operator==(const failed_logins_record&, const failed_logins_record&) = default;
};

struct tenant_record {
  std::string name;
  shard_id home_shard{};
  time_ms created = 0;
  std::uint64_t op_id = 0;  ///< the operation that created it, by operator
  user_id created_by{};

  friend bool operator==(const tenant_record&, const tenant_record&) = default;
};

/// A person of this tenant; or, with a home, one of another tenant who is or was in conversations
/// of this one, named `name@tenant`: he has neither devices nor an inbox here.
struct user_record {
  static constexpr std::uint32_t required_fields = 2;

  std::string name;
  time_ms created = 0;
  tenant_id home_tenant{};
  user_id home_user{};  ///< 0: he is at home here

  friend bool operator==(const user_record&, const user_record&) = default;
};

struct device_record {
  static constexpr std::uint32_t required_fields = 3;

  std::string name;
  std::string token_hash;  ///< SHA-256 of the token's secret part, 32 bytes
  time_ms created = 0;
  device_kind kind{};        ///< 0: unknown, from before kinds
  std::uint64_t op_id = 0;   ///< the operation that made it, by `made_by`
  user_id made_by{};         ///< operator; 0: the user himself
  time_ms renewed = 0;       ///< when the token was given out; 0: at `created`
  std::string former_hash;   ///< the token before it
  bool former_over = false;  ///< the newer one was used: whoever shows the former is a thief

  friend bool operator==(const device_record&, const device_record&) = default;
};

/// How a user proves himself by password.
struct credential_record {
  std::string password;  ///< Argon2id, PHC string
  time_ms changed = 0;

  friend bool operator==(const credential_record&, const credential_record&) = default;
};

/// What an operation did, kept 14 days so that a resend finds it.
struct operation_record {
  time_ms time = 0;
  std::vector<std::uint64_t> results;  ///< provision_users: user, 0, user, 0, … (devices: by op_id)

  friend bool operator==(const operation_record&, const operation_record&) = default;
};

/// A user's index entry for a conversation; the member row decides, this only finds it. His own
/// settings for it live here too.
struct index_record {
  static constexpr std::uint32_t required_fields = 2;

  event_seq changed{};  ///< seq of the membership change that this entry reflects
  bool member = true;
  time_ms muted_until = 0;
  bool pinned = false;
  bool hidden = false;
  time_ms touched = 0;  ///< when this row last changed

  friend bool operator==(const index_record&, const index_record&) = default;
};

/// A conversation of another tenant that a user is or was in: what his local id stands for.
struct link_record {
  tenant_id tenant{};              ///< the host
  conversation_id conversation{};  ///< as the host knows it
  user_id self{};                  ///< who he is there

  friend bool operator==(const link_record&, const link_record&) = default;
};

/// An entry of a user's inbox: what inbox_entry says, without its seq, which is in the key.
struct inbox_record {
  inbox_kind kind{};
  time_ms time = 0;
  conversation_id conversation{};
  event_seq at{};
  user_id user{};
  device_id device{};
  std::uint64_t number = 0;
  std::uint32_t flags = 0;
  std::string text;

  friend bool operator==(const inbox_record&, const inbox_record&) = default;
};

/// Where a user's inbox begins and ends.
struct inbox_mark_record {
  std::uint64_t head = 0;
  std::uint64_t first = 0;  ///< oldest kept

  friend bool operator==(const inbox_mark_record&, const inbox_mark_record&) = default;
};

struct conversation_record {
  static constexpr std::uint32_t required_fields = 6;

  conversation_kind kind = conversation_kind::group;
  history_visibility visibility = history_visibility::since_joining;
  std::string title;
  user_id creator{};
  std::uint64_t op_id = 0;
  time_ms created = 0;
  std::string topic;
  join_policy join{};      ///< 0: closed
  invite_policy invite{};  ///< 0: admins
  bool all_muted = false;
  std::string join_hash;       ///< SHA-256 of the join code's secret part; empty: none was made
  event_seq dissolved{};       ///< 0: not
  std::uint32_t external = 0;  ///< members of other tenants in it now

  friend bool operator==(const conversation_record&, const conversation_record&) = default;
};

/// A stretch of seqs that a member may see; last = 0 while it is open.
struct visible_span {
  event_seq first{};
  event_seq last{};

  friend bool operator==(const visible_span&, const visible_span&) = default;
};

struct member_record {
  static constexpr std::uint32_t required_fields = 4;

  member_role role = member_role::member;
  event_seq joined{};
  event_seq left{};                 ///< 0 while a member
  std::vector<visible_span> spans;  ///< ascending, disjoint; at most max_member_spans
  event_seq read{};
  time_ms read_time = 0;
  time_ms muted_until = 0;  ///< may say nothing before then
  tenant_id home_tenant{};
  user_id home_user{};     ///< where he is at home; 0: in the conversation's tenant
  std::string left_title;  ///< as it was called when he left; empty while a member
  std::string left_topic;

  bool is_member() const { return left.value == 0; }
  friend bool operator==(const member_record&, const member_record&) = default;
};

/// Somebody may leave and return this often before the oldest stretch of history is closed to him.
inline constexpr std::size_t max_member_spans = 16;

/// The one rule of who sees what (promise P4): push, history, list and every later reader ask here.
bool visible(const member_record& member, event_seq seq);

/// The newest seq that `member` may see in a conversation whose head is `head`; 0 if none.
event_seq visible_head(const member_record& member, event_seq head);

/// The reactions of one user to one message.
struct reactions_record {
  std::vector<std::string> reactions;

  friend bool operator==(const reactions_record&, const reactions_record&) = default;
};

struct pin_record {
  user_id by{};
  time_ms time = 0;

  friend bool operator==(const pin_record&, const pin_record&) = default;
};

/// Who may still read a burning message.
struct burn_reader {
  user_id user{};
  time_ms first_read = 0;  ///< 0: has not opened it
  bool burned = false;     ///< it is over for him

  friend bool operator==(const burn_reader&, const burn_reader&) = default;
};

/// A burning message that still has its body.
struct burn_record {
  std::uint32_t burn_ms = 0;
  std::vector<burn_reader> readers;

  friend bool operator==(const burn_record&, const burn_record&) = default;
};

struct join_request_record {
  user_id invited_by{};  ///< 0: he came with the code
  time_ms time = 0;
  std::string text;

  friend bool operator==(const join_request_record&, const join_request_record&) = default;
};

/// Large operations of a conversation, done in steps.
enum class job_kind : std::uint8_t { dissolve = 1 };

struct job_record {
  event_seq seq{};  ///< the event that began it; how far it is, the rows themselves say

  friend bool operator==(const job_record&, const job_record&) = default;
};

/// Something that a user's inbox has yet to learn: written with its cause, erased once he has it.
struct owed_record {
  user_id about{};

  friend bool operator==(const owed_record&, const owed_record&) = default;
};

/// A change of membership that the user's own index has yet to learn (user and conversation may
/// live in different shards): written with the event, erased once the user has it.
struct intent_record {
  bool member = true;

  friend bool operator==(const intent_record&, const intent_record&) = default;
};

std::string encode(const applied_record& r);
std::string encode(const chain_mark_record& r);
std::string encode(const node_record& r);
std::string encode(const failed_logins_record& r);
std::string encode(const tenant_record& r);
std::string encode(const user_record& r);
std::string encode(const device_record& r);
std::string encode(const operation_record& r);
std::string encode(const index_record& r);
std::string encode(const conversation_record& r);
std::string encode(const member_record& r);
std::string encode(const intent_record& r);
std::string encode(const tenant_policy& r);
std::string encode(const credential_record& r);
std::string encode(const inbox_record& r);
std::string encode(const inbox_mark_record& r);
std::string encode(const reactions_record& r);
std::string encode(const pin_record& r);
std::string encode(const burn_record& r);
std::string encode(const join_request_record& r);
std::string encode(const job_record& r);
std::string encode(const owed_record& r);
std::string encode(const link_record& r);

/// Specialised for each record above.
template <class Record>
outcome<Record> decode_record(std::string_view bytes);

}  // namespace conclave
