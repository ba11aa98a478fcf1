/// Who may take part: a peer whose disk went back in time has forgotten promises or entries that
/// others build on. It is refused until it comes again as a new replica (wiped, new incarnation),
/// which starts as a learner and is seeded.
#include "replication/replica.h"

namespace conclave::replication {

introduction replica::introduce(std::uint64_t nonce) const {
  position last = s_.log.last();
  if (s_.durable < last.index) {
    const log_window::name* name = s_.log.at(s_.durable);
    if (name != nullptr) last = {name->epoch, s_.durable, name->hash};
  }
  return {self_, boot_, nonce, s_.durable_promise, last};
}

peer_memory& replica::memory_of(node_id node) {
  for (peer_memory& each : s_.peers)
    if (each.id.node == node) return each;
  s_.peers.push_back({});
  s_.peers.back().id.node = node;
  return s_.peers.back();
}

bool replica::is_distrusted(replica_id id) const {
  for (const peer_memory& each : s_.peers) {
    if (each.id.node != id.node) continue;
    if (id.incarnation < each.id.incarnation) return true;
    return each.id == id && each.verdict != distrust::none;
  }
  return false;
}

void replica::on(const introduced& e) {
  if (out() || e.peer.id.node == self_.node) return;
  peer_memory& known = memory_of(e.peer.id.node);
  const peer_memory old = known;
  const distrust verdict = judge(known, e.peer);
  if (verdict == distrust::older_incarnation) {
    effects_.emplace_back(refuse_peer{e.peer.id, verdict});
    return;  // the newer folder keeps its good name
  }
  if (e.peer.id != known.id) known = {e.peer.id, 0, 0, {}, {}, {}, distrust::none};
  if (verdict == distrust::none) {
    known.boot = e.peer.boot;
    known.nonce = e.peer.nonce;
    known.promised = e.peer.promised;
  } else {
    known.verdict = verdict;
    effects_.emplace_back(refuse_peer{e.peer.id, verdict});
  }
  if (known != old) {
    write w;
    w.peers.push_back(known);
    submit(std::move(w));
  }
}

void replica::on(const distrusted& e) {
  if (out()) return;
  write w;
  w.condemned = e.reason;
  submit(std::move(w));
  out_of_service({quarantine_reason::own_rollback, invariant::none, e.reason,
                  "a peer remembers more of this folder than the folder holds"});
}

}  // namespace conclave::replication
