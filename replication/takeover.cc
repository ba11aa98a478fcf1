/// The candidate's side of a takeover, which is also how membership changes:
///   claimed -> own promise durable -> FENCE to old and new voters -> recovery set of the old ones
///   -> newest log among them -> opening entry (config) -> commit set of the new voters: installed
///   -> the authority activates -> leader.
/// Nothing commits and nobody is answered before the last step.
#include "replication/mutation.h"
#include "replication/replica.h"

#include <algorithm>

namespace conclave::replication {

void replica::on(const claimed& e) {
  const claim_record& r = e.record;
  const bool sound =
      !out() && !s_.disk_full && is_sound(r.config) && candidate_of(r.epoch) == self_.node &&
      r.may_lead(self_) && r.epoch > s_.promised.epoch &&
      (r.config.version >= s_.promised.config_version || planted(mutation::forget_config_version));
  if (!sound) return effects_.push_back(claim_ended{r.epoch, claim_end::refused, {}});
  step_down(claim_end::overtaken);
  hold_to({r.epoch, r.config.version});
  s_.leading.emplace();
  s_.leading->record = r;
  s_.now = role::fencing;
  s_.learner = false;
  submit_promise();  // FENCE leaves when it is durable: an epoch must not be claimed twice
}

bool replica::leads_in(shard_epoch epoch) const {
  return s_.leading && s_.leading->record.epoch == epoch;
}

/// To everybody who has not answered. Also repeated by time.
void replica::fence_others() {
  term& t = *s_.leading;
  t.fenced_self = true;
  const config_ref& config = s_.log_config();
  note_report(self_, {s_.log.last(), s_.commit, s_.base, config ? config->version : 0});
  const auto ask = [&](const member& each) {
    if (each.id.node == self_.node) return;
    for (const report& known : t.reports)
      if (known.from == each.id) return;
    say(each.id, fence{});
  };
  for (const member& each : t.record.previous.voters) ask(each);
  for (const member& each : t.record.config.voters)
    if (!is_voter(t.record.previous, each.id)) ask(each);
  check_recovered();
}

void replica::note_report(replica_id from, const promised& p) {
  for (const report& known : s_.leading->reports)
    if (known.from == from) return;
  s_.leading->reports.push_back({from, p});
}

void replica::on(const message& m, const promised& p) {
  if (!leads_in(m.epoch) || s_.now != role::fencing || !s_.leading->fenced_self) return;
  peer_memory& memory = memory_of(m.from.node);
  if (memory.id == m.from) memory.promised = {m.epoch, m.config_version};
  note_report(m.from, p);
  check_recovered();
}

void replica::on(const message& m, const rejected& r) {
  const bool newer_than_mine = r.promised.epoch > s_.promised.epoch ||
                               r.promised.config_version > s_.promised.config_version;
  if (s_.leading && m.to == self_ && newer_than_mine) step_down(claim_end::overtaken);
}

namespace {

/// Which log goes on: first by the configuration that is in force by it. Where recovery sets need
/// not meet, somebody who does not know of a change may write in a later epoch than those who have
/// made it; what he writes is never committed.
bool newer_log(const promised& a, const promised& b) {
  if (planted(mutation::longest_log_wins) && a.last.index != b.last.index)
    return a.last.index > b.last.index;
  if (a.config_version != b.config_version && !planted(mutation::epochs_before_versions))
    return a.config_version > b.config_version;
  return newer(a.last, b.last);
}

}  // namespace

/// With a recovery set R of the old voters, every entry that may have been acknowledged is in R.
/// A plan may be in force already, without this replica knowing: then R is one of both.
void replica::check_recovered() {
  term& t = *s_.leading;
  voter_set answered = 0, answered_of_plan = 0;
  std::optional<report> best;
  std::uint64_t known_version = 0;
  log_index committed{};
  for (const report& r : t.reports) {
    const auto number = voter_number(t.record.previous, r.from);
    const auto planned = t.record.planned ? voter_number(t.record.config, r.from) : std::nullopt;
    if ((!number && !planned) || is_distrusted(r.from)) continue;
    if (number) answered |= voter_set{1} << *number;
    if (planned) answered_of_plan |= voter_set{1} << *planned;
    known_version = std::max(known_version, r.content.config_version);
    committed = std::max(committed, r.content.commit);
    if (best && !holds(best->content.last.epoch != r.content.last.epoch ||
                           best->content.last.index != r.content.last.index ||
                           best->content.last.hash == r.content.last.hash,
                       invariant::one_content, "two logs end equal with another content")) {
      return;
    }
    if (!best || newer_log(r.content, best->content)) best = r;
  }
  if (t.record.forced) {
    // Promoted with loss: the own log is the one to go on with, by order.
    t.adopted = true;
    s_.now = role::recovering;
    return open_epoch();
  }
  if (!best || !recovers(t.record.previous, answered)) return;
  if (t.record.planned && !recovers(t.record.config, answered_of_plan) &&
      !planted(mutation::recover_by_old_voters)) {
    return;
  }
  if (known_version > t.record.config.version && !planted(mutation::forget_config_version))
    return step_down(claim_end::old_authority);
  s_.now = role::recovering;
  best->content.commit = committed;
  adopt(*best);
}

void replica::adopt(const report& best) {
  s_.leading->source = best;
  if (planted(mutation::adopt_nothing)) s_.leading->source->content.last = s_.log.last();
  check_adopted();
  if (s_.leading && !s_.leading->adopted && !out()) fetch_next(after(s_.commit));
}

void replica::fetch_next(log_index first) {
  s_.leading->fetching = first;
  say(s_.leading->source->from, fetch{first});
}

/// A tick without the newest log. What nothing came for during some ticks is asked for again; later
/// the source has probably died: others may make up a recovery set without it.
void replica::wait_for_source() {
  constexpr std::uint32_t ask_again_every = 4;
  const std::uint32_t silent = ++s_.leading->silent_ticks;
  const std::uint32_t doubled = std::min(s_.leading->given_up, 6u);
  if (silent > options_.source_patience << doubled) return give_source_up();
  if (silent % ask_again_every == 0) fetch_next(s_.leading->fetching);
}

/// Its report no longer counts; it may promise again like everybody who has not answered. What was
/// taken of its log stays: all that was committed and held here before is in it, so the own log is
/// reported anew as it is now.
void replica::give_source_up() {
  term& t = *s_.leading;
  const replica_id source = t.source->from;
  std::erase_if(t.reports, [&](const report& r) { return r.from == source || r.from == self_; });
  t.source.reset();
  ++t.given_up;
  t.silent_ticks = 0;
  s_.now = role::fencing;
  fence_others();
}

void replica::on(const message& m, const fetched& f) {
  if (!leads_in(m.epoch) || s_.now != role::recovering || s_.leading->adopted) return;
  if (!s_.leading->source || s_.leading->source->from != m.from) return;
  if (f.trimmed) return step_down(claim_end::snapshot_needed);
  if (f.entries.empty() || merge(f.prev, f.entries, m) != merged::done) return;
  s_.leading->silent_ticks = 0;
  check_adopted();
  // The answer to a question that was asked again is known: what follows it was asked for then.
  const log_index next(f.prev.index.value + f.entries.size() + 1);
  if (s_.leading && !s_.leading->adopted && !out() && next > s_.leading->fetching) fetch_next(next);
}

/// The own log holds the newest one: what goes beyond it was never committed.
void replica::check_adopted() {
  term& t = *s_.leading;
  const promised& target = t.source->content;
  const log_window::name* own = s_.log.at(target.last.index);
  if (own == nullptr || own->hash != target.last.hash) return;
  if (s_.log.last_index() > target.last.index) {
    if (!holds(target.last.index >= s_.commit, invariant::commit_is_final,
               "the newest log ends before the own commit")) {
      return;
    }
    write w;
    w.truncate_after = target.last.index;
    cut_log(target.last.index);
    submit(std::move(w));
  }
  if (t.record.planned) {
    const config_ref plan = s_.plan().second;
    shard_config next = plan ? *plan : shard_config{};
    next.planned = false;
    if (next != t.record.config) return step_down(claim_end::other_plan);
  }
  t.adopted = true;
  // Committed under an earlier configuration: may be known and announced at once.
  commit_up_to(std::min(target.commit, s_.log.last_index()));
  if (!out()) open_epoch();
}

void replica::open_epoch() {
  term& t = *s_.leading;
  entry opening;
  opening.kind = log_kind::config;
  opening.time = t.record.time;
  opening.config = std::make_shared<shard_config>(t.record.config);
  t.opening = after(s_.log.last_index());
  rebuild_receivers();
  make_entry(std::move(opening));
  check_installed();
}

void replica::check_installed() {
  term& t = *s_.leading;
  if (s_.now != role::recovering || t.opening.value == 0) return;
  if (planted(mutation::count_old_epoch)) {
    for (log_index i = s_.log.last_index(); i > s_.commit; i = before(i)) {
      if (!commits(t.record.config, stored_at(i))) continue;
      commit_up_to(i);
      feed_all();
      break;
    }
  }
  if (t.installed || !commits(t.record.config, stored_at(t.opening))) return;
  t.installed = true;
  effects_.emplace_back(request_activation{t.record.epoch});
  if (planted(mutation::commit_before_activation)) on(activated{t.record.epoch});
}

void replica::on(const activated& e) {
  if (out() || !leads_in(e.epoch) || s_.now != role::recovering || !s_.leading->installed) return;
  s_.now = role::leader;
  rebuild_receivers();
  tell_removed();
  advance_commit();
  if (!out()) feed_all();
}

void replica::on(const superseded& e) {
  if (s_.leading && e.epoch > s_.leading->record.epoch) step_down(claim_end::overtaken);
}

void replica::on(const resigned&) {
  step_down(claim_end::resigned);
}

}  // namespace conclave::replication
