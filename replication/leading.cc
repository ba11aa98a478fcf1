/// A leader's normal work: proposals become entries, entries go to the receivers, acknowledgements
/// become commits. Pipelined: the next entries leave before the last ones are acknowledged.
#include "replication/mutation.h"
#include "replication/replica.h"

#include <algorithm>

namespace conclave::replication {

void replica::on(const proposed& e) {
  if (s_.now != role::leader) return effects_.push_back(declined{e.token, decline::not_leading});
  if (s_.disk_full) return effects_.push_back(declined{e.token, decline::disk_full});
  if (s_.pending.size() >= options_.max_pending)
    return effects_.push_back(declined{e.token, decline::too_many});
  entry made;
  made.kind = e.kind;
  made.time = e.time;
  made.redo = e.redo;
  s_.pending.push_back({e.token, after(s_.log.last_index())});
  make_entry(std::move(made));
}

void replica::on(const change_planned& e) {
  if (s_.now != role::leader || s_.disk_full || s_.plan().second) return;
  const shard_config& current = s_.leading->record.config;
  if (!is_sound(e.config) || e.config.version != current.version + 1) return;
  entry made;
  made.kind = log_kind::config;
  made.time = e.time;
  auto config = std::make_shared<shard_config>(e.config);
  config->planned = true;
  made.config = std::move(config);
  make_entry(std::move(made));
}

void replica::make_entry(entry e) {
  const position last = s_.log.last();
  e.epoch = s_.leading->record.epoch;
  e.index = after(last.index);
  e.prev_hash = last.hash;
  options_.seal(options_.shard, e);
  append_name(e);
  write w;
  w.entries.push_back(std::move(e));
  submit(std::move(w));
  feed_all();
}

/// Voters of the new configuration from the start; learners only once it is active: before that,
/// one of them may still be a voter of the configuration that is.
void replica::rebuild_receivers() {
  term& t = *s_.leading;
  std::vector<progress> known = std::move(t.receivers);
  t.receivers.clear();
  const auto add = [&](const member& each, bool voter) {
    if (each.id == self_) return;
    for (const progress& p : t.receivers)
      if (p.peer.id == each.id) return;
    progress fresh;
    fresh.peer = each;
    // A guess, corrected by the first answer. A learner is not even asked about more than commit.
    fresh.rewound_to = voter ? before(t.opening) : std::min(before(t.opening), s_.commit);
    fresh.next = after(fresh.rewound_to);
    for (const progress& p : known)
      if (p.peer.id == each.id) fresh = p;
    fresh.voter = voter;
    t.receivers.push_back(fresh);
  };
  for (const member& each : t.record.config.voters) add(each, true);
  if (planted(mutation::count_removed))
    for (const member& each : t.record.previous.voters) add(each, true);
  if (s_.now == role::leader)
    for (const member& each : s_.learners) add(each, false);
}

progress* replica::receiver(replica_id id) {
  if (!s_.leading) return nullptr;
  for (progress& p : s_.leading->receivers)
    if (p.peer.id == id) return &p;
  return nullptr;
}

/// Voters of this term's configuration that hold entry i durably.
voter_set replica::stored_at(log_index i) const {
  const term& t = *s_.leading;
  voter_set stored = 0;
  const auto own = voter_number(t.record.config, self_);
  if (own && s_.durable >= i) stored |= voter_set{1} << *own;
  for (const progress& p : t.receivers) {
    if (p.match < i || is_distrusted(p.peer.id)) continue;
    const auto number = voter_number(t.record.config, p.peer.id);
    if (number) stored |= voter_set{1} << *number;
    if (!number && p.voter && planted(mutation::count_removed))
      stored |= ~stored & (stored + 1);  // the lowest voter that has not answered
  }
  return stored;
}

void replica::advance_commit() {
  if (s_.now != role::leader) return;
  std::vector<log_index> marks{s_.durable};
  for (const progress& p : s_.leading->receivers) marks.push_back(std::min(p.match, s_.durable));
  std::sort(marks.begin(), marks.end(), std::greater<>());
  for (const log_index i : marks) {
    if (i <= s_.commit) break;
    const log_window::name* name = s_.log.at(i);
    if (name == nullptr || name->epoch != s_.leading->record.epoch) break;  // own epoch only
    if (!commits(s_.leading->record.config, stored_at(i))) continue;
    commit_up_to(i);
    if (out()) return;
    for (progress& p : s_.leading->receivers)
      if (!p.voter) feed(p);
    break;
  }
}

void replica::on(const message& m, const ack& a) {
  if (!leads_in(m.epoch)) return;
  progress* p = receiver(m.from);
  if (p == nullptr) return;
  if (!holds(a.match <= s_.log.last_index(), invariant::one_appender,
             "more acknowledged than was sent in this epoch")) {
    return;
  }
  p->seeding = false;
  if (a.match > p->match) {
    p->match = a.match;
    p->moved = true;
    p->rewound = false;
  }
  p->next = std::max(p->next, after(p->match));
  p->silent_ticks = 0;
  peer_memory& memory = memory_of(m.from.node);
  if (memory.id == m.from) {
    memory.promised = {m.epoch, m.config_version};
    if (p->voter) memory.match_epoch = m.epoch;
    if (p->voter) memory.match = p->match;
  }
  feed(*p);
  if (s_.now == role::recovering) check_installed();
  advance_commit();
}

void replica::on(const message& m, const nack& n) {
  if (!s_.leading) return;
  if (n.reason == refusal::stale) {
    if (n.promised.epoch > s_.promised.epoch ||
        n.promised.config_version > s_.promised.config_version) {
      step_down(claim_end::overtaken);
    }
    return;
  }
  progress* p = receiver(m.from);
  if (p == nullptr || !leads_in(m.epoch)) return;
  if (n.reason != refusal::gap && n.reason != refusal::diverged) return;
  // Where it differs it names its commit: who lacks that must not lead.
  if (n.reason == refusal::diverged && !holds(n.hint <= s_.log.last_index(), invariant::one_history,
                                              "a copy has committed what this log does not have")) {
    return;
  }
  log_index hint = n.hint;
  // It differs somewhere behind its commit, which may be far before what it acknowledged.
  if (n.reason == refusal::diverged) hint = std::max(hint, p->match);
  // Older than what it acknowledged since, or the echo of a loss that is being mended.
  if (hint < p->match || (p->rewound && p->rewound_to <= hint)) return;
  p->rewound = true;
  p->rewound_to = hint;
  p->next = std::min(after(hint), after(s_.log.last_index()));
  if (hint >= s_.base) p->seeding = false;
  p->silent_ticks = 0;
  feed(*p);
}

namespace {

/// What the peer holds by its own word: acknowledged, or the place where it wants to go on.
log_index known_of(const progress& p) {
  return std::max(p.match, p.rewound_to);
}

}  // namespace

void replica::feed_all() {
  if (!s_.leading) return;
  for (progress& p : s_.leading->receivers) feed(p);
}

void replica::feed(progress& p) {
  if (out() || s_.leading->opening.value == 0) return;
  if (p.silent_ticks >= limit_of_repeats) return;  // what it lacks it tells by its next answer
  if (!p.voter && s_.commit < s_.leading->opening) return;  // it may cut what is behind commit
  const log_index limit =
      p.voter || planted(mutation::learner_gets_tail) ? s_.log.last_index() : s_.commit;
  while (p.next <= limit && p.next.value - known_of(p).value <= options_.max_in_flight) {
    if (before(p.next) < s_.base) {
      if (!p.seeding) effects_.emplace_back(seed_peer{p.peer.id});
      p.seeding = true;
      return;
    }
    const std::uint64_t rest = limit.value - p.next.value + 1;
    const auto count =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(rest, options_.max_batch));
    send_append(p, p.next, count);
    p.next = log_index(p.next.value + count);
  }
}

void replica::send_append(progress& p, log_index first, std::uint32_t count) {
  append a;
  a.prev.index = before(first);
  a.commit = s_.commit;
  a.learner = !p.voter;
  const log_window::name* name = s_.log.at(a.prev.index);
  if (name != nullptr) a.prev.hash = name->hash;
  send s{address(p.peer.id, std::move(a)), first, count, name == nullptr};
  s.content.lineage = s_.leading->record.config.lineage;
  effects_.emplace_back(std::move(s));
}

/// Nothing moved since the last one: whatever was sent may be lost, so it is sent again. But once:
/// a peer whose disk stands still takes messages all the same, and has to keep them.
void replica::heartbeat(progress& p) {
  const bool owes = p.next > after(known_of(p));
  if (p.moved || (!owes && p.silent_ticks < limit_of_repeats)) p.silent_ticks = 0;
  if (!p.moved && owes) ++p.silent_ticks;
  if (!p.moved) p.next = after(known_of(p));
  p.moved = false;
  p.rewound = false;
  if (p.seeding) {
    send_append(p, after(s_.commit), 0);
    return;
  }
  const log_index next = p.next;
  feed(p);
  if (p.next != next || p.seeding) return;
  // A mark that is in the window: the peer says what it lacks.
  send_append(p, s_.log.at(before(p.next)) != nullptr ? p.next : after(s_.commit), 0);
}

void replica::tell_removed() {
  const term& t = *s_.leading;
  for (const member& each : t.record.previous.voters)
    if (!is_voter(t.record.config, each.id) && receiver(each.id) == nullptr)
      say(each.id, removed{});
}

void replica::on(const ticked&) {
  if (out() || !s_.leading) return;
  if (s_.now == role::fencing) {
    if (s_.leading->fenced_self) fence_others();
    return;
  }
  if (!s_.leading->adopted) {
    if (s_.leading->source) wait_for_source();
    return;
  }
  for (progress& p : s_.leading->receivers)
    if (p.voter || s_.commit >= s_.leading->opening) heartbeat(p);
  if (s_.now == role::leader) tell_removed();
  if (s_.now == role::recovering && s_.leading->installed)
    effects_.emplace_back(request_activation{s_.leading->record.epoch});
}

/// Whether it succeeded shows in the peer's next answer.
void replica::on(const seeding_ended& e) {
  progress* p = receiver(e.peer);
  if (p == nullptr) return;
  p->seeding = p->rewound = false;
  p->rewound_to = std::max(p->match, s_.commit);
  p->next = after(p->rewound_to);
  if (p->voter || s_.commit >= s_.leading->opening) send_append(*p, p->next, 0);
}

void replica::on(const learners_set& e) {
  s_.learners = e.learners;
  if (s_.now != role::leader) return;
  rebuild_receivers();
  feed_all();
}

}  // namespace conclave::replication
