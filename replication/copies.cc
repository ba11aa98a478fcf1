/// The committer: gather, propose, sync, settle; and what links bring. See copies.h.
#include "replication/copies.h"

#include "conf/limits.h"
#include "conf/log.h"
#include "replication/distrust_text.h"
#include "replication/rule_text.h"
#include "schemas/check.h"

#include <algorithm>
#include <set>
#include <utility>

namespace conclave::replication {

copies::copies(storage::store& data, node_port& port, copies_options options)
    : data_(data), port_(port), options_(std::move(options)), disk_(data, options_.sync) {}

copies::~copies() = default;

// -- the committer
// ---------------------------------------------------------------------------------

outcome<std::vector<storage::shard_lead>> copies::open(time_ms) {
  const start_facts facts{options_.self, options_.boot, 0, 0};
  for (std::uint16_t i = 0; i < data_.shard_count(); ++i) {
    auto copy = shard_copy::load(disk_, *this, shard_id{i}, facts, options_.keep);
    if (!copy) return std::move(copy).error().prefixed("shard " + std::to_string(i));
    shards_.push_back(std::move(*copy));
  }
  // A folder that was condemned before says so again, to whoever reads log and status now.
  for (const auto& copy : shards_)
    if (const replica_state& s = copy->core().state(); s.now == role::quarantined)
      out_of_service(copy->shard(), s.why);
  heard_.resize(shards_.size());
  too_far_behind_.resize(shards_.size());
  complete_ticks_.resize(shards_.size());
  for (const listed_node& each : options_.plan.nodes)
    if (each.node != options_.self.node) peers_[each.node];
  if (const status synced = disk_.sync(); !synced) return synced.error();
  publish(own_status());
  if (const std::string other = rule_not_in_force(view().rules, options_.plan); !other.empty())
    log::warn("cluster", other, {});
  return std::vector<storage::shard_lead>{};
}

shard_epoch copies::leading(shard_id shard) const {
  return shards_[shard.value]->leading();
}

void copies::add(shard_id shard, std::uint64_t ticket, time_ms time, std::string_view redo) {
  shard_copy& copy = *shards_[shard.value];
  if (!copy.has_gathered()) gathered_.push_back(shard.value);
  copy.gather(ticket, time, redo);
  bytes_.add(redo.size());
}

std::size_t copies::gathered_bytes() const {
  std::size_t bytes = 0;
  for (const std::size_t i : gathered_) bytes += shards_[i]->gathered_bytes();
  return bytes;
}

status copies::flush(std::vector<settled>& out) {
  for (const std::size_t i : gathered_) shards_[i]->propose();
  std::erase_if(gathered_, [this](std::size_t i) { return !shards_[i]->has_gathered(); });
  for (;;) {
    if (status applied = disk_.apply_now(); !applied) return applied;
    if (!disk_.waits()) break;
    if (status synced = disk_.sync(); !synced) return synced;
    for (const auto& copy : shards_) copy->synced();
  }
  if (!fatal_.empty()) return failure{errc::io_error, fatal_};
  for (const auto& copy : shards_)
    if (!copy->fatal().empty()) return failure{errc::corrupt, copy->fatal()};
  out.insert(out.end(), settled_.begin(), settled_.end());
  settled_.clear();
  note_leads();
  return done{};
}

status copies::close() {
  std::vector<settled> unheard;
  if (status flushed = flush(unheard); !flushed) return flushed;
  // Marks make the next start short, and their fsync holds the state that was applied without one.
  for (const auto& copy : shards_) copy->mark_end();
  return disk_.sync();
}

storage::commit_counts copies::counts() const {
  return {disk_.fsyncs(), disk_.entries(), bytes_.get(), disk_.fsync_us()};
}

// -- links
// -----------------------------------------------------------------------------------------

void copies::link_up(node_id node) {
  peer_state& p = peers_[node];
  p.up = true;
  p.introduced = false;
  if (const status counted = data_.count_start(); !counted) {
    fatal_ = counted.error().detail;
    return;
  }
  peer_hello hello;
  hello.cluster = options_.cluster;
  hello.id = options_.self;
  hello.boot = options_.boot;
  hello.nonce = options_.nonce;
  hello.shard_count = static_cast<std::uint16_t>(shards_.size());
  hello.client_address = options_.client_address;
  for (const auto& copy : shards_) {
    const introduction own = copy->core().introduce(options_.nonce);
    hello.shards.push_back({copy->shard(), own.promised, own.last});
  }
  std::string frame;
  append_peer_frame(frame, hello);
  port_.send(node, std::move(frame));
  log::info("cluster", "linked to a node", {{"node", node.value}});
}

void copies::link_down(node_id node) {
  peer_state& p = peers_[node];
  p.up = p.introduced = false;
  publish(own_status());
}

void copies::take(node_id node, const peer_hello& hello) {
  peer_state& p = peers_[node];
  std::string wrong;
  if (hello.protocol != peer_protocol) wrong = "speaks another version of the peers' protocol";
  if (hello.shard_count != shards_.size() || hello.shards.size() != shards_.size())
    wrong = "has another number of shards";
  if (hello.id.node != node) wrong = "gives another number than its certificate";
  if (hello.cluster != options_.cluster) wrong = "is of another cluster";
  for (std::size_t i = 0; i < hello.shards.size(); ++i)
    if (hello.shards[i].shard.value != i) wrong = "introduces its shards in another order";
  if (!wrong.empty()) {
    log::error("cluster", "node " + std::to_string(node.value) + " " + wrong, {});
    return port_.close_link(node);
  }
  p.introduced = true;
  if (p.id != hello.id) {  // told by another folder, which may have been full
    p.shards.clear();
    p.states.clear();
    for (heard_of& each : heard_) each.log_begins.erase(node);
  }
  p.id = hello.id;
  p.client_address = hello.client_address;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const shard_introduction& said = hello.shards[i];
    const introduction whole{hello.id, hello.boot, hello.nonce, said.promised, said.last};
    heard_[i].introductions[node] = whole;
    shards_[i]->step(introduced{whole});
  }
  tell_learners();
  claim_by_itself();
}

void copies::take(node_id node, const decoded_message& m) {
  if (!peers_[node].introduced || m.content.from.node != node) return;
  if (m.shard.value >= shards_.size()) return;
  heard_of& heard = heard_[m.shard.value];
  const auto hear = [&heard](const promise& said) {
    heard.newest = std::max(heard.newest, said.epoch);
    heard.newest_version = std::max(heard.newest_version, said.config_version);
  };
  hear({m.content.epoch, m.content.config_version});
  if (const auto* n = std::get_if<nack>(&m.content.body)) hear(n->promised);
  if (const auto* r = std::get_if<rejected>(&m.content.body)) hear(r->promised);
  shards_[m.shard.value]->step(received{m.content});
}

void copies::take(node_id node, const peer_refuse& refusal) {
  if (!peers_[node].introduced || refusal.shard.value >= shards_.size()) return;
  // Of the folder that this node had before, said to whoever answers for it now.
  if (refusal.to != replica_id{} && refusal.to != options_.self) return;
  shards_[refusal.shard.value]->step(distrusted{refusal.reason});
}

void copies::take(node_id node, const peer_status& status) {
  peer_state& p = peers_[node];
  if (!p.introduced) return;
  p.client_address = status.client_address;
  p.shards = status.shards;
  p.told = options_.now();
  for (const shard_status& s : status.shards)
    if (s.shard.value < heard_.size()) heard_[s.shard.value].log_begins[node] = s.base;
  compare_states(node, p);
  publish(own_status());
}

void copies::take(node_id node, const peer_yield& yield) {
  if (!peers_[node].introduced || yield.shard.value >= shards_.size()) return;
  // Somebody has claimed since: that claim decides.
  if (shards_[yield.shard.value]->core().state().promised.epoch > yield.epoch) return;
  const std::string why_not = promote();
  if (why_not.empty()) return;
  log::warn("cluster", "this node was asked to lead and cannot: " + why_not,
            {{"node", node.value}, {"shard", yield.shard.value}});
}

/// With the next tick: what fails at once is not begun again at once.
void copies::seeding_over(shard_id shard, replica_id peer) {
  shards_[shard.value]->seeding_over(peer);
  absent_.emplace_back(shard, peer);
}

void copies::adopt(shard_id shard, std::unique_ptr<storage::staged_state> state,
                   const applied_record& applied, config_ref config, config_ref plan) {
  shards_[shard.value]->adopt(std::move(state), applied, std::move(config), std::move(plan));
  too_far_behind_[shard.value].reset();
}

// -- copy_port
// -------------------------------------------------------------------------------------

void copies::send(shard_id shard, const message& content,
                  const std::vector<stored_entry>& entries) {
  const auto to = peers_.find(content.to.node);
  if (to == peers_.end() || !to->second.up) return;
  std::vector<std::string_view> stored;
  stored.reserve(entries.size());
  for (const stored_entry& e : entries) stored.emplace_back(*e);
  std::string frame;
  append_message(frame, shard, content, stored);
  port_.send(content.to.node, std::move(frame));
}

void copies::settle(shard_id shard, std::uint64_t ticket, bool committed) {
  settled_.push_back({shard, ticket, committed});
}

void copies::seed(shard_id shard, replica_id peer) {
  if (peers_[peer.node].introduced && peers_[peer.node].id == peer) return port_.seed(shard, peer);
  absent_.emplace_back(shard, peer);  // a snapshot is not taken for who is not there
}

void copies::refuse(shard_id shard, replica_id peer, distrust reason) {
  const std::string why(sentence(reason));
  log::error("cluster",
             "the data folder of node " + std::to_string(peer.node.value) + " is refused: " + why,
             {{"shard", shard.value}});
  peer_refuse frame{shard, reason, why, peer};
  std::string bytes;
  append_peer_frame(bytes, frame);
  port_.send(peer.node, std::move(bytes));
}

void copies::marked(shard_id shard, log_index index) {
  digests_due_[shard] = index;
  port_.digest(shard, index);
}

void copies::claim_over(shard_id shard, const claim_ended& why) {
  log::warn("cluster", "this node's claim to lead is over",
            {{"shard", shard.value}, {"epoch", why.epoch.value}, {"why", name_of(why.reason)}});
  if (why.reason != claim_end::snapshot_needed) return;
  too_far_behind_[shard.value] = {why, shards_[shard.value]->core().state().commit};
  yield_again();
}

void copies::out_of_service(shard_id shard, const quarantine& why) {
  std::string text = why.what;
  if (why.why != distrust::none) text = sentence(why.why);
  log::error("cluster", "a copy is out of service: " + text,
             {{"shard", shard.value}, {"invariant", static_cast<int>(why.broken)}});
  const std::lock_guard lock(view_mutex_);
  view_.out_of_service = std::move(text);
}

// -- leading
// ---------------------------------------------------------------------------------------

void copies::claim_by_itself() {
  if (resigned_) return;
  std::string waiting;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shard_copy& copy = *shards_[i];
    if (too_far_behind_[i]) {
      // Claiming again would only raise epochs: somebody with the whole log has to lead and seed
      // it.
      waiting = "this copy is too far behind to lead: promote a node that holds more of the log";
      continue;
    }
    leadership wish = by_itself(options_.plan, copy.shard(), options_.self, copy.core().state(),
                                heard_[i], copy.newest_time());
    if (wish.claim) copy.step(claimed{std::move(*wish.claim)});
    if (waiting.empty()) waiting = std::move(wish.why_not);
  }
  if (waiting == waiting_for_) return;
  waiting_for_ = std::move(waiting);
  if (!waiting_for_.empty()) log::info("cluster", waiting_for_, {});
}

std::string copies::promote() {
  if (resigned_) return "it is stopping";
  std::vector<claim_record> claims;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    leadership wish =
        by_order(options_.self, shards_[i]->core().state(), heard_[i], shards_[i]->newest_time());
    if (!wish.claim) return "shard " + std::to_string(i) + ": " + wish.why_not;
    claims.push_back(std::move(*wish.claim));
  }
  log::warn("cluster", "the lead is moved here by order", {});
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    too_far_behind_[i].reset();
    if (shards_[i]->leading() == shard_epoch{}) shards_[i]->step(claimed{std::move(claims[i])});
  }
  return {};
}

void copies::resign() {
  resigned_ = true;
  for (const auto& copy : shards_) copy->step(resigned{});
}

std::string copies::readmit(node_id node) {
  const std::string why_not = change_voters(
      [node](const shard_copy& copy, const heard_of& heard) {
        return by_readmission(copy.core().state(), heard, node);
      },
      "that node has its vote");
  if (why_not.empty())
    log::warn("cluster", "a voter's new data folder gets its vote by order",
              {{"node", node.value}});
  return why_not;
}

std::string copies::apply_configuration() {
  const std::string why_not = change_voters(
      [this](const shard_copy& copy, const heard_of& heard) {
        return by_configuration(options_.plan, copy.shard(), options_.self, copy.core().state(),
                                heard);
      },
      "voters and rules are as the configuration says");
  if (why_not.empty())
    log::warn("cluster", "voters and rules become what the configuration says, by order", {});
  return why_not;
}

std::string copies::change_voters(
    const std::function<membership_change(const shard_copy&, const heard_of&)>& wish,
    const std::string& done_already) {
  struct change {
    std::size_t shard;
    shard_config config;
    change_path path;
  };
  std::vector<change> changes;
  std::set<replica_id> linked{options_.self};
  for (const auto& [node, p] : peers_)
    if (p.up && p.introduced) linked.insert(p.id);
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    membership_change wanted = wish(*shards_[i], heard_[i]);
    // Shards where an earlier order came through are left as they are; all others, or none.
    if (wanted.needless) continue;
    const std::string where = "shard " + std::to_string(i) + ": ";
    if (!wanted.config) return where + wanted.why_not;
    const change_path path =
        path_of(shards_[i]->core().state().leading->record.config, *wanted.config, linked);
    if (path == change_path::none)
      return where +
             "too few of the voters that were and are to be are linked: with them away nobody "
             "could lead afterwards";
    changes.push_back({i, std::move(*wanted.config), path});
  }
  if (changes.empty()) return done_already;
  for (change& each : changes) {
    shard_copy& copy = *shards_[each.shard];
    if (each.path == change_path::planned) {
      copy.plan_change(std::move(each.config));
    } else {
      copy.step(claimed{claim_at_once(options_.self.node, copy.core().state(), heard_[each.shard],
                                      each.config, copy.newest_time())});
    }
  }
  return {};
}

void copies::tell_learners() {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const replica_state& s = shards_[i]->core().state();
    if (s.now != role::leader) continue;
    auto learners = learners_of(options_.plan, s.leading->record.config, heard_[i]);
    if (learners != s.learners) shards_[i]->step(learners_set{std::move(learners)});
  }
}

void copies::note_leads() {
  const bool all = std::all_of(shards_.begin(), shards_.end(),
                               [](const auto& copy) { return copy->leading() != shard_epoch{}; });
  const auto as_told = [](const auto& copy, const storage::shard_lead& told) {
    return copy->leading() == told.epoch;
  };
  if (all ? std::equal(shards_.begin(), shards_.end(), led_.begin(), led_.end(), as_told)
          : led_.empty()) {
    return;  // after every group: without allocating
  }
  led_.clear();
  if (all)
    for (const auto& copy : shards_) led_.push_back({copy->shard(), copy->leading()});
  log::info("cluster", led_.empty() ? "this node leads no more" : "this node leads", {});
  send_status();  // first: who is sent away is told where to go
  port_.leading(led_);
  if (led_.empty()) return;
  tell_learners();
  // Not at once: whoever has just lost a leader wants to be served first.
  const auto soon =
      std::min<std::chrono::milliseconds>(options_.digest_interval, limits::first_digest_after);
  next_mark_tick_ = ticks_ + static_cast<std::uint64_t>(soon / limits::replica_tick);
}

// -- equal states
// -------------------------------------------------------------------------------------

void copies::mark_states() {
  if (led_.empty() || ticks_ < next_mark_tick_) return;
  next_mark_tick_ =
      ticks_ + static_cast<std::uint64_t>(options_.digest_interval / limits::replica_tick);
  for (const auto& copy : shards_)
    if (!digests_due_.contains(copy->shard())) copy->propose_mark();
}

void copies::digest_taken(shard_id shard, log_index index, const std::string& hex) {
  if (const auto due = digests_due_.find(shard); due != digests_due_.end() && due->second == index)
    digests_due_.erase(due);
  if (hex.empty()) return;
  digests_.note(shard, {index, hex});
  for (auto& [node, p] : peers_) compare_states(node, p);
}

void copies::compare_states(node_id node, peer_state& peer) {
  for (const shard_status& s : peer.shards) {
    verdict_on_state& known = peer.states[s.shard];
    if (s.mark.index <= known.mark) continue;
    const auto compared = digests_.compare(s.shard, s.mark);
    if (compared == digest_ledger::comparison::unknown) continue;
    known.mark = s.mark.index;
    known.differs = compared == digest_ledger::comparison::differs;
    if (!known.differs) {
      known.equal_at = options_.now();
      continue;
    }
    log::error("cluster",
               "the copies are not equal (P8): node " + std::to_string(node.value) +
                   " holds another state than this node; compare with the third, stop the one that "
                   "is wrong, empty its data folder and start it again",
               {{"shard", s.shard.value}, {"index", s.mark.index.value}});
  }
}

void copies::count_patience() {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const bool complete = std::all_of(options_.plan.nodes.begin(), options_.plan.nodes.end(),
                                      [&](const listed_node& each) {
                                        return !each.voter || each.node == options_.self.node ||
                                               heard_[i].introductions.contains(each.node);
                                      });
    if (!complete) continue;
    heard_[i].waited = ++complete_ticks_[i] * limits::replica_tick >= limits::founding_patience;
  }
}

/// Until somebody claims, or the own log has grown: who was asked may have been unable to.
void copies::yield_again() {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    std::optional<shortfall>& short_log = too_far_behind_[i];
    if (!short_log) continue;
    const replica_state& s = shards_[i]->core().state();
    if (s.commit > short_log->commit) {
      short_log.reset();
      continue;
    }
    if (s.promised.epoch != short_log->claim.epoch) continue;
    std::string frame;
    append_peer_frame(frame, peer_yield{shards_[i]->shard(), short_log->claim.epoch});
    port_.send(short_log->claim.newest.node, std::move(frame));
  }
}

void copies::tick() {
  ++ticks_;
  count_patience();
  for (const auto& [shard, peer] : std::exchange(absent_, {}))
    shards_[shard.value]->step(seeding_ended{peer});
  for (const auto& copy : shards_) copy->tick();
  tell_learners();
  claim_by_itself();
  mark_states();
  if (ticks_ % limits::replica_ticks_per_status != 0) return;
  yield_again();
  send_status();
}

void copies::send_status() {
  peer_status status{options_.client_address, own_status()};
  publish(status.shards);
  std::string frame;
  append_peer_frame(frame, status);
  for (const auto& [node, p] : peers_)
    if (p.up) port_.send(node, frame);
}

std::vector<shard_status> copies::own_status() const {
  std::vector<shard_status> all;
  for (const auto& copy : shards_) {
    const replica_state& s = copy->core().state();
    shard_status status;
    status.shard = copy->shard();
    status.leads = !led_.empty();
    status.role = static_cast<std::uint8_t>(s.now);
    status.epoch = s.promised.epoch;
    status.commit = s.commit;
    status.applied = s.applied;
    status.last_time = copy->applied().time;
    status.base = s.base;
    status.mark = digests_.newest(copy->shard());
    all.push_back(status);
  }
  return all;
}

void copies::publish(std::vector<shard_status> own_shards) {
  cluster_view fresh;
  fresh.leads = !led_.empty();
  for (const auto& copy : shards_) {
    const config_ref& config = copy->core().state().log_config();
    fresh.rules.push_back(config ? config->rule : commit_rule{0, 0});
  }
  fresh.waiting_for = waiting_for_;
  node_view own;
  own.node = options_.self.node;
  own.self = own.linked = true;
  own.client_address = options_.client_address;
  own.told = options_.now();
  own.shards = std::move(own_shards);
  fresh.nodes.push_back(std::move(own));
  for (const auto& [node, p] : peers_) {
    node_view other{node, false, p.up, p.client_address, p.told, p.shards, 0, false};
    if (p.states.size() == shards_.size()) {
      const auto oldest = std::min_element(
          p.states.begin(), p.states.end(),
          [](const auto& a, const auto& b) { return a.second.equal_at < b.second.equal_at; });
      other.equal_at = oldest->second.equal_at;
    }
    for (const auto& [shard, state] : p.states) other.differs = other.differs || state.differs;
    fresh.nodes.push_back(std::move(other));
  }
  const std::lock_guard lock(view_mutex_);
  fresh.out_of_service = std::move(view_.out_of_service);
  view_ = std::move(fresh);
}

cluster_view copies::view() const {
  const std::lock_guard lock(view_mutex_);
  return view_;
}

}  // namespace conclave::replication
