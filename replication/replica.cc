/// Start, dispatch, and the marks that only move forward: promise, commit, applied.
#include "replication/replica.h"

#include "replication/mutation.h"
#include "schemas/check.h"

#include <algorithm>

namespace conclave::replication {

replica::replica(const replica_options& options, const start_facts& facts,
                 const durable_state& disk)
    : options_(options), self_(facts.self), boot_(facts.boot) {
  CONCLAVE_CHECK(options.seal != nullptr, "somebody names the entries");
  s_.promised = s_.durable_promise = disk.promised;
  s_.base = disk.base;
  s_.log = log_window(disk.known_from);
  for (const position& p : disk.entries) s_.log.append(p);
  s_.durable = s_.log.last_index();
  CONCLAVE_CHECK(disk.known_from.index <= disk.applied && disk.applied <= s_.durable,
                 "the state stands inside of the known log");
  // Committed is at least what was applied; more is learnt from the next leader.
  s_.commit = s_.applied = disk.applied;
  s_.base_config = disk.base_config;
  s_.base_plan = disk.base_plan;
  s_.configs = disk.configs;
  s_.peers = disk.peers;
  const bool older = facts.witness_incarnation > facts.self.incarnation;
  const bool again = facts.witness_incarnation == facts.self.incarnation &&
                     facts.witness_incarnation != 0 && facts.boot <= facts.witness_boot;
  if ((older || again) && !planted(mutation::ignore_witness)) {
    out_of_service({quarantine_reason::own_rollback, invariant::none,
                    older ? distrust::older_incarnation : distrust::rolled_back,
                    "a newer start of this node is known elsewhere"});
  }
  if (disk.condemned != distrust::none) {
    out_of_service({quarantine_reason::own_rollback, invariant::none, disk.condemned,
                    "a peer remembered more of this folder than the folder holds"});
  }
  effects_.clear();
}

std::vector<effect> replica::step(const event& e) {
  effects_.clear();
  std::visit([this](const auto& each) { on(each); }, e);
  if (!out()) {
    holds(s_.applied <= s_.commit && s_.commit <= s_.log.last_index(), invariant::ordered_marks,
          "applied <= commit <= last");
  }
  return std::move(effects_);
}

void replica::on(const received& e) {
  const message& m = e.content;
  if (m.from.node == self_.node || is_distrusted(m.from)) return;
  const bool asks = std::holds_alternative<append>(m.body) || std::holds_alternative<fence>(m.body);
  if (m.to != self_ && !(planted(mutation::any_incarnation) && m.to.node == self_.node)) {
    if (asks && m.to.node == self_.node)
      say(m.from, nack{refusal::not_member, {}, s_.durable_promise});
    return;
  }
  if (out()) {
    if (asks) say(m.from, nack{refusal::quarantined, {}, s_.durable_promise});
    return;
  }
  std::visit([this, &m](const auto& body) { on(m, body); }, m.body);
}

bool replica::is_stale(const message& m) const {
  if (m.epoch < s_.promised.epoch) return true;
  return m.config_version < s_.promised.config_version && !planted(mutation::forget_config_version);
}

void replica::hold_to(const promise& p) {
  if (!holds(p.epoch >= s_.promised.epoch && (p.config_version >= s_.promised.config_version ||
                                              planted(mutation::forget_config_version)),
             invariant::promise_grows, "a promise is never taken back")) {
    return;
  }
  s_.promised = p;
}

void replica::commit_up_to(log_index i) {
  if (i <= s_.commit) return;
  if (!holds(i <= s_.log.last_index(), invariant::ordered_marks, "commit <= last")) return;
  s_.commit = i;
  apply_committed();
}

/// Applied is committed and durable here, so that the state never outlives the log.
void replica::apply_committed() {
  const log_index up_to = std::min(s_.commit, s_.durable);
  if (up_to <= s_.applied) return;
  effects_.emplace_back(apply{after(s_.applied), up_to});
  s_.applied = up_to;
  std::size_t settled = 0;
  for (; settled < s_.pending.size() && s_.pending[settled].index <= s_.applied; ++settled) {
    const pending_proposal& p = s_.pending[settled];
    const log_window::name* name = s_.log.at(p.index);
    const bool safe = s_.now == role::leader && name != nullptr &&
                      name->epoch == s_.leading->record.epoch && p.index <= s_.durable &&
                      commits(s_.leading->record.config, stored_at(p.index));
    if (!holds(safe, invariant::answer_is_safe, "answered only when committed, durable, active"))
      return;
    effects_.emplace_back(acknowledge{p.token, {name->epoch, p.index, name->hash}});
  }
  s_.pending.erase(s_.pending.begin(), s_.pending.begin() + static_cast<std::ptrdiff_t>(settled));
  const std::uint64_t behind = options_.window_behind;
  if (s_.applied.value - s_.log.first().value > 2 * behind) {
    s_.log.forget_before(log_index(s_.applied.value - behind));
    while (s_.configs.size() > 1 && s_.configs[1].first <= s_.log.first()) {
      const config_ref gone = s_.configs.front().second;
      (gone->planned ? s_.base_plan : s_.base_config) = gone;
      s_.configs.erase(s_.configs.begin());
    }
  }
}

/// Every proposal under way has an unknown fate: the next leader may hold it or not.
void replica::step_down(std::optional<claim_end> reason) {
  if (!s_.leading) return;
  for (const pending_proposal& p : s_.pending) effects_.emplace_back(give_up{p.token});
  s_.pending.clear();
  if (reason) {
    claim_ended ended{s_.leading->record.epoch, *reason, {}};
    if (*reason == claim_end::snapshot_needed) ended.newest = s_.leading->source->from;
    effects_.emplace_back(ended);
  }
  s_.leading.reset();
  if (!out()) s_.now = role::follower;
}

void replica::out_of_service(const quarantine& why) {
  if (out()) return;
  s_.now = role::quarantined;
  s_.why = why;
  step_down(std::nullopt);
  s_.deferred.clear();
  effects_.emplace_back(why);
}

bool replica::holds(bool condition, invariant broken, const char* what) {
  if (condition) [[likely]]
    return true;
  out_of_service({quarantine_reason::breach, broken, distrust::none, what});
  return false;
}

void replica::on(const disk_failed&) {
  out_of_service(
      {quarantine_reason::disk, invariant::none, distrust::none, "a write of the log failed"});
}

void replica::on(const disk_filled& e) {
  s_.disk_full = e.full;
}

/// Trusted only above the own commit: a snapshot holds committed entries, so whatever differs from
/// it here was never committed. Cut off it is only when the log does not contain the snapshot.
void replica::on(const seeded& e) {
  if (out() || s_.leading || e.base.index <= s_.commit) return;
  const log_window::name* own = s_.log.at(e.base.index);
  if (own != nullptr && own->hash == e.base.hash) return commit_up_to(e.base.index);
  s_.log = log_window(e.base);
  s_.base = s_.commit = s_.applied = e.base.index;
  s_.base_config = e.config;
  s_.base_plan = e.plan;
  s_.configs.clear();
  write w;
  w.reset = e.base;
  w.reset_config = e.config;
  w.reset_plan = e.plan;
  submit(std::move(w));
}

void replica::on(const trimmed& e) {
  if (e.base > s_.base && e.base <= s_.applied) s_.base = e.base;
}

}  // namespace conclave::replication
