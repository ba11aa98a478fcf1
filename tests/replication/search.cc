/// The walk. States share what did not change: a step copies one node and the lists of references.
#include "tests/replication/search.h"

#include "replication/mutation.h"
#include "tests/replication/fingerprint.h"

#include <algorithm>
#include <unordered_set>

namespace conclave::replication::proof {
namespace {

struct node {
  replica core;
  model_disk disk;
  std::uint64_t digest = 0;
};

struct sent_message {
  std::uint64_t digest;
  std::shared_ptr<const message> content;
};

struct state {
  std::vector<std::shared_ptr<const node>> nodes;
  std::vector<sent_message> sent;  ///< by digest
  register_model authority;
  std::vector<shard_epoch> requested;  ///< activation asked for
  std::vector<shard_epoch> granted;    ///< activated; the claimant may learn of it at any time
  std::shared_ptr<const judge> law = std::make_shared<judge>();
  std::size_t claims = 0;
  int proposals = 0, crashes = 0, ticks = 0;
};

replica_options options() {
  replica_options o;
  o.seal = quick_sealing;
  o.max_batch = 2;
  o.source_patience = 0;
  return o;
}

class walk {
 public:
  explicit walk(const search_model& model) : model_(model) {}

  search_result run() {
    state first = opened();
    known_.insert(digest(first));
    cameby_.push_back({});
    waiting_.emplace_back(0, std::move(first));
    while (!waiting_.empty() && !result_.found) {
      if (model_.max_states != 0 && result_.states >= model_.max_states) {
        result_.complete = false;
        break;
      }
      const state s = std::move(waiting_.back().second);
      current_ = waiting_.back().first;
      waiting_.pop_back();
      ++result_.states;
      result_.waiting_max = std::max(result_.waiting_max, waiting_.size());
      expand(s);
    }
    return std::move(result_);
  }

 private:
  replica_id id_of(std::uint16_t number) const { return {node_id(number), 1}; }

  shard_config config_of(const std::vector<std::uint16_t>& voters, commit_rule rule) const {
    shard_config config;
    config.version = 1;
    for (const std::uint16_t v : voters) config.voters.push_back({id_of(v), v});
    config.rule = rule;
    return config;
  }

  /// Node 1 leads in epoch 1; everybody holds and knows its opening entry; no message is left.
  state opened() {
    state s;
    s.proposals = model_.proposals;
    s.ticks = model_.ticks;
    for (std::uint16_t i = 1; i <= model_.nodes; ++i) {
      auto n = std::make_shared<node>(
          node{replica(options(), {id_of(i), 1, 0, 0}, durable_state{}), {}, 0});
      s.nodes.push_back(n);
    }
    s.authority.config = s.authority.previous = config_of(model_.voters, model_.rule);
    claim(s, {1, {}, 0});
    for (bool moved = true; moved;) {
      const std::uint64_t before_it = digest(s);
      for (std::size_t i = 0; i < s.sent.size(); ++i) deliver(s, s.sent[i]);
      for (const shard_epoch e : std::vector(s.requested))
        if (s.authority.activate(e, e.value)) give(s, 0, activated{e});
      give(s, 0, ticked{});
      moved = digest(s) != before_it && s.nodes[0]->core.state().commit.value == 0;
    }
    for (int i = 0; i < 3; ++i) {
      give(s, 0, ticked{});
      for (std::size_t k = 0; k < s.sent.size(); ++k) deliver(s, s.sent[k]);
    }
    s.sent.clear();
    s.requested.clear();
    s.crashes = model_.crashes;
    return s;
  }

  /// Cloned by the first that remembers something in this branch.
  judge& law(state& s) {
    if (fresh_law_ == nullptr) {
      auto copy = std::make_shared<judge>(*s.law);
      fresh_law_ = copy.get();
      s.law = std::move(copy);
    }
    return *fresh_law_;
  }

  static suspect seen(const node& n) { return {n.core.self(), &n.core, &n.disk}; }

  void give(state& s, std::size_t at, const event& e) {
    auto copy = std::make_shared<node>(*s.nodes[at]);
    s.nodes[at] = copy;
    step(s, *copy, e);
    if (s.crashes == 0) complete_all(s, *copy);
    fingerprint f;
    f.add(copy->core.state()), f.add(copy->disk.durable()), f.add(copy->disk.view());
    copy->digest = f.value();
    const node_id to = copy->core.self().node;
    std::erase_if(s.sent, [&](const sent_message& m) {
      return m.content->to.node == to && is_dead(*m.content, *copy, s);
    });
  }

  /// Whatever happens from here on, this message cannot change its receiver any more. Answers that
  /// only make a leader step down (stale, rejected) are among those that get lost: a leader that
  /// goes on is the more dangerous one. While crashes are left only what is durable is there for
  /// good; while ticks are left a candidate may give its source up and count promises once more.
  static bool is_dead(const message& m, const node& n, const state& all) {
    const replica_state& s = n.core.state();
    if (s.now == role::quarantined) return true;
    const promise& held = all.crashes > 0 ? s.durable_promise : s.promised;
    if (std::holds_alternative<rejected>(m.body)) return true;
    if (const auto* refused = std::get_if<nack>(&m.body))
      if (refused->reason == refusal::stale) return true;
    const bool asks = std::holds_alternative<append>(m.body) ||
                      std::holds_alternative<fence>(m.body) ||
                      std::holds_alternative<fetch>(m.body);
    if (asks && !planted(mutation::skip_promise) && !planted(mutation::forget_config_version)) {
      if (m.epoch < held.epoch || m.config_version < held.config_version) return true;
      if (std::holds_alternative<fence>(m.body)) return m.epoch == held.epoch;
      if (const auto* a = std::get_if<append>(&m.body); a != nullptr && m.epoch == held.epoch) {
        if (planted(mutation::truncate_on_append)) return false;
        const log_index match(a->prev.index.value + a->entries.size());
        const log_window::name* own = s.log.at(match);
        const hash16& hash = a->entries.empty() ? a->prev.hash : a->entries.back().hash;
        return own != nullptr && own->hash == hash && s.durable >= match &&
               s.commit >= std::min(a->commit, match);
      }
      return false;
    }
    if (asks) return false;
    if (std::holds_alternative<removed>(m.body)) return m.config_version <= held.config_version;
    // Answers: of a term that is over, or known already.
    if (!s.leading || s.leading->record.epoch != m.epoch) return m.epoch <= held.epoch;
    const term& t = *s.leading;
    if (std::holds_alternative<promised>(m.body)) {
      if (all.ticks > 0 && !t.adopted) return false;
      if (s.now != role::fencing) return true;
      for (const report& r : t.reports)
        if (r.from == m.from) return true;
      return false;
    }
    if (std::holds_alternative<fetched>(m.body)) return t.adopted;
    for (const progress& p : t.receivers) {
      if (p.peer.id != m.from) continue;
      if (const auto* a = std::get_if<ack>(&m.body)) return a->match <= p.match;
      if (const auto* refused = std::get_if<nack>(&m.body)) return refused->hint < p.match;
    }
    return false;
  }

  void complete_all(state& s, node& n) {
    while (n.disk.under_way() > 0) {
      const promise old = n.disk.durable().promised;
      const std::uint64_t number = n.disk.complete();
      law(s).on_durable(n.core.self(), old, n.disk.durable().promised);
      step(s, n, written{number});
    }
  }

  void step(state& s, node& n, const event& e) {
    const log_index commit = n.core.state().commit;
    const role before_it = n.core.state().now;
    std::vector<effect> effects = n.core.step(e);
    const replica_state& now = n.core.state();
    if (now.commit > commit) law(s).on_commit(seen(n), commit, now.commit);
    if (now.now == role::leader && before_it != role::leader) {
      ++result_.takeovers;
      law(s).on_active(seen(n));
    }
    for (effect& each : effects) {
      if (auto* w = std::get_if<write>(&each)) {
        law(s).on_write(seen(n), *w, commit);
        n.disk.submit(*w, 0);
      } else if (auto* m = std::get_if<send>(&each)) {
        post(s, n, *m);
      } else if (auto* a = std::get_if<apply>(&each)) {
        for (log_index i = a->first; i <= a->last; i = after(i)) {
          const state_mark& mark = n.disk.view().state;
          const entry* applied = n.disk.durable().at(i);
          if (applied == nullptr)
            return law(s).report(invariant::ordered_marks, "applies what is not durable");
          n.disk.apply(i, mix(mark.digest, redo_number(*applied)));
          law(s).on_applied(n.core.self(), n.disk.view().state);
        }
      } else if (auto* k = std::get_if<acknowledge>(&each)) {
        ++result_.answers;
        std::vector<suspect> all;
        for (const auto& other : s.nodes) all.push_back(seen(*other));
        law(s).on_answer(seen(n), k->place, all);
      } else if (auto* r = std::get_if<request_activation>(&each)) {
        if (std::find(s.requested.begin(), s.requested.end(), r->epoch) == s.requested.end())
          s.requested.push_back(r->epoch);
      } else if (auto* q = std::get_if<quarantine>(&each)) {
        law(s).on_quarantine(n.core.self(), *q);
      }
    }
  }

  void post(state& s, const node& n, const send& sent) {
    if (sent.content.to.node.value > model_.nodes) return;
    auto m = std::make_shared<message>(sent.content);
    const auto fill = [&](link& prev, std::vector<entry>& entries) {
      for (std::uint32_t i = 0; i < sent.fill_count; ++i) {
        const entry* e = n.disk.view().at(log_index(sent.fill_first.value + i));
        if (e == nullptr) return;
        if (i == 0 && sent.fill_link) prev = {before(e->index), e->prev_hash};
        entries.push_back(*e);
      }
    };
    if (auto* a = std::get_if<append>(&m->body)) fill(a->prev, a->entries);
    if (auto* f = std::get_if<fetched>(&m->body)) fill(f->prev, f->entries);
    if (const auto* a = std::get_if<ack>(&m->body))
      law(s).on_ack_sent(seen(n), m->epoch, m->config_version, a->match);
    fingerprint f;
    f.add(*m);
    const auto at = std::lower_bound(
        s.sent.begin(), s.sent.end(), f.value(),
        [](const sent_message& known, std::uint64_t d) { return known.digest < d; });
    if (at != s.sent.end() && at->digest == f.value()) return;
    const node& to = *s.nodes[sent.content.to.node.value - 1u];
    if (is_dead(*m, to, s)) return;
    s.sent.insert(at, {f.value(), std::move(m)});
  }

  void deliver(state& s, const sent_message& m) {
    const std::shared_ptr<const message> keep = m.content;
    give(s, keep->to.node.value - 1u, received{*keep});
  }

  void claim(state& s, const planned_claim& wish) {
    shard_config wanted = s.authority.config;
    if (!wish.voters.empty()) wanted.voters = config_of(wish.voters, {}).voters;
    if (wish.replicas != 0) wanted.rule.replicas = wish.replicas;
    const shard_epoch next = make_epoch(round_of(s.authority.epoch) + 1, node_id(wish.node));
    const auto record =
        s.authority.claim(s.authority.epoch, node_id(wish.node), wanted, next.value);
    give(s, wish.node - 1u, claimed{*record});
  }

  void crash(state& s, std::size_t at, std::size_t keep) {
    auto copy = std::make_shared<node>(*s.nodes[at]);
    copy->disk.crash(keep);
    copy->core = replica(options(), {copy->core.self(), 1, 0, 0}, copy->disk.load());
    s.nodes[at] = copy;
    --s.crashes;
    law(s).on_start(seen(*copy));
    if (s.crashes == 0)
      for (std::size_t i = 0; i < s.nodes.size(); ++i) give(s, i, disk_filled{false});
    fingerprint f;
    f.add(copy->core.state()), f.add(copy->disk.durable()), f.add(copy->disk.view());
    copy->digest = f.value();
  }

  std::uint64_t digest(const state& s) const {
    fingerprint f;
    for (const auto& n : s.nodes) f.add(n->digest);
    std::uint64_t all = 0;
    for (const sent_message& m : s.sent) all += mix(1, m.digest);
    f.add(all), f.add(s.sent.size());
    f.add(s.authority.epoch.value), f.add(s.authority.active);
    for (const shard_epoch e : s.requested) f.add(e.value);
    f.add(7);
    for (const shard_epoch e : s.granted) f.add(e.value);
    f.add(s.claims), f.add(static_cast<std::uint64_t>(s.proposals));
    f.add(static_cast<std::uint64_t>(s.crashes)), f.add(static_cast<std::uint64_t>(s.ticks));
    f.add(s.law->memory());
    return f.value();
  }

  /// One step from the state that is being looked at; what it leads to waits on the stack.
  template <class Action>
  bool branch(const state& s, const std::string& what, std::uint64_t detail, Action act) {
    state next = s;
    ++result_.steps;
    fresh_law_ = nullptr;
    act(next);
    if (next.law->found()) {
      result_.found = next.law->found();
      result_.complete = false;
      result_.path.push_back(what + " " + std::to_string(detail));
      for (std::size_t at = current_; at != 0; at = cameby_[at].parent)
        result_.path.push_back(cameby_[at].what + " " + std::to_string(cameby_[at].detail));
      return false;
    }
    if (!known_.insert(digest(next)).second) return true;
    cameby_.push_back({current_, keep_paths_ ? what : std::string(), detail});
    waiting_.emplace_back(cameby_.size() - 1, std::move(next));
    return true;
  }

  static std::string describe(const message& m) {
    static const char* const names[] = {"append",   "ack",   "nack",    "fence",  "promised",
                                        "rejected", "fetch", "fetched", "removed"};
    return std::string("deliver ") + names[m.body.index()] + " of epoch " +
           std::to_string(round_of(m.epoch)) + " from " + std::to_string(m.from.node.value) + " to";
  }

  static bool fetches(const node& n) {
    const replica_state& s = n.core.state();
    return s.now == role::recovering && !s.leading->adopted;
  }

  void expand(const state& s) {
    for (const sent_message& m : s.sent) {
      const std::string what = describe(*m.content);
      if (!branch(s, what, m.content->to.node.value, [&](state& next) { deliver(next, m); }))
        return;
    }
    for (std::size_t i = 0; i < s.nodes.size(); ++i) {
      const node& n = *s.nodes[i];
      const std::uint64_t number = i + 1;
      if (n.disk.under_way() > 0 && !branch(s, "complete a write of", number, [&](state& next) {
            auto copy = std::make_shared<node>(*next.nodes[i]);
            const std::uint64_t done = copy->disk.complete();
            next.nodes[i] = copy;
            give(next, i, written{done});
          })) {
        return;
      }
      for (std::size_t keep = 0; s.crashes > 0 && keep <= n.disk.under_way(); ++keep)
        if (!branch(s, "crash", number, [&](state& next) { crash(next, i, keep); })) return;
      const bool leads = n.core.state().now == role::leader;
      if (leads && s.proposals > 0 && !branch(s, "propose to", number, [&](state& next) {
            const std::uint64_t token = static_cast<std::uint64_t>(next.proposals--);
            give(next, i, proposed{token, std::make_shared<std::string>(8, char('a' + token)), 0});
          })) {
        return;
      }
      if ((leads || fetches(n)) && s.ticks > 0 && !branch(s, "tick", number, [&](state& next) {
            --next.ticks;
            give(next, i, ticked{});
          })) {
        return;
      }
    }
    if (s.claims < model_.claims.size() &&
        !branch(s, "claim by", model_.claims[s.claims].node,
                [&](state& next) { claim(next, model_.claims[next.claims++]); })) {
      return;
    }
    for (const shard_epoch e : s.requested) {
      if (s.authority.epoch == e && !s.authority.active &&
          !branch(s, "activate epoch", round_of(e), [&](state& next) {
            next.authority.activate(e, e.value);
            next.granted.push_back(e);
          })) {
        return;
      }
    }
    for (const shard_epoch e : s.granted)
      if (!branch(s, "tell activation of", round_of(e),
                  [&](state& next) { give(next, candidate_of(e).value - 1u, activated{e}); }))
        return;
  }

  const search_model& model_;
  search_result result_;
  std::unordered_set<std::uint64_t> known_;
  struct step_taken {
    std::size_t parent = 0;
    std::string what;
    std::uint64_t detail = 0;
  };
  std::vector<step_taken> cameby_;
  std::vector<std::pair<std::size_t, state>> waiting_;
  std::size_t current_ = 0;
  judge* fresh_law_ = nullptr;
  bool keep_paths_ = true;
};

}  // namespace

search_result search(const search_model& model) {
  search_result r = walk(model).run();
  std::reverse(r.path.begin(), r.path.end());
  return r;
}

std::vector<search_model> search_models() {
  std::vector<search_model> all;
  all.push_back({"two takeovers", 3, {1, 2, 3}, {2, 1}, {{2, {}, 0}, {3, {}, 0}}, 1, 0, 0, 0});
  all.push_back({"a takeover and a crash", 3, {1, 2, 3}, {2, 1}, {{2, {}, 0}}, 1, 1, 0, 0});
  all.push_back({"a takeover whose source dies", 3, {1, 2, 3}, {2, 1}, {{2, {}, 0}}, 1, 0, 2, 0});
  all.push_back({"one voter for another", 4, {1, 2, 3}, {2, 1}, {{2, {2, 3, 4}, 0}}, 1, 0, 0, 0});
  all.push_back({"a membership change, then a takeover",
                 4,
                 {1, 2, 3},
                 {2, 1},
                 {{2, {2, 3, 4}, 0}, {3, {}, 0}},
                 1,
                 0,
                 0,
                 0});
  all.push_back({"a pair degrades, then takes its half back",
                 2,
                 {1, 2},
                 {2, 1},
                 {{1, {1}, 1}, {2, {1, 2}, 2}},
                 2,
                 0,
                 0,
                 0});
  return all;
}

}  // namespace conclave::replication::proof
