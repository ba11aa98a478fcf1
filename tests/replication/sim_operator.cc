/// What people and misfortune do to the simulated cluster, and how it is healed at the end.
#include "tests/replication/seal.h"
#include "tests/replication/simulator.h"

#include <algorithm>

namespace conclave::replication::proof {

void simulator::start(node& n) {
  if (n.core) return;
  ++n.life;
  ++n.boot;
  n.paused = false;
  n.held.clear();
  n.heard = {};
  n.nonce = dice_.next() | 1;
  start_facts facts{n.id, n.boot, 0, 0};
  if (!plan_.static_mode) {
    auto& [incarnation, boot] = boots_[n.id.node];
    facts.witness_incarnation = incarnation;
    facts.witness_boot = incarnation == n.id.incarnation ? boot : 0;
  }
  replica_options options;
  options.seal = quick_sealing;
  options.max_batch = 8;
  options.max_in_flight = 64;
  options.window_behind = 40;
  options.source_patience = 2;
  n.disk_free = now_;
  n.core = std::make_unique<replica>(options, facts, n.disk.load());
  say(n, "starts, boot " + std::to_string(n.boot));
  if (n.core->state().now == role::quarantined) {
    --n.boot;  // the count is made durable, and registered, only by a start that is let in
  } else if (!plan_.static_mode) {
    boots_[n.id.node] = {n.id.incarnation, n.boot};
  }
  judge_.on_start(seen(n));
  if (plan_.rollbacks && dice_.chance(0.3)) n.old_copy.emplace(n.boot, n.disk.durable());
  for (const auto& other : nodes_)
    if (other->core && other.get() != &n) introduce(n, *other);
  tell_learners();
  later(dice_.below(500 * ms), [this, &n, life = n.life] { tick(n, life); });
}

void simulator::stop(node& n) {
  if (!n.core) return;
  say(n, "stops");
  ++n.life;
  ++result_.crashes;
  n.core.reset();
  n.disk.crash(dice_.below(n.disk.under_way() + 1));
}

/// Both ends of a fresh link hear of each other before anything else passes over it.
void simulator::introduce(node& a, node& b) {
  const introduction of_a = a.core->introduce(a.nonce);
  const introduction of_b = b.core->introduce(b.nonce);
  later(0, [this, &a, &b, of_a, of_b, la = a.life, lb = b.life] {
    if (a.life != la || b.life != lb) return;
    deliver(a, introduced{of_b}, la);
    deliver(b, introduced{of_a}, lb);
  });
}

void simulator::tick(node& n, std::uint64_t life) {
  if (!n.core || n.life != life) return;
  if (!n.paused) give(n, ticked{});
  if (!n.core || n.life != life) return;
  const replica_state& state = n.core->state();
  if (plan_.static_mode && !n.paused && state.now == role::leader && state.ripe_plan(0))
    claim_by_order(n);
  later(static_cast<micros>(static_cast<double>(500 * ms) * n.rate),
        [this, &n, life] { tick(n, life); });
}

void simulator::tell_learners() {
  std::vector<member> all;
  for (const auto& n : nodes_) all.push_back({n->id, n->site});
  for (const auto& n : nodes_)
    if (n->core)
      later(0, [this, &n = *n, all, life = n->life] { deliver(n, learners_set{all}, life); });
}

simulator::node* simulator::leader() {
  node* found = nullptr;
  for (const auto& n : nodes_) {
    if (!n->core || n->core->state().now != role::leader) continue;
    if (found == nullptr || n->core->state().promised.epoch > found->core->state().promised.epoch) {
      found = n.get();
    }
  }
  return found;
}

bool simulator::claim(node& n, shard_config wanted) {
  if (!n.core || n.paused) return false;
  if (plan_.static_mode) return claim_by_order(n);
  const shard_epoch seen_epoch = authority_.epoch;
  later(dice_.between(ms, 30 * ms), [this, &n, wanted, seen_epoch, life = n.life] {
    if (authority_away_) return;
    const bool changes =
        wanted.voters != authority_.config.voters || wanted.rule != authority_.config.rule;
    // Asked for just before the register was set back: then nothing changes any more.
    if (changes && authority_truth_) return;
    // A new rule must not count on folders that went away since it was wished for.
    for (const member& m : wanted.voters)
      if (changes && judge_.is_lost(m.id)) return;
    const auto record = authority_.claim(seen_epoch, n.id.node, wanted, next_token_++);
    if (!record) return;
    if (changes) ++result_.reconfigurations;
    say(n, "claims epoch " + std::to_string(round_of(record->epoch)) + " version " +
               std::to_string(record->config.version) + " of " +
               std::to_string(record->config.voters.size()) + " voters");
    if (faults_on_ && plan_.authority_forgets && dice_.chance(0.2)) return;
    later(dice_.between(ms, 30 * ms), [this, &n, record, life] {
      if (n.life != life) return;
      deliver(n, claimed{*record}, life);
    });
  });
  return true;
}

/// Static mode: what a node claims follows from its own log (leadership.h); the founder begins.
bool simulator::claim_by_order(node& n) {
  const replica_state& state = n.core->state();
  const config_ref& own = state.log_config();
  if (!own && &n != nodes_.front().get()) return false;
  claim_record record;
  const std::uint64_t newest = round_of(std::max(state.promised.epoch, n.heard.epoch));
  record.epoch = make_epoch(newest + 1, n.id.node);
  record.config = record.previous = own ? *own : first_config_;
  if (const config_ref plan = state.ripe_plan(n.heard.config_version)) {
    record.config = *plan;
    record.config.planned = false;
    record.planned = true;
  }
  if (!record.may_lead(n.id)) return false;
  give(n, claimed{record});
  return true;
}

/// Static mode: only who leads changes the voters; see change_planned.
void simulator::change_by_leader(node& leading) {
  const shard_config current = leading.core->state().leading->record.config;
  shard_config wanted = changed_config(leading, current);
  if (wanted.voters == current.voters && wanted.rule == current.rule) return;
  wanted.version = current.version + 1;
  ++result_.reconfigurations;
  say(leading, "plans version " + std::to_string(wanted.version) + " of " +
                   std::to_string(wanted.voters.size()) + " voters");
  give(leading, change_planned{wanted, 0});
}

/// Current incarnations only, the claimant among them.
shard_config simulator::changed_config(node& claimant, shard_config wanted) {
  std::erase_if(wanted.voters, [&](const member& m) { return find(m.id)->id != m.id; });
  const auto has = [&](const node& n) { return is_voter(wanted, n.id); };
  node& other = *nodes_[dice_.below(nodes_.size())];
  switch (dice_.below(4)) {
    case 0:  // one more
      if (!has(other) && wanted.voters.size() < 5) wanted.voters.push_back({other.id, other.site});
      break;
    case 1:  // one fewer
      if (wanted.voters.size() > 1)
        std::erase_if(wanted.voters, [&](const member& m) { return m.id == other.id; });
      break;
    case 2:  // one for another
      if (!has(other) && !wanted.voters.empty())
        wanted.voters[dice_.below(wanted.voters.size())] = {other.id, other.site};
      break;
    default:
      wanted.rule.replicas = static_cast<std::uint16_t>(dice_.between(1, 3));
      break;
  }
  if (!has(claimant)) wanted.voters.push_back({claimant.id, claimant.site});
  const auto count = static_cast<std::uint16_t>(wanted.voters.size());
  wanted.rule.replicas = std::min<std::uint16_t>(wanted.rule.replicas, count);
  if (dice_.chance(0.7)) wanted.rule.replicas = static_cast<std::uint16_t>(count / 2 + 1);
  if (!is_sound(wanted)) wanted.rule.sites = 1;
  return wanted;
}

/// Whether the shard can go on without this folder, whichever of the known configurations counts.
bool simulator::may_lose(const node& n) const {
  std::vector<const shard_config*> known{&authority_.previous, &authority_.config};
  const auto founded = [&n](const auto& each) {
    return each.get() != &n && each->disk.view().last().value > 0;
  };
  if (plan_.static_mode && std::none_of(nodes_.begin(), nodes_.end(), founded)) return false;
  if (plan_.static_mode) {  // nobody knows which of those in the logs is in force
    known = {&first_config_};
    for (const auto& each : nodes_) {
      if (each->disk.view().base_config) known.push_back(each->disk.view().base_config.get());
      if (each->disk.view().base_plan) known.push_back(each->disk.view().base_plan.get());
      for (const entry_ref& e : each->disk.view().log)
        if (e->config) known.push_back(e->config.get());
    }
    std::uint64_t in_force = 0;  // what everybody may lead with has at least this version
    for (const auto& each : nodes_)
      if (each->core && each->core->state().now == role::leader)
        in_force = std::max(in_force, each->core->state().leading->record.config.version);
    std::erase_if(known, [&](const shard_config* c) { return c->version < in_force; });
  }
  for (const shard_config* config : known) {
    voter_set left = 0;
    for (std::size_t i = 0; i < config->voters.size(); ++i) {
      const node& voter = *nodes_[config->voters[i].id.node.value - 1u];
      const bool out = judge_.is_lost(voter.id);
      if (voter.id == config->voters[i].id && voter.id != n.id && !out) left |= voter_set{1} << i;
    }
    if (!recovers(*config, left)) return false;
    // A change is planned by who leads, which takes a commit set.
    if (plan_.static_mode && !commits(*config, left)) return false;
  }
  return true;
}

void simulator::wipe(node& n) {
  stop(n);
  judge_.on_lost(n.id);
  ++result_.wipes;
  n.disk = {};
  n.old_copy.reset();
  ++n.id.incarnation;
  n.boot = 0;
  say(n, "is wiped");
  later(dice_.between(100 * ms, 2 * s), [this, &n] { start(n); });
}

void simulator::roll_back(node& n) {
  stop(n);
  judge_.on_lost(n.id);
  ++result_.rollbacks;
  say(n, "goes back to boot " + std::to_string(n.old_copy->first));
  n.boot = n.old_copy->first;
  n.disk.replace(n.old_copy->second);
  n.old_copy.reset();
  later(dice_.between(100 * ms, s), [this, &n] { start(n); });
}

/// Only where any two recovery sets meet, at most one configuration ago, and without changes of
/// membership afterwards: the limits of what the versions can notice (replication/README.md).
void simulator::restore_authority() {
  if (!authority_copy_ || authority_truth_) return;
  const shard_config& old = authority_copy_->config;
  if (authority_.config.version > old.version + 1) return;
  for (voter_set r = 0; r <= all_voters(old); ++r)
    if (recovers(old, r) && recovers(old, all_voters(old) & ~r)) return;
  authority_truth_ = authority_;
  authority_ = *authority_copy_;
  plan_.reconfigures = false;
}

void simulator::fault_round() {
  if (!faults_on_) return;
  later(dice_.between(50 * ms, 500 * ms), [this] { fault_round(); });
  node& n = *nodes_[dice_.below(nodes_.size())];
  switch (dice_.below(9)) {
    case 0:
      if (!plan_.crashes || !n.core) break;
      stop(n);
      later(dice_.between(50 * ms, 4 * s), [this, &n] { start(n); });
      break;
    case 1: {
      if (!plan_.cuts) break;
      node& other = *nodes_[dice_.below(nodes_.size())];
      const std::size_t a = n.id.node.value - 1u;
      const std::size_t b = other.id.node.value - 1u;
      cut_[a][b] = true;
      if (!plan_.one_way || dice_.chance(0.5)) cut_[b][a] = true;
      later(dice_.between(200 * ms, 5 * s), [this, a, b] { cut_[a][b] = cut_[b][a] = false; });
      break;
    }
    case 2:
      if (!plan_.pauses || !n.core || n.paused) break;
      n.paused = true;
      later(dice_.between(200 * ms, 8 * s), [this, &n, life = n.life] {
        if (n.life != life || !n.core) return;
        n.paused = false;
        for (const event& e : std::exchange(n.held, {})) deliver(n, e, life);
      });
      break;
    case 3:
      if (!plan_.full_disks || !n.core) break;
      deliver(n, disk_filled{true}, n.life);
      later(dice_.between(s, 4 * s),
            [this, &n, life = n.life] { deliver(n, disk_filled{false}, life); });
      break;
    case 4:
      if (plan_.wipes && dice_.chance(0.3) && n.core && may_lose(n)) wipe(n);
      break;
    case 5:
      if (plan_.rollbacks && n.core && n.old_copy && n.old_copy->first < n.boot && may_lose(n))
        roll_back(n);
      break;
    case 6:
      if (!plan_.authority_away || authority_away_) break;
      authority_away_ = true;
      later(dice_.between(500 * ms, 6 * s), [this] { authority_away_ = false; });
      break;
    case 7:
      if (!plan_.authority_restored) break;
      if (!authority_copy_ && authority_.active)
        authority_copy_ = authority_;
      else if (dice_.chance(0.3))
        restore_authority();
      break;
    default:
      if (plan_.crashes && dice_.chance(0.1)) {  // the whole room loses power
        for (const auto& each : nodes_) {
          stop(*each);
          later(dice_.between(50 * ms, s), [this, &each = *each] { start(each); });
        }
      }
  }
}

void simulator::operator_round() {
  if (healing_) return;
  later(dice_.between(200 * ms, 1500 * ms), [this] { operator_round(); });
  node* leading = leader();
  node& n = *nodes_[dice_.below(nodes_.size())];
  if (n.core && n.core->state().now == role::quarantined && !plan_.static_mode) return wipe(n);
  if (n.core && n.core->state().now == role::quarantined) {
    stop(n);
    return start(n);
  }
  if (leading == nullptr ? dice_.chance(0.7) : dice_.chance(0.1)) {
    claim(n, authority_.config);
  } else if (plan_.reconfigures && plan_.static_mode) {
    if (leading != nullptr && !leading->paused && dice_.chance(0.3)) change_by_leader(*leading);
  } else if (plan_.reconfigures && dice_.chance(0.4)) {
    node& claimant = leading != nullptr && dice_.chance(0.6) ? *leading : n;
    claim(claimant, changed_config(claimant, authority_.config));
  }
}

void simulator::client_round() {
  later(dice_.between(10 * ms, healing_ ? 400 * ms : 80 * ms), [this] { client_round(); });
  if (quiet_) return;
  for (const auto& n : nodes_) {
    if (!n->core || n->paused || n->core->state().now != role::leader) continue;
    for (std::uint64_t i = dice_.below(3); i > 0; --i) {
      const std::uint64_t token = next_token_++;
      std::string redo(sizeof token, '\0');
      std::memcpy(redo.data(), &token, sizeof token);
      give(*n, proposed{token, std::make_shared<const std::string>(std::move(redo)), token});
    }
  }
}

void simulator::heal() {
  faults_on_ = false;
  healing_ = true;
  authority_away_ = false;
  for (auto& row : cut_) row.assign(row.size(), false);
  if (authority_truth_) {
    // The register is rebuilt from what the nodes know: the newest epoch, the newest configuration.
    std::uint64_t round = round_of(authority_.epoch);
    for (const auto& n : nodes_) round = std::max(round, round_of(n->disk.view().promised.epoch));
    const bool same = authority_.config.version == authority_truth_->config.version;
    if (!same) authority_ = *authority_truth_;
    authority_.epoch = make_epoch(round + 1, node_id(1));
    authority_.nonce = next_token_++;
    authority_.active = authority_.active && authority_.config == authority_.previous;
    authority_truth_.reset();
  }
  for (const auto& n : nodes_) {
    n->rate = 1;
    if (n->paused) {
      n->paused = false;
      for (const event& e : std::exchange(n->held, {})) deliver(*n, e, n->life);
    }
    if (n->core) deliver(*n, disk_filled{false}, n->life);
    start(*n);
  }
}

bool simulator::settled() {
  node* leading = leader();
  if (leading == nullptr) return false;
  const replica_state& lead = leading->core->state();
  const auto& config = lead.leading->record.config;
  for (const member& m : config.voters)
    if (find(m.id)->id != m.id) return false;
  for (const auto& n : nodes_) {
    if (!n->core) return false;
    const replica_state& state = n->core->state();
    if (state.log.last() != lead.log.last() || state.applied != lead.log.last_index()) return false;
    if (n->disk.view().state.digest != leading->disk.view().state.digest) return false;
  }
  return judge_.answered() == lead.log.last_index();
}

void simulator::finish() {
  const std::uint64_t answers = judge_.answers();
  std::size_t turn = dice_.below(nodes_.size());
  for (int round = 0; round < 60 && !judge_.found(); ++round) {
    for (const auto& n : nodes_) {
      if (!n->core || n->core->state().now != role::quarantined) continue;
      if (plan_.static_mode) {
        stop(*n);
        start(*n);
      } else {
        wipe(*n);
      }
    }
    node* leading = leader();
    bool gone = false;
    if (leading != nullptr)
      for (const member& m : leading->core->state().leading->record.config.voters)
        gone |= find(m.id)->id != m.id;
    const bool old = leading != nullptr && !plan_.static_mode &&
                     (leading->core->state().promised.epoch != authority_.epoch);
    if (leading == nullptr || gone || old) {
      node& n = gone && !old ? *leading : *nodes_[turn++ % nodes_.size()];
      shard_config wanted = authority_.config;
      for (member& m : wanted.voters) m.id = find(m.id)->id;
      if (!is_voter(wanted, n.id)) wanted.voters.push_back({n.id, n.site});
      const config_ref waiting =
          plan_.static_mode && gone ? leading->core->state().plan().second : nullptr;
      if (waiting) {
        // Whoever leads may have no part in what is planned: another one has to be told.
        claim(is_voter(*waiting, n.id) ? n : *nodes_[turn++ % nodes_.size()], wanted);
      } else if (plan_.static_mode && gone && leading != nullptr) {
        wanted = leading->core->state().leading->record.config;
        for (member& m : wanted.voters) m.id = find(m.id)->id;
        ++wanted.version;
        give(*leading, change_planned{wanted, 0});
      } else {
        claim(n, wanted);
      }
    }
    run_until(now_ + 1300 * ms);
    quiet_ = true;
    run_until(now_ + 1200 * ms);
    quiet_ = false;
    if (judge_.answers() > answers + 2 && settled()) {
      for (const auto& n : nodes_) judge_.on_end(seen(*n), judge_.answered());
      return;
    }
  }
  if (judge_.found()) return;
  result_.lively = false;
  node* leading = leader();
  result_.trouble = leading == nullptr ? "no leader appears" : "the copies do not become equal";
  if (!trace) return;
  for (const auto& n : nodes_) {
    if (!n->core) continue;
    const replica_state& x = n->core->state();
    say(*n, "role " + std::to_string(static_cast<int>(x.now)) + " promised " +
                std::to_string(round_of(x.promised.epoch)) + "/" +
                std::to_string(x.promised.config_version) + " last " +
                std::to_string(x.log.last_index().value) + " commit " +
                std::to_string(x.commit.value) + " applied " + std::to_string(x.applied.value) +
                " base " + std::to_string(x.base.value));
  }
}

simulation_result simulator::run() {
  for (const auto& n : nodes_) start(*n);
  later(100 * ms, [this] { claim(*nodes_[0], first_config_); });
  later(300 * ms, [this] { client_round(); });
  later(s, [this] { fault_round(); });
  later(s, [this] { operator_round(); });
  run_until(dice_.between(5 * s, 20 * s));
  if (!judge_.found()) heal();
  if (!judge_.found()) finish();
  result_.found = judge_.found();
  result_.answers = judge_.answers();
  return result_;
}

}  // namespace conclave::replication::proof
