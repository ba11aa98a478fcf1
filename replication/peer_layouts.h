/// The fields of every frame between nodes, in wire order, once for both ways. New fields are
/// appended. For replication/peer_codec.cc only; the table for people is replication/PEERS.md.
#pragma once

#include "replication/peer_fields.h"

#include <type_traits>

namespace conclave::replication {

/// Readers fill what writers look at.
template <class V, class T>
using seen_by = std::conditional_t<V::reading, T, const T>;

template <class V>
void fields(V& v, seen_by<V, promise>& p) {
  v.number(p.epoch.value), v.number(p.config_version);
}
template <class V>
void fields(V& v, seen_by<V, position>& p) {
  v.number(p.epoch.value), v.number(p.index.value), v.hash(p.hash);
}
template <class V>
void fields(V& v, seen_by<V, link>& l) {
  v.number(l.index.value), v.hash(l.hash);
}
template <class V>
void fields(V& v, seen_by<V, replica_id>& id) {
  v.number(id.node.value), v.number(id.incarnation);
}

// -- the mesh's own
// ------------------------------------------------------------------------------

template <class V>
void layout(V& v, seen_by<V, peer_link>& m) {
  v.record(1, [&] { v.code(m.kind, link_kind::live, link_kind::seed); });
}
template <class V>
void layout(V& v, seen_by<V, peer_linked>&) {
  v.record(0, [] {});
}
template <class V>
void layout(V& v, seen_by<V, peer_ping>&) {
  v.record(0, [] {});
}
template <class V>
void layout(V& v, seen_by<V, peer_unlink>& m) {
  v.record(1, [&] { v.text(m.text); });
}

// -- live
// ----------------------------------------------------------------------------------------

template <class V>
void layout(V& v, seen_by<V, peer_hello>& m) {
  v.record(9, [&] {
    v.text(m.cluster), fields(v, m.id), v.number(m.boot), v.number(m.nonce);
    v.number(m.protocol), v.number(m.shard_count), v.text(m.client_address);
    v.list(m.shards, 24, [&](auto& s) {
      v.record(6, [&] { v.number(s.shard.value), fields(v, s.promised), fields(v, s.last); });
    });
  });
}
template <class V>
void layout(V& v, seen_by<V, peer_refuse>& m) {
  const auto fields_of_before = [&] {
    v.number(m.shard.value);
    v.code(m.reason, distrust::older_incarnation, distrust::entries_lost);
    v.text(m.text);
  };
  v.record(3, fields_of_before, 2, [&] { fields(v, m.to); });
}
template <class V>
void layout(V& v, seen_by<V, peer_status>& m) {
  v.record(2, [&] {
    v.text(m.client_address);
    v.list(m.shards, 8, [&](auto& s) {
      v.record(10, [&] {
        v.number(s.shard.value), v.flag(s.leads), v.number(s.role), v.number(s.epoch.value);
        v.number(s.commit.value), v.number(s.applied.value), v.number(s.last_time);
        v.number(s.base.value), v.number(s.mark.index.value), v.text(s.mark.digest);
      });
    });
  });
}
template <class V>
void layout(V& v, seen_by<V, peer_yield>& m) {
  v.record(2, [&] { v.number(m.shard.value), v.number(m.epoch.value); });
}

// -- bodies of MESSAGE: an array each. `stored` are the entries.
// ---------------------------------

/// A stored entry's own head and checksum, and the two bytes in front of it.
inline constexpr std::size_t smallest_entry = 54;

template <class V, class Stored>
void body(V& v, seen_by<V, append>& m, Stored& stored) {
  v.record(5, [&] {
    fields(v, m.prev), v.number(m.commit.value), v.flag(m.learner);
    v.list(stored, smallest_entry, [&](auto& bytes) { v.bytes(bytes); });
  });
}
template <class V, class Stored>
void body(V& v, seen_by<V, ack>& m, Stored&) {
  v.record(1, [&] { v.number(m.match.value); });
}
template <class V, class Stored>
void body(V& v, seen_by<V, nack>& m, Stored&) {
  v.record(4, [&] {
    v.code(m.reason, refusal::stale, refusal::quarantined), v.number(m.hint.value);
    fields(v, m.promised);
  });
}
template <class V, class Stored>
void body(V& v, seen_by<V, fence>&, Stored&) {
  v.record(0, [] {});
}
template <class V, class Stored>
void body(V& v, seen_by<V, promised>& m, Stored&) {
  v.record(6, [&] {
    fields(v, m.last), v.number(m.commit.value), v.number(m.base.value);
    v.number(m.config_version);
  });
}
template <class V, class Stored>
void body(V& v, seen_by<V, rejected>& m, Stored&) {
  v.record(2, [&] { fields(v, m.promised); });
}
template <class V, class Stored>
void body(V& v, seen_by<V, fetch>& m, Stored&) {
  v.record(1, [&] { v.number(m.first.value); });
}
template <class V, class Stored>
void body(V& v, seen_by<V, fetched>& m, Stored& stored) {
  v.record(4, [&] {
    fields(v, m.prev), v.flag(m.trimmed);
    v.list(stored, smallest_entry, [&](auto& bytes) { v.bytes(bytes); });
  });
}
template <class V, class Stored>
void body(V& v, seen_by<V, removed>&, Stored&) {
  v.record(0, [] {});
}

// -- seeds
// ---------------------------------------------------------------------------------------

template <class V>
void layout(V& v, seen_by<V, seed_begin>& m) {
  v.record(8, [&] {
    v.number(m.shard.value), v.number(m.session), fields(v, m.base);
    v.number(m.applied_time), v.bytes(m.config), v.bytes(m.plan);
  });
}
template <class V>
void layout(V& v, seen_by<V, seed_from>& m) {
  v.record(5, [&] {
    v.number(m.shard.value), v.number(m.session), v.bytes(m.key), v.flag(m.refused);
    v.text(m.text);
  });
}
template <class V>
void layout(V& v, seen_by<V, seed_block>& m) {
  v.record(5, [&] {
    v.number(m.shard.value), v.number(m.session), v.number(m.number);
    v.checked([&] {
      v.list(m.rows, 5,
             [&](auto& row) { v.record(2, [&] { v.bytes(row.first), v.bytes(row.second); }); });
    });
  });
}
template <class V>
void layout(V& v, seen_by<V, seed_ack>& m) {
  v.record(3, [&] { v.number(m.shard.value), v.number(m.session), v.number(m.number); });
}
template <class V>
void layout(V& v, seen_by<V, seed_done>& m) {
  v.record(3, [&] { v.number(m.shard.value), v.number(m.session), v.text(m.digest); });
}
template <class V>
void layout(V& v, seen_by<V, seed_result>& m) {
  v.record(4, [&] { v.number(m.shard.value), v.number(m.session), v.flag(m.ok), v.text(m.text); });
}

}  // namespace conclave::replication
