/// The fields of the stored records, described as messages describe theirs (fields.h). The format
/// number in front of each is not among them. Internal to schemas/*.cc.
#pragma once

#include "schemas/field_codec.h"
#include "schemas/records.h"
#include "schemas/replica_records.h"

namespace conclave {

/// Written and expected in front of every record; another number is another layout.
inline constexpr std::uint8_t record_format = 1;

/// Wider than what the protocol lets in, so that a later bound does not make old rows unreadable.
inline constexpr bounds stored_text_bounds{0, 4096};

template <>
struct layout<applied_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("index", m.index, bounds{}, "last log entry that the state contains");
    v("epoch", m.epoch, bounds{}, "its epoch");
    v("hash", binary(m.hash), bounds{16, 16}, "its place in the hash chain");
    v("time", m.time, bounds{}, "its shard time");
  }
};

template <>
struct layout<chain_mark_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("index", m.index, bounds{}, "the chain is known to be whole up to this entry");
    v("hash", binary(m.hash), bounds{16, 16}, "its hash");
    v("first_kept", m.first_kept, bounds{}, "lowest index still in the log");
  }
};

template <>
struct layout<node_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("cluster", m.cluster, stored_text_bounds, "hex name of the cluster");
    v("shard_count", m.shard_count, bounds{}, "fixed at creation");
    v("incarnation", m.incarnation, bounds{}, "names this data folder: microseconds of its making");
    v("boot_count", m.boot_count, bounds{}, "starts so far");
    v("secret", binary(m.secret), bounds{0, 64}, "32 random bytes: reserved, not used yet");
  }
};

template <>
struct layout<replica_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("promised_epoch", m.promised_epoch, bounds{}, "nothing older is accepted");
    v("promised_config_version", m.promised_config_version, bounds{}, "nor an older configuration");
    v("family", m.family, bounds{}, "column family of the state; 0: the one made at creation");
    v("condemned", m.condemned, bounds{}, "why the folder may not take part any more; 0: it may");
  }
};

template <>
struct layout<replica_peer_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("node", m.node, bounds{}, "its number in the cluster");
    v("incarnation", m.incarnation, bounds{}, "its data folder");
    v("boot", m.boot, bounds{}, "starts of that folder");
    v("nonce", m.nonce, bounds{}, "drawn at that start");
    v("promised_epoch", m.promised_epoch, bounds{}, "what it has promised");
    v("promised_config_version", m.promised_config_version, bounds{}, "");
    v("match_epoch", m.match_epoch, bounds{}, "epoch in which it reported `match`");
    v("match", m.match, bounds{}, "what it said to hold durably");
    v("verdict", m.verdict, bounds{}, "why it is refused; 0: it is not");
  }
};

template <>
struct layout<failed_login> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("account", binary(m.account), bounds{16, 16}, "digest of its name under the secret");
    v("failures", m.failures, bounds{}, "");
    v("ago", m.ago, bounds{}, "ms from the last one to `saved`");
  }
};

template <>
struct layout<failed_logins_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("secret", binary(m.secret), bounds{0, 64}, "32 random bytes");
    v("saved", m.saved, bounds{}, "wall clock");
    v("accounts", m.accounts, bounds{0, 4096}, "those that have to wait, newest last");
  }
};

template <>
struct layout<tenant_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("name", m.name, stored_text_bounds, "");
    v("home_shard", m.home_shard, bounds{}, "shard of its users and names");
    v("created", m.created, bounds{}, "shard time");
    v("op_id", m.op_id, bounds{}, "operation that created it");
    v("created_by", m.created_by, bounds{}, "operator");
  }
};

template <>
struct layout<user_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("name", m.name, stored_text_bounds, "");
    v("created", m.created, bounds{}, "shard time");
    v("home_tenant", m.home_tenant, bounds{}, "of a person of another tenant");
    v("home_user", m.home_user, bounds{}, "his id there; 0: he is of this tenant");
  }
};

template <>
struct layout<device_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("name", m.name, stored_text_bounds, "");
    v("token_hash", binary(m.token_hash), bounds{0, 64}, "SHA-256 of the token's secret part");
    v("created", m.created, bounds{}, "shard time");
    v("kind", m.kind, bounds{}, "1 desktop, 2 mobile, 3 tablet, 4 web, 5 other; 0 unknown");
    v("op_id", m.op_id, bounds{}, "operation that made it");
    v("made_by", m.made_by, bounds{}, "operator; 0: the user himself");
    v("renewed", m.renewed, bounds{}, "when the token was given out; 0: at `created`");
    v("former_hash", binary(m.former_hash), bounds{0, 64}, "of the token before it");
    v("former_over", m.former_over, flag_bounds, "the newer token has been used");
  }
};

template <>
struct layout<credential_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("password", m.password, stored_text_bounds, "Argon2id, PHC string");
    v("changed", m.changed, bounds{}, "shard time");
  }
};

template <>
struct layout<operation_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("time", m.time, bounds{}, "shard time");
    v("results", m.results, bounds{0, 100'000}, "ids, by kind of operation");
  }
};

template <>
struct layout<index_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("changed", m.changed, bounds{}, "seq of the membership change that this reflects");
    v("member", m.member, flag_bounds, "");
    v("muted_until", m.muted_until, bounds{}, "own setting");
    v("pinned", m.pinned, flag_bounds, "own setting");
    v("hidden", m.hidden, flag_bounds, "own setting");
    v("touched", m.touched, bounds{}, "shard time of the last change of this row");
  }
};

template <>
struct layout<inbox_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("kind", m.kind, bounds{}, "see the table of inbox kinds");
    v("time", m.time, bounds{}, "shard time");
    v("conversation", m.conversation, bounds{}, "");
    v("at", m.at, bounds{}, "");
    v("user", m.user, bounds{}, "");
    v("device", m.device, bounds{}, "");
    v("number", m.number, bounds{}, "");
    v("flags", m.flags, bounds{}, "");
    v("text", m.text, stored_text_bounds, "");
  }
};

template <>
struct layout<inbox_mark_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("head", m.head, bounds{}, "newest seq");
    v("first", m.first, bounds{}, "oldest seq that is kept");
  }
};

template <>
struct layout<conversation_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("kind", m.kind, bounds{}, "1 direct, 2 group, 3 announcement, 4 system");
    v("visibility", m.visibility, bounds{}, "1 since joining, 2 all");
    v("title", m.title, stored_text_bounds, "");
    v("creator", m.creator, bounds{}, "user");
    v("op_id", m.op_id, bounds{}, "operation that created it");
    v("created", m.created, bounds{}, "shard time");
    v("topic", m.topic, stored_text_bounds, "");
    v("join", m.join, bounds{}, "0 or 1 closed, 2 open, 3 with approval");
    v("invite", m.invite, bounds{}, "0 or 1 admins, 2 members, 3 members with approval");
    v("all_muted", m.all_muted, flag_bounds, "");
    v("join_hash", binary(m.join_hash), bounds{0, 64}, "SHA-256 of the join code's secret part");
    v("dissolved", m.dissolved, bounds{}, "seq of the last event; 0: not dissolved");
    v("external", m.external, bounds{}, "members of other tenants in it now");
  }
};

template <>
struct layout<visible_span> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("first", m.first, bounds{}, "seq");
    v("last", m.last, bounds{}, "seq; 0 while open");
  }
};

template <>
struct layout<member_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("role", m.role, bounds{}, "1 member, 2 admin, 3 owner");
    v("joined", m.joined, bounds{}, "seq");
    v("left", m.left, bounds{}, "seq; 0 while a member");
    v("spans", m.spans, bounds{0, max_member_spans}, "what the member may see, ascending");
    v("read", m.read, bounds{}, "has read up to this seq");
    v("read_time", m.read_time, bounds{}, "since when, shard time");
    v("muted_until", m.muted_until, bounds{}, "may say nothing before then");
    v("home_tenant", m.home_tenant, bounds{}, "of a member of another tenant");
    v("home_user", m.home_user, bounds{}, "his id there; 0: he is of the conversation's tenant");
    v("left_title", m.left_title, bounds{}, "as it was called when he left before its end");
    v("left_topic", m.left_topic, bounds{}, "the topic by then");
  }
};

template <>
struct layout<intent_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("member", m.member, flag_bounds, "true: added; false: removed");
  }
};

template <>
struct layout<reactions_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("reactions", m.reactions, bounds{0, 1000}, "");
  }
};

template <>
struct layout<pin_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("by", m.by, bounds{}, "user");
    v("time", m.time, bounds{}, "shard time");
  }
};

template <>
struct layout<burn_reader> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("user", m.user, bounds{}, "");
    v("first_read", m.first_read, bounds{}, "shard time of the first OPEN; 0: none");
    v("burned", m.burned, flag_bounds, "it is over for him");
  }
};

template <>
struct layout<burn_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("burn_ms", m.burn_ms, bounds{}, "how long a reader may look");
    v("readers", m.readers, bounds{0, 1000}, "members when it was said, but the sender");
  }
};

template <>
struct layout<join_request_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("invited_by", m.invited_by, bounds{}, "member; 0: he came with the code");
    v("time", m.time, bounds{}, "shard time");
    v("text", m.text, stored_text_bounds, "");
  }
};

template <>
struct layout<job_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("seq", m.seq, bounds{}, "event that began it");
  }
};

template <>
struct layout<owed_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("about", m.about, bounds{}, "another user that it speaks of; 0: none");
  }
};

template <>
struct layout<link_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("tenant", m.tenant, bounds{}, "the host");
    v("conversation", m.conversation, bounds{}, "as the host knows it");
    v("self", m.self, bounds{}, "the user's id there");
  }
};

}  // namespace conclave
