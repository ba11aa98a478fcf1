/// Time, the network, the disks, and carrying out effects.
#include "tests/replication/simulator.h"

#include "tests/replication/seal.h"

#include <cstdio>

namespace conclave::replication::proof {

simulation_result simulate(std::uint64_t seed, bool trace, bool verbose) {
  simulator sim(seed);
  sim.verbose = verbose;
  sim.trace = trace;
  return sim.run();
}

simulator::simulator(std::uint64_t seed) : seed_(seed), dice_(seed) {
  result_.seed = seed;
  plan();
}

void simulator::plan() {
  const auto some = [&] { return dice_.chance(0.4); };
  fault_plan& p = plan_;
  p.static_mode = dice_.chance(0.2);
  if (some()) p.drop = 0.02 + 0.2 * static_cast<double>(dice_.below(100)) / 100;
  if (some()) p.repeat = 0.2;
  if (some()) p.late = 0.1;
  p.cuts = some();
  p.one_way = some();
  p.crashes = dice_.chance(0.6);
  p.pauses = some();
  p.clock_rates = some();
  p.slow_disks = some();
  p.failing_disks = some();
  p.full_disks = dice_.chance(0.2);
  p.trims = some();
  p.reconfigures = dice_.chance(0.7);
  p.wipes = some();
  if (!p.static_mode) {
    p.rollbacks = some();
    p.authority_away = some();
    p.authority_forgets = some();
    // A restored register hands out epochs again: with wiped folders nobody would remember them.
    p.authority_restored = !p.wipes && !p.rollbacks && dice_.chance(0.3);
  }
  const std::size_t voters = std::array<std::size_t, 6>{1, 2, 3, 3, 3, 5}[dice_.below(6)];
  const std::size_t spares = dice_.below(3);
  const std::uint16_t sites = static_cast<std::uint16_t>(dice_.between(1, 3));
  for (std::size_t i = 0; i < voters + spares; ++i) {
    auto n = std::make_unique<node>();
    n->id = {node_id(static_cast<std::uint16_t>(i + 1)), 1};
    n->site = static_cast<std::uint16_t>(i % sites + 1);
    n->rate = p.clock_rates ? 0.8 + 0.4 * static_cast<double>(dice_.below(100)) / 100 : 1;
    if (i < voters) first_config_.voters.push_back({n->id, n->site});
    nodes_.push_back(std::move(n));
  }
  cut_.assign(nodes_.size(), std::vector<bool>(nodes_.size(), false));
  first_config_.version = 1;
  first_config_.rule.replicas = static_cast<std::uint16_t>(voters / 2 + 1);
  if (dice_.chance(0.2))
    first_config_.rule.replicas = static_cast<std::uint16_t>(dice_.between(1, voters));
  if (sites > 1 && voters > 1 && dice_.chance(0.5)) {
    first_config_.rule.sites = 2;
    first_config_.rule.replicas = std::max<std::uint16_t>(first_config_.rule.replicas, 2);
  }
  authority_.config = authority_.previous = first_config_;
}

void simulator::say(const node& n, const std::string& what) const {
  if (trace)
    std::printf("%10.3f  node %u.%llu  %s\n", static_cast<double>(now_) / 1e6, n.id.node.value,
                static_cast<unsigned long long>(n.id.incarnation), what.c_str());
}

void simulator::later(micros delay, std::function<void()> what) {
  queue_.push({now_ + delay, order_++, std::move(what)});
}

void simulator::run_until(micros end) {
  while (!queue_.empty() && queue_.top().at <= end && !judge_.found()) {
    const std::function<void()> what = std::move(const_cast<happening&>(queue_.top()).what);
    now_ = queue_.top().at;
    queue_.pop();
    ++result_.events;
    what();
  }
  now_ = end;
}

simulator::node* simulator::find(replica_id id) {
  if (id.node.value == 0 || id.node.value > nodes_.size()) return nullptr;
  return nodes_[id.node.value - 1u].get();
}

std::vector<suspect> simulator::everybody() const {
  std::vector<suspect> all;
  for (const auto& n : nodes_) all.push_back(seen(*n));
  return all;
}

void simulator::deliver(node& to, const event& e, std::uint64_t life) {
  if (!to.core || to.life != life) return;
  if (to.paused) {
    to.held.push_back(e);
    return;
  }
  give(to, e);
}

namespace {

/// A snapshot took the log's place: its entries are judged by the state that they made.
bool resets(const std::vector<effect>& effects) {
  for (const effect& e : effects)
    if (const auto* w = std::get_if<write>(&e); w != nullptr && w->reset) return true;
  return false;
}

}  // namespace

void simulator::give(node& n, const event& e) {
  if (!n.core || judge_.found()) return;
  const log_index commit = n.commit_before = n.core->state().commit;
  const role before_it = n.core->state().now;
  if (const auto* r = std::get_if<received>(&e)) {
    const auto hear = [&](const promise& said) {
      n.heard.epoch = std::max(n.heard.epoch, said.epoch);
      n.heard.config_version = std::max(n.heard.config_version, said.config_version);
    };
    hear({r->content.epoch, r->content.config_version});
    if (const auto* no = std::get_if<nack>(&r->content.body)) hear(no->promised);
    if (const auto* no = std::get_if<rejected>(&r->content.body)) hear(no->promised);
  }
  std::vector<effect> effects = n.core->step(e);
  const replica_state& state = n.core->state();
  if (state.commit > commit && !resets(effects)) judge_.on_commit(seen(n), commit, state.commit);
  if (state.now == role::leader && before_it != role::leader) {
    ++result_.takeovers;
    judge_.on_active(seen(n));
    say(n, "leads in epoch " + std::to_string(round_of(state.leading->record.epoch)));
  }
  if (state.now == role::fencing && before_it == role::recovering &&
      std::holds_alternative<ticked>(e)) {
    ++result_.given_up;
    say(n, "gives up the holder of the newest log");
  }
  if (verbose) {
    std::string line = "event " + std::to_string(e.index());
    if (const auto* r = std::get_if<received>(&e))
      line += " message " + std::to_string(r->content.body.index()) + " from " +
              std::to_string(r->content.from.node.value) + " epoch " +
              std::to_string(round_of(r->content.epoch)) + "." +
              std::to_string(candidate_of(r->content.epoch).value);
    if (const auto* r = std::get_if<received>(&e)) {
      if (const auto* a = std::get_if<append>(&r->content.body))
        line += " prev " + std::to_string(a->prev.index.value) + " + " +
                std::to_string(a->entries.size());
      if (const auto* a = std::get_if<ack>(&r->content.body))
        line += " match " + std::to_string(a->match.value);
      if (const auto* a = std::get_if<nack>(&r->content.body))
        line += " reason " + std::to_string(static_cast<int>(a->reason)) + " hint " +
                std::to_string(a->hint.value);
    }
    say(n, line + " -> role " + std::to_string(static_cast<int>(state.now)) + " last " +
               std::to_string(round_of(state.log.last().epoch)) + ":" +
               std::to_string(state.log.last_index().value) + " commit " +
               std::to_string(state.commit.value) + " durable " +
               std::to_string(state.durable.value) + " effects " + std::to_string(effects.size()));
  }
  perform(n, std::move(effects));
}

void simulator::perform(node& n, std::vector<effect> effects) {
  const std::uint64_t life = n.life;
  for (const effect& e : effects) {
    if (n.life != life || judge_.found()) return;
    std::visit([&](const auto& each) { on_effect(n, each); }, e);
  }
}

void simulator::on_effect(node& n, const write& w) {
  judge_.on_write(seen(n), w, n.commit_before);
  const std::uint64_t digest = w.reset ? judge_.state_at(w.reset->index) : 0;
  n.disk.submit(w, digest);
  micros takes = dice_.between(1 * ms, 6 * ms);
  if (faults_on_ && plan_.slow_disks && dice_.chance(0.05)) takes = dice_.between(50 * ms, 2 * s);
  n.disk_free = std::max(n.disk_free, now_) + takes;
  if (faults_on_ && plan_.failing_disks && dice_.chance(0.0005)) {
    later(n.disk_free - now_, [this, &n, life = n.life] {
      if (!n.core || n.life != life) return;
      say(n, "a write fails: the process ends");
      perform(n, n.core->step(disk_failed{}));
      stop(n);
      later(dice_.between(s, 3 * s), [this, &n] { start(n); });
    });
    return;
  }
  later(n.disk_free - now_, [this, &n, life = n.life] {
    if (n.life == life && n.disk.under_way() > 0) complete_write(n);
  });
}

void simulator::complete_write(node& n) {
  const promise old = n.disk.durable().promised;
  const std::uint64_t number = n.disk.complete();
  judge_.on_durable(n.id, old, n.disk.durable().promised);
  deliver(n, written{number}, n.life);
}

void simulator::on_effect(node& n, const send& sent) {
  message m = sent.content;
  const auto fill = [&](link& prev, std::vector<entry>& entries) {
    for (std::uint32_t i = 0; i < sent.fill_count; ++i) {
      const entry* e = n.disk.view().at(log_index(sent.fill_first.value + i));
      if (e == nullptr) return i > 0;
      if (i == 0 && sent.fill_link) prev = {before(e->index), e->prev_hash};
      entries.push_back(*e);
    }
    return true;
  };
  bool filled = true;
  if (auto* a = std::get_if<append>(&m.body)) filled = fill(a->prev, a->entries);
  if (auto* f = std::get_if<fetched>(&m.body)) filled = fill(f->prev, f->entries);
  if (!filled) return;
  if (const auto* a = std::get_if<ack>(&m.body))
    judge_.on_ack_sent(seen(n), m.epoch, m.config_version, a->match);
  node* to = find(m.to);
  if (to == nullptr) return;
  const std::size_t from_i = n.id.node.value - 1u;
  const std::size_t to_i = m.to.node.value - 1u;
  if (cut_[from_i][to_i]) return;
  const std::size_t copies = faults_on_ && dice_.chance(plan_.repeat) ? 2 : 1;
  auto shared = std::make_shared<event>(received{std::move(m)});
  for (std::size_t i = 0; i < copies; ++i) {
    if (faults_on_ && dice_.chance(plan_.drop)) continue;
    micros delay = dice_.between(ms / 2, 5 * ms);
    if (faults_on_ && dice_.chance(plan_.late)) delay = dice_.between(10 * ms, 3 * s);
    // A message may outlive the process that it was meant for: links do not know.
    later(delay, [this, to, shared] { deliver(*to, *shared, to->life); });
  }
}

void simulator::on_effect(node& n, const apply& a) {
  state_mark mark = n.disk.view().state;
  for (log_index i = a.first; i <= a.last; i = after(i)) {
    const entry* e = n.disk.durable().at(i);
    if (e == nullptr || after(mark.applied) != i)
      return judge_.report(invariant::ordered_marks, "applies what is not durable and next");
    mark = {i, mix(mix(mark.digest, redo_number(*e)), i.value)};
    judge_.on_applied(n.id, mark);
  }
  n.disk.apply(mark.applied, mark.digest);
  if (plan_.trims && dice_.chance(0.05) && mark.applied.value > 20) {
    const log_index base(mark.applied.value - dice_.between(5, 20));
    const log_index old = n.disk.durable().base.index;
    n.disk.trim(base);
    if (n.disk.durable().base.index > old)
      later(0, [this, &n, life = n.life, base] { deliver(n, trimmed{base}, life); });
  }
}

void simulator::on_effect(node& n, const acknowledge& a) {
  judge_.on_answer(seen(n), a.place, everybody());
}

void simulator::on_effect(node& n, const request_activation& r) {
  if (plan_.static_mode)
    return later(0, [this, &n, r, life = n.life] { deliver(n, activated{r.epoch}, life); });
  // That of the claim under way: a register set back may have granted the epoch to another since.
  const std::uint64_t nonce = n.core->state().leading->record.time;
  later(dice_.between(ms, 30 * ms), [this, &n, r, nonce, life = n.life] {
    if (authority_away_) return;
    const bool granted = authority_.activate(r.epoch, nonce);
    const shard_epoch newest = authority_.epoch;
    if (faults_on_ && plan_.authority_forgets && dice_.chance(0.3)) return;
    later(dice_.between(ms, 30 * ms), [this, &n, r, granted, newest, life] {
      if (granted) deliver(n, activated{r.epoch}, life);
      if (!granted) deliver(n, superseded{newest}, life);
    });
  });
}

/// A snapshot of the applied state, checked and put in place; it takes its time.
void simulator::on_effect(node& n, const seed_peer& p) {
  const disk_image& image = n.disk.view();
  position at = image.base;
  config_ref config = image.base_config;
  config_ref plan = image.base_plan;
  if (image.state.applied > image.base.index) {
    at = image.at(image.state.applied)->place();
    for (const entry_ref& e : image.log)
      if (e->config && e->index <= at.index) (e->config->planned ? plan : config) = e->config;
  }
  if (plan && config && config->version >= plan->version) plan = nullptr;
  node* to = find(p.peer);
  if (to == nullptr) return;
  ++result_.seeds;
  say(n, "seeds node " + std::to_string(p.peer.node.value));
  const std::uint64_t target_life = to->life;
  later(dice_.between(50 * ms, 500 * ms),
        [this, to, at, config, plan, id = p.peer, target_life, &n, life = n.life] {
          if (to->id == id && to->life == target_life)
            deliver(*to, seeded{at, config, plan}, target_life);
          deliver(n, seeding_ended{id}, life);
        });
}

void simulator::on_effect(node&, const refuse_peer& r) {
  node* to = find(r.peer);
  if (to == nullptr || to->id != r.peer) return;
  later(ms, [this, to, r, life = to->life] { deliver(*to, distrusted{r.reason}, life); });
}

void simulator::on_effect(node& n, const quarantine& q) {
  say(n, std::string("quarantined: ") + q.what);
  judge_.on_quarantine(n.id, q);
}

}  // namespace conclave::replication::proof
