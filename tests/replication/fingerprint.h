/// A digest of everything that decides how a replica, its disk and a message will behave. Counters
/// that only name things (write numbers) are taken relative; what is remembered of peers matters to
/// introductions only, which the search has not.
#pragma once

#include "tests/replication/judge.h"
#include "tests/replication/seal.h"

namespace conclave::replication::proof {

class fingerprint {
 public:
  std::uint64_t value() const { return h_; }

  void add(std::uint64_t v) { h_ = mix(h_, v); }
  void add(const hash16& v) { add(low_half(v)); }
  void add(const promise& v) { add(v.epoch.value), add(v.config_version); }
  void add(const position& v) { add(v.epoch.value), add(v.index.value), add(v.hash); }
  void add(const link& v) { add(v.index.value), add(v.hash); }
  void add(replica_id v) { add(v.node.value), add(v.incarnation); }

  void add(const message& m) {
    add(m.from), add(m.to), add(m.epoch.value), add(m.config_version), add(m.lineage);
    add(m.body.index());
    std::visit([this](const auto& each) { body(each); }, m.body);
  }

  void add(const replica_state& s) {
    add(static_cast<std::uint64_t>(s.now)), add(s.promised), add(s.durable_promise);
    add(s.log.last()), add(s.log.first().value);
    add(s.base.value), add(s.durable.value), add(s.commit.value), add(s.applied.value);
    add(s.learner), add(s.writes.size());
    for (const auto& w : s.writes) add(w.promised), add(w.cut.value), add(w.last.value);
    for (const auto& d : s.deferred) add(d.after - s.durable_write), add(d.content);
    add(s.pending.size());
    for (const auto& p : s.pending) add(p.index.value);
    if (s.leading) add(*s.leading);
  }

  void add(const disk_image& d) {
    add(d.promised), add(d.base), add(d.state.applied.value), add(d.log.size());
    if (!d.log.empty()) add(d.log.back()->place());
  }

 private:
  void add(const term& t) {
    add(t.record.epoch.value), add(t.fenced_self), add(t.adopted), add(t.opening.value);
    add(t.installed);
    std::uint64_t reports = 0;  // in any order
    for (const report& r : t.reports) reports += of(r);
    add(reports), add(t.source ? of(*t.source) : 0), add(t.silent_ticks);
    add(t.fetching.value), add(t.given_up);
    for (const progress& p : t.receivers) {
      add(p.peer.id), add(p.voter), add(p.match.value), add(p.next.value), add(p.moved);
      add(p.silent_ticks), add(p.rewound), add(p.rewound_to.value);
    }
  }
  static std::uint64_t of(const report& r) {
    fingerprint f;
    f.add(r.from), f.body(r.content);
    return f.value();
  }
  void entries(const std::vector<entry>& all) {
    add(all.size());
    for (const entry& e : all) add(e.hash);
  }
  void body(const append& a) {
    add(a.prev), entries(a.entries), add(a.commit.value), add(a.learner);
  }
  void body(const ack& a) { add(a.match.value); }
  void body(const nack& n) {
    add(static_cast<std::uint64_t>(n.reason)), add(n.hint.value), add(n.promised);
  }
  void body(const fence&) {}
  void body(const promised& p) {
    add(p.last), add(p.commit.value), add(p.base.value), add(p.config_version);
  }
  void body(const rejected& r) { add(r.promised); }
  void body(const fetch& f) { add(f.first.value); }
  void body(const fetched& f) { add(f.prev), entries(f.entries), add(f.trimmed); }
  void body(const removed&) {}

  std::uint64_t h_ = 0;
};

}  // namespace conclave::replication::proof
