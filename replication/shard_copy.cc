/// Effects to batches, sends and settlements. What the core must see of its own effects (an
/// activation, a trimmed log) comes back as events before step() returns.
#include "replication/shard_copy.h"

#include "conf/limits.h"
#include "replication/sealing.h"
#include "schemas/check.h"

#include <algorithm>
#include <utility>

namespace conclave::replication {

namespace {

replica_options options_of(shard_id shard, sealing seal) {
  replica_options options;
  options.seal = std::move(seal);
  options.shard = shard;
  options.max_batch = 64;
  options.max_in_flight = 256;
  return options;
}

/// Under way before small groups wait for company: enough for one round trip to be hidden.
constexpr std::size_t proposals_under_way = 8;
/// Of what nobody waits for; tickets begin at 1.
constexpr std::uint64_t mark_token = 0;
constexpr std::size_t company_bytes = limits::max_commit_bytes / 2;

replica_peer_record to_record(const peer_memory& m) {
  replica_peer_record r;
  r.node = m.id.node.value;
  r.incarnation = m.id.incarnation;
  r.boot = m.boot;
  r.nonce = m.nonce;
  r.promised_epoch = m.promised.epoch;
  r.promised_config_version = m.promised.config_version;
  r.match_epoch = m.match_epoch;
  r.match = m.match;
  r.verdict = static_cast<std::uint8_t>(m.verdict);
  return r;
}

peer_memory from_record(const replica_peer_record& r) {
  return {{node_id(r.node), r.incarnation},
          r.boot,
          r.nonce,
          {r.promised_epoch, r.promised_config_version},
          r.match_epoch,
          r.match,
          static_cast<distrust>(r.verdict)};
}

}  // namespace

shard_copy::shard_copy(storage::replica_disk& disk, copy_port& port, shard_id shard,
                       const storage::log_tail_bounds& keep)
    : disk_(disk),
      port_(port),
      shard_(shard),
      keep_(keep),
      tail_(keep),
      recent_(limits::recent_entry_bytes) {}

outcome<std::unique_ptr<shard_copy>> shard_copy::load(storage::replica_disk& disk, copy_port& port,
                                                      shard_id shard, const start_facts& facts,
                                                      const storage::log_tail_bounds& keep) {
  std::unique_ptr<shard_copy> copy(new shard_copy(disk, port, shard, keep));
  if (const status started = copy->start(facts); !started) return started.error();
  return copy;
}

status shard_copy::start(const start_facts& facts) {
  auto rows = storage::replica_disk::load(disk_.data(), shard_);
  if (!rows) return rows.error();
  applied_ = rows->applied;
  newest_time_ = applied_.time;
  first_kept_ = rows->first_kept;
  record_ = rows->record.value_or(replica_record{});

  durable_state state;
  state.promised = {record_.promised_epoch, record_.promised_config_version};
  state.base = before(first_kept_);
  state.applied = applied_.index;
  state.condemned = static_cast<distrust>(record_.condemned);
  for (const replica_peer_record& each : rows->peers) state.peers.push_back(from_record(each));

  // The window begins at the last entry that is certainly final: the one that the state stands at.
  state.known_from = {applied_.epoch, applied_.index, applied_.hash};
  on_disk_ = applied_.index;
  for (;;) {
    auto more = disk_.read(shard_, after(on_disk_), 1024, limits::peer_batch_bytes);
    if (!more && more.error().code == errc::not_found) break;
    if (!more) return more.error();
    if (more->empty()) break;
    for (std::string& stored : *more) {
      auto opened = open_entry(shard_, stored);
      if (!opened) return opened.error();
      newest_time_ = std::max(newest_time_, opened->time);
      state.entries.push_back(opened->place());
      on_disk_ = opened->index;
      recent_.append(on_disk_, std::make_shared<const std::string>(std::move(stored)));
    }
  }
  for (const auto& [index, redo] : rows->configs) {
    auto config = decode_shard_config(redo);
    if (!config) return config.error();
    auto shared = std::make_shared<const shard_config>(std::move(*config));
    configs_.push_back(index);
    if (index > on_disk_) continue;  // of a log that was replaced; overwritten by the next one
    if (index <= applied_.index && shared->planned) {
      state.base_plan = std::move(shared);
    } else if (index <= applied_.index) {
      state.base_config = std::move(shared);
    } else {
      state.configs.emplace_back(index, std::move(shared));
    }
  }
  // A log from before the replication was led by this node alone, in epochs below all of these.
  if (state.promised.epoch < applied_.epoch) state.promised.epoch = applied_.epoch;
  tail_.found(first_kept_, on_disk_);
  marked_ = applied_.index;
  // A shard's time does not go back, whoever leads: that of a claim is its claimer's.
  const auto seal = [this](shard_id shard, entry& e) {
    e.time = newest_time_ = std::max(newest_time_, e.time);
    seal_stored(shard, e);
  };
  core_ = std::make_unique<replica>(options_of(shard_, seal), facts, state);
  // From now on the shard is known to be replicated, whatever comes first.
  if (!rows->record) put_record();
  return done{};
}

void shard_copy::step(event e) {
  events_.push_back(std::move(e));
  if (stepping_) return;
  stepping_ = true;
  while (!events_.empty()) {
    const event next = std::move(events_.front());
    events_.pop_front();
    for (effect& each : core_->step(next))
      std::visit([this](auto& content) { carry_out(content); }, each);
  }
  stepping_ = false;
}

void shard_copy::synced() {
  if (unsynced_ == 0) return;
  const written done{std::exchange(unsynced_, 0)};
  step(done);
}

// -- proposals
// -------------------------------------------------------------------------------------

void shard_copy::gather(std::uint64_t ticket, time_ms time, std::string_view redo) {
  if (tickets_.empty() || tickets_.back() != ticket) tickets_.push_back(ticket);
  gathered_time_ = std::max({gathered_time_, time, applied_.time});
  gathered_.append(redo);
}

void shard_copy::propose() {
  if (tickets_.empty()) return;
  if (under_way_.size() >= proposals_under_way && gathered_.size() < company_bytes) return;
  under_way_.push_back(std::exchange(tickets_, {}));
  step(proposed{under_way_.back().back(),
                std::make_shared<const std::string>(std::exchange(gathered_, {})), gathered_time_});
}

void shard_copy::propose_mark() {
  // No time of its own: what a wall clock says must not get into the log.
  step(proposed{mark_token, nullptr, std::max(gathered_time_, applied_.time),
                log_kind::digest_mark});
}

void shard_copy::plan_change(shard_config config) {
  step(change_planned{std::move(config), std::max(gathered_time_, applied_.time)});
}

void shard_copy::settle(std::uint64_t token, bool committed) {
  if (token == mark_token) return;
  const auto proposal = std::find_if(under_way_.begin(), under_way_.end(),
                                     [&](const tickets& t) { return t.back() == token; });
  CONCLAVE_CHECK(proposal != under_way_.end(), "what is settled was proposed");
  for (const std::uint64_t ticket : *proposal) port_.settle(shard_, ticket, committed);
  under_way_.erase(proposal);
}

shard_epoch shard_copy::leading() const {
  const replica_state& s = core_->state();
  if (s.now != role::leader || s.applied < s.leading->opening) return {};
  return s.leading->record.epoch;
}

// -- effects
// ---------------------------------------------------------------------------------------

void shard_copy::put_record() {
  disk_.put(shard_, record_);
}

void shard_copy::carry_out(write& w) {
  bool record_changed = false;
  if (w.promised) {
    record_.promised_epoch = w.promised->epoch;
    record_.promised_config_version = w.promised->config_version;
    record_changed = true;
  }
  if (w.condemned) {
    record_.condemned = static_cast<std::uint8_t>(*w.condemned);
    record_changed = true;
  }
  if (w.reset) {
    CONCLAVE_CHECK(adopting_.state != nullptr, "a log is reset by a snapshot");
    applied_ = adopting_.applied;
    newest_time_ = std::max(newest_time_, applied_.time);
    disk_.adopt(shard_, std::move(adopting_.state), record_, applied_);
    record_changed = false;
    for (const log_index each : std::exchange(configs_, {})) disk_.erase_config(shard_, each);
    // A plan stands behind what is in force, which opened an epoch before it.
    const auto put = [this](log_index at, const config_ref& config) {
      if (!config) return;
      disk_.put_config(shard_, at, encode(*config));
      configs_.push_back(at);
    };
    put(w.reset_plan ? before(w.reset->index) : w.reset->index, w.reset_config);
    put(w.reset->index, w.reset_plan);
    on_disk_ = marked_ = w.reset->index;
    first_kept_ = after(on_disk_);
    bytes_since_mark_ = 0;
    tail_ = storage::log_tail(keep_);
    recent_.clear();
  }
  if (w.truncate_after && *w.truncate_after < on_disk_) {
    disk_.cut(shard_, *w.truncate_after, on_disk_);
    on_disk_ = *w.truncate_after;
    recent_.truncate_after(on_disk_);
    while (!configs_.empty() && configs_.back() > on_disk_) {
      disk_.erase_config(shard_, configs_.back());
      configs_.pop_back();
    }
  }
  for (const entry& e : w.entries) {
    CONCLAVE_CHECK(e.stored != nullptr && e.index == after(on_disk_), "the log is dense");
    disk_.append(shard_, e.index, *e.stored);
    on_disk_ = e.index;
    newest_time_ = std::max(newest_time_, e.time);
    recent_.append(e.index, e.stored);
    if (e.kind == log_kind::config) {
      disk_.put_config(shard_, e.index, encode(*e.config));
      configs_.push_back(e.index);
    }
  }
  for (const peer_memory& m : w.peers) disk_.put(shard_, to_record(m));
  // An empty write still has its turn: what waits for it waits for all before it.
  if (record_changed || !disk_.waits()) put_record();
  unsynced_ = w.number;
}

std::vector<stored_entry> shard_copy::entries(log_index first, std::size_t count) {
  std::vector<stored_entry> found;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count && bytes < limits::peer_batch_bytes; ++i) {
    stored_entry e = recent_.at(log_index(first.value + i));
    if (e == nullptr) break;
    bytes += e->size();
    found.push_back(std::move(e));
  }
  if (!found.empty() || count == 0) return found;
  auto read = disk_.read(shard_, first, count, limits::peer_batch_bytes);
  if (!read) {
    if (read.error().code != errc::not_found) fatal_ = read.error().detail;
    return found;
  }
  for (std::string& stored : *read)
    found.push_back(std::make_shared<const std::string>(std::move(stored)));
  return found;
}

void shard_copy::carry_out(const send& s) {
  if (s.fill_count == 0 && !s.fill_link) return port_.send(shard_, s.content, {});
  message content = s.content;
  std::vector<stored_entry> filled = entries(s.fill_first, s.fill_count);
  if (s.fill_count > 0 && filled.empty()) return;  // trimmed, or not yet written: asked for again
  if (s.fill_link) {
    link prev{before(s.fill_first), {}};
    if (!filled.empty()) {
      const auto head = decode_log_entry(*filled.front());
      if (!head) return void(fatal_ = head.error().detail);
      prev.hash = head->prev_hash;
    } else if (prev.index.value > 0) {
      const auto own = entries(prev.index, 1);
      if (own.empty()) return;
      const auto head = decode_log_entry(*own.front());
      if (!head) return void(fatal_ = head.error().detail);
      prev.hash = name_of(head->prev_hash, *own.front());
    }
    if (auto* a = std::get_if<append>(&content.body)) a->prev = prev;
    if (auto* f = std::get_if<fetched>(&content.body)) f->prev = prev;
  }
  port_.send(shard_, content, filled);
}

void shard_copy::carry_out(const apply& a) {
  for (log_index i = a.first; i <= a.last;) {
    const std::vector<stored_entry> some = entries(i, a.last.value - i.value + 1);
    if (some.empty()) {
      fatal_ = "an entry that is to be applied is missing: shard " + std::to_string(shard_.value) +
               ", entry " + std::to_string(i.value);
      return;
    }
    for (const stored_entry& stored : some) {
      const auto entry = decode_log_entry(*stored);
      if (!entry) return void(fatal_ = entry.error().detail);
      // Named when it was made, received or read; only a window that has moved on forgot.
      const log_window::name* const known = core_->state().log.at(i);
      applied_ = {i, entry->epoch,
                  known != nullptr ? known->hash : name_of(entry->prev_hash, *stored), entry->time};
      disk_.apply(shard_, entry->kind == log_kind::operations ? entry->redo : std::string_view(),
                  applied_);
      trim_and_mark(stored->size());
      if (entry->kind == log_kind::digest_mark) {
        if (const status seen = disk_.apply_now(); !seen) return void(fatal_ = seen.error().detail);
        port_.marked(shard_, i);
      }
      i = after(i);
    }
  }
}

/// Counts an applied entry: marks where verification begins at the next start, and drops what is
/// older than the bound. Applied is final, so the log's old end is never needed for repair.
void shard_copy::trim_and_mark(std::size_t entry_bytes) {
  bytes_since_mark_ += entry_bytes;
  const auto first =
      tail_.appended(applied_.index, entry_bytes, [this] { return needed_by_peers(); });
  if (first && *first > first_kept_) {
    first_kept_ = *first;
    disk_.trim(shard_, first_kept_, {applied_.index, applied_.hash, first_kept_});
    events_.push_back(trimmed{before(first_kept_)});
  } else if (applied_.index.value - marked_.value < limits::chain_mark_entries &&
             bytes_since_mark_ < limits::chain_mark_bytes) {
    return;
  } else {
    disk_.mark(shard_, {applied_.index, applied_.hash, first_kept_});
  }
  marked_ = applied_.index;
  bytes_since_mark_ = 0;
}

void shard_copy::carry_out(const request_activation& r) {
  events_.push_back(activated{r.epoch});  // static mode: installed is active
}

void shard_copy::adopt(std::unique_ptr<storage::staged_state> state, const applied_record& applied,
                       config_ref config, config_ref plan) {
  adopting_ = {std::move(state), applied};
  step(seeded{{applied.epoch, applied.index, applied.hash}, std::move(config), std::move(plan)});
  adopting_ = {};  // not used: the replica had gone beyond it
}

log_index shard_copy::needed_by_peers() {
  log_index needed{UINT64_MAX};
  if (!core_->state().leading) {
    seeded_.clear();
    return needed;
  }
  for (const progress& p : core_->state().leading->receivers) {
    const auto given = seeded_.find(p.peer.id);
    if (given != seeded_.end() && p.match < given->second.base) {
      needed = std::min(needed, after(given->second.base));
      continue;
    }
    if (given != seeded_.end()) seeded_.erase(given);
    const log_index known = std::max(p.match, p.rewound_to);
    if (known.value != 0 && p.silent_ticks < limit_of_repeats)
      needed = std::min(needed, after(known));
  }
  return needed;
}

void shard_copy::carry_out(const seed_peer& s) {
  seeded_[s.peer] = {applied_.index, std::nullopt};
  port_.seed(shard_, s.peer);
}

void shard_copy::seeding_over(replica_id peer) {
  const auto given = seeded_.find(peer);
  if (given != seeded_.end())
    given->second.ticks_left = limits::seeded_peer_patience / limits::replica_tick;
}

void shard_copy::tick() {
  for (auto given = seeded_.begin(); given != seeded_.end();) {
    auto& left = given->second.ticks_left;
    given = left && (*left)-- == 0 ? seeded_.erase(given) : std::next(given);
  }
  step(ticked{});
}

}  // namespace conclave::replication
