/// The rules of the judge. Each looks at disks and at what was said, never at the core's reasons.
#include "tests/replication/judge.h"

#include "tests/replication/seal.h"

namespace conclave::replication::proof {
namespace {

std::string of(replica_id id) {
  return "replica " + std::to_string(id.node.value) + "." + std::to_string(id.incarnation);
}
std::string at(log_index i) {
  return " entry " + std::to_string(i.value);
}

}  // namespace

std::uint64_t judge::memory() const {
  std::uint64_t h = answered_.value;
  for (const log_window::name& n : history_) h = mix(h, low_half(n.hash));
  for (const auto& [place, hash] : contents_)
    h = mix(mix(mix(h, place.first), place.second), low_half(hash));
  for (const auto& [id, a] : acked_)
    h = mix(mix(mix(h, id.node.value), a.epoch.value), a.match.value);
  return h;
}

void judge::on_quarantine(replica_id who, const quarantine& q) {
  if (q.reason == quarantine_reason::breach) report(q.broken, of(who) + ": " + q.what);
  if (q.reason == quarantine_reason::lineage_forked)
    report(invariant::one_history, of(who) + ": another lineage although nobody forced one");
}

bool judge::in_history(log_index i, const hash16& hash) const {
  return i.value <= history_.size() && history_[static_cast<std::size_t>(i.value - 1)].hash == hash;
}

/// In the core's window, or else (long committed) on disk.
std::optional<log_window::name> judge::name_at(const suspect& who, log_index i) const {
  if (const log_window::name* name = who.core->state().log.at(i)) return *name;
  const entry* e = who.disk->view().at(i);
  if (e == nullptr) return std::nullopt;
  return log_window::name{e->epoch, e->hash};
}

void judge::on_commit(const suspect& who, log_index from, log_index to) {
  for (log_index i = after(from); i <= to; i = after(i)) {
    const auto name = name_at(who, i);
    if (!name) continue;  // seeded: judged by its state
    if (i.value <= history_.size()) {
      if (!in_history(i, name->hash))
        report(invariant::one_history, of(who.id) + " commits another" + at(i));
    } else if (i.value == history_.size() + 1) {
      history_.push_back(*name);
    } else {
      report(invariant::one_history, of(who.id) + " commits with a gap before" + at(i));
    }
  }
}

void judge::on_answer(const suspect& who, const position& place, const std::vector<suspect>& all) {
  const replica_state& s = who.core->state();
  ++answers_;
  answered_ = std::max(answered_, place.index);
  if (!in_history(place.index, place.hash))
    report(invariant::one_history, "answered" + at(place.index) + " is not in history");
  if (!s.leading) return report(invariant::answer_is_safe, "answered without leading");
  voter_set stored = 0;
  const shard_config& config = s.leading->record.config;
  for (std::size_t i = 0; i < config.voters.size(); ++i) {
    const replica_id id = config.voters[i].id;
    const auto known = all_acked_.find({id, place.epoch});
    if (lost_.contains(id) && known != all_acked_.end() && known->second >= place.index) {
      stored |= voter_set{1} << i;
    }
    for (const suspect& each : all)
      if (each.id == id && each.disk->durable().holds(place.index, place.hash))
        stored |= voter_set{1} << i;
  }
  int copies = 0;
  std::map<std::uint16_t, bool> sites;
  for (std::size_t i = 0; i < config.voters.size(); ++i) {
    if ((stored >> i & 1) == 0) continue;
    ++copies;
    sites[config.voters[i].site] = true;
  }
  if (copies < config.rule.replicas || sites.size() < config.rule.sites)
    report(invariant::answer_is_safe,
           "answered" + at(place.index) + " stands on too few disks: " + std::to_string(copies) +
               " of " + std::to_string(config.rule.replicas) + ", sites " +
               std::to_string(sites.size()) + " of " + std::to_string(config.rule.sites) + " set " +
               std::to_string(stored));
}

void judge::on_active(const suspect& who) {
  for (std::size_t i = 0; i < history_.size(); ++i) {
    const log_window::name* name = who.core->state().log.at(log_index(i + 1));
    if (name == nullptr && log_index(i + 1) < who.core->state().log.first()) continue;
    if (history_[i].epoch >= who.core->state().leading->record.epoch) return;
    if (name == nullptr || name->hash != history_[i].hash)
      return report(invariant::one_history,
                    of(who.id) + " became active without" + at(log_index(i + 1)));
  }
}

void judge::on_write(const suspect& who, const write& w, log_index commit_before) {
  for (const entry& e : w.entries) {
    const auto [known, fresh] = contents_.emplace(std::pair(e.epoch.value, e.index.value), e.hash);
    if (!fresh && known->second != e.hash)
      report(invariant::one_content, "two contents of" + at(e.index));
    if (who.core->state().learner && !in_history(e.index, e.hash))
      report(invariant::learner_committed,
             "learner " + of(who.id) + " stores uncommitted" + at(e.index));
  }
  if (w.truncate_after && *w.truncate_after < commit_before)
    report(invariant::commit_is_final, of(who.id) + " cuts below its commit");
}

void judge::on_durable(replica_id who, const promise& old_one, const promise& new_one) {
  if (new_one.epoch < old_one.epoch || new_one.config_version < old_one.config_version)
    report(invariant::promise_grows, of(who) + " takes a promise back");
}

void judge::on_applied(replica_id who, const state_mark& mark) {
  const auto [known, fresh] = states_.emplace(mark.applied.value, mark.digest);
  if (!fresh && known->second != mark.digest)
    report(invariant::equal_state, of(who) + " has another state at" + at(mark.applied));
}

void judge::on_ack_sent(const suspect& who, shard_epoch epoch, std::uint64_t version,
                        log_index match) {
  if (who.core->state().learner) return;
  log_index& ever = all_acked_[{who.id, epoch}];
  ever = std::max(ever, match);
  acked& known = acked_[who.id];
  if (known.epoch != epoch || known.version != version) known = {epoch, version, {}};
  known.match = std::max(known.match, match);
}

void judge::on_start(const suspect& who) {
  const auto known = acked_.find(who.id);
  const replica_state& s = who.core->state();
  if (known == acked_.end() || s.now == role::quarantined) return;
  if (s.durable_promise.epoch < known->second.epoch)
    report(invariant::promise_grows, of(who.id) + " starts below its promise");
  if (s.durable_promise.epoch == known->second.epoch &&
      s.durable_promise.config_version == known->second.version &&
      s.durable < known->second.match) {
    report(invariant::match_grows, of(who.id) + " starts without entries it reported");
  }
}

void judge::on_end(const suspect& who, log_index answered_up_to) {
  for (log_index i{1}; i <= answered_up_to; i = after(i)) {
    if (!who.disk->view().holds(i, history_[static_cast<std::size_t>(i.value - 1)].hash))
      return report(invariant::one_history, of(who.id) + " lost" + at(i));
  }
}

}  // namespace conclave::replication::proof
