/// Taking entries of another log: of the leader (APPEND) or of the newest peer (a takeover's
/// fetch).
#include "replication/mutation.h"
#include "replication/replica.h"

#include <algorithm>

namespace conclave::replication {

void replica::append_name(const entry& e) {
  s_.log.append(e.place());
  if (e.kind == log_kind::config) s_.configs.emplace_back(e.index, e.config);
}

void replica::cut_log(log_index keep) {
  s_.log.truncate_after(keep);
  while (!s_.configs.empty() && s_.configs.back().first > keep) s_.configs.pop_back();
}

/// A conflict at or below commit is never repaired by cutting (I7): either an operator promoted a
/// copy that lacked what was committed here, or the impossible happened.
void replica::stop_at_fork(const message& from) {
  const config_ref& config = s_.log_config();
  if (from.lineage > (config ? config->lineage : 0)) {
    out_of_service({quarantine_reason::lineage_forked, invariant::none, distrust::none,
                    "the shard went on in another lineage without entries committed here"});
  } else {
    holds(false, invariant::commit_is_final, "the leader's log differs at or below commit");
  }
}

replica::merged replica::merge(const link& prev, const std::vector<entry>& entries,
                               const message& from) {
  if (prev.index > s_.log.last_index()) return merged::gap;
  const log_window::name* own = s_.log.at(prev.index);
  if (own == nullptr) return merged::diverged;  // long committed: begin at commit
  if (own->hash != prev.hash) {
    if (prev.index > s_.commit) return merged::diverged;
    stop_at_fork(from);
    return merged::stopped;
  }
  link at = prev;
  write w;
  for (const entry& e : entries) {
    if (e.index != after(at.index) || e.prev_hash != at.hash) return merged::diverged;
    if (!holds(e.epoch <= from.epoch, invariant::one_appender, "an entry newer than its leader"))
      return merged::stopped;
    at = {e.index, e.hash};
    if (!w.entries.empty()) {
      w.entries.push_back(e);
      continue;
    }
    const log_window::name* mine = s_.log.at(e.index);
    if (mine != nullptr && mine->hash == e.hash) continue;
    if (mine != nullptr) {
      if (e.index <= s_.commit) {
        stop_at_fork(from);
        return merged::stopped;
      }
      if (!holds(mine->epoch != e.epoch, invariant::one_content,
                 "the same epoch and index with another content")) {
        return merged::stopped;
      }
      w.truncate_after = prev.index;
    }
    w.entries.push_back(e);
  }
  if (planted(mutation::truncate_on_append) && w.entries.empty() &&
      at.index < s_.log.last_index()) {
    if (!holds(at.index >= s_.commit, invariant::commit_is_final, "cut below commit"))
      return merged::stopped;
    w.truncate_after = at.index;
  }
  if (w.truncate_after) {
    const log_index keep = w.entries.empty() ? at.index : before(w.entries.front().index);
    w.truncate_after = keep;
    cut_log(keep);
  }
  for (const entry& e : w.entries) append_name(e);
  if (!w.entries.empty() || w.truncate_after) submit(std::move(w));
  return merged::done;
}

void replica::on(const message& m, const append& a) {
  if (is_stale(m)) return say(m.from, nack{refusal::stale, {}, s_.durable_promise});
  if (candidate_of(m.epoch) != m.from.node) return;  // I1: an epoch has one appender
  if (s_.leading && m.epoch > s_.leading->record.epoch) step_down(claim_end::overtaken);
  if (s_.disk_full && !a.entries.empty())
    return say(m.from, nack{refusal::disk_full, s_.log.last_index(), s_.durable_promise});
  hold_to({m.epoch, m.config_version});
  if (out()) return;
  const position last = s_.log.last();
  if (a.learner && last.index > a.commit && last.epoch < m.epoch && a.commit >= s_.commit) {
    // The tail of a vote that is over. An active leader has committed its opening entry, so that
    // nothing of an older epoch behind its commit is history.
    write w;
    w.truncate_after = a.commit;
    cut_log(a.commit);
    submit(std::move(w));
  }
  s_.learner = a.learner;
  const merged result = merge(a.prev, a.entries, m);
  if (result == merged::stopped) return;
  submit_promise();
  if (result == merged::gap)
    return say_when_durable(m.from, nack{refusal::gap, s_.log.last_index(), s_.promised});
  if (result == merged::diverged)
    return say_when_durable(m.from, nack{refusal::diverged, s_.commit, s_.promised});
  const log_index match(a.prev.index.value + a.entries.size());
  if (a.learner && !holds(match <= a.commit, invariant::learner_committed,
                          "a learner was sent what is not committed")) {
    return;
  }
  say_when_durable(m.from, ack{match});
  commit_up_to(planted(mutation::commit_beyond_match) ? std::min(a.commit, s_.log.last_index())
                                                      : std::min(a.commit, match));
}

}  // namespace conclave::replication
