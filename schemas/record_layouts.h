/// The fields of the stored records, described as messages describe theirs (fields.h). The format
/// number in front of each is not among them. Internal to schemas/*.cc.
#pragma once

#include "schemas/field_codec.h"
#include "schemas/records.h"

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
    v("incarnation", m.incarnation, bounds{}, "random: names this data folder");
    v("boot_count", m.boot_count, bounds{}, "starts so far");
    v("secret", binary(m.secret), bounds{0, 64}, "32 random bytes: reserved, not used yet");
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
  }
};

template <>
struct layout<device_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("name", m.name, stored_text_bounds, "");
    v("token_hash", binary(m.token_hash), bounds{0, 64}, "SHA-256 of the token's secret part");
    v("created", m.created, bounds{}, "shard time");
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
  }
};

template <>
struct layout<conversation_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("kind", m.kind, bounds{}, "2 group");
    v("visibility", m.visibility, bounds{}, "1 since joining, 2 all");
    v("title", m.title, stored_text_bounds, "");
    v("creator", m.creator, bounds{}, "user");
    v("op_id", m.op_id, bounds{}, "operation that created it");
    v("created", m.created, bounds{}, "shard time");
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
    v("role", m.role, bounds{}, "1 member, 3 owner");
    v("joined", m.joined, bounds{}, "seq");
    v("left", m.left, bounds{}, "seq; 0 while a member");
    v("spans", m.spans, bounds{0, max_member_spans}, "what the member may see, ascending");
  }
};

template <>
struct layout<intent_record> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("member", m.member, flag_bounds, "true: added; false: removed");
  }
};

}  // namespace conclave
