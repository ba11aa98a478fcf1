/// A cluster in one thread and virtual time: the product's core, a network that drops, repeats,
/// delays, reorders and cuts one way, disks that lose what is not synced, tear, fail, fill, stall
/// and go back in time, nodes that crash, pause, are wiped and whose clocks run at their own rate,
/// and an authority that is slow, away, forgets to answer or is restored from an old copy.
///
/// Everything follows from the seed. Each seed enables a random subset of the faults. Then all is
/// healed: a leader must appear, proposals must be answered and all copies must become equal.
#pragma once

#include "tests/replication/judge.h"
#include "tests/replication/register_model.h"

#include <functional>
#include <memory>
#include <queue>
#include <string>

namespace conclave::replication::proof {

/// Deterministic and the same on every machine.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 0x1234567) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  std::uint64_t between(std::uint64_t a, std::uint64_t b) { return a + below(b - a + 1); }
  bool chance(double p) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < p; }

 private:
  std::uint64_t state_;
};

/// How often what happens; drawn from the seed.
struct fault_plan {
  double drop = 0, repeat = 0, late = 0;
  bool cuts = false, one_way = false, crashes = false, pauses = false, clock_rates = false;
  bool slow_disks = false, failing_disks = false, full_disks = false;
  bool wipes = false, rollbacks = false, reconfigures = false;
  bool authority_away = false, authority_forgets = false, authority_restored = false;
  bool static_mode = false, trims = false;
};

struct simulation_result {
  std::uint64_t seed = 0;
  std::optional<breach> found;
  std::uint64_t events = 0, answers = 0, takeovers = 0, reconfigurations = 0, crashes = 0;
  std::uint64_t wipes = 0, rollbacks = 0, seeds = 0;
  std::uint64_t given_up = 0;  ///< takeovers that went on without the holder of the newest log
  bool lively = true;          ///< after healing everything came to its end
  std::string trouble;
};

class simulator {
 public:
  explicit simulator(std::uint64_t seed);
  simulation_result run();

  bool trace = false;    ///< prints what happens
  bool verbose = false;  ///< and every event

 private:
  using micros = std::uint64_t;
  static constexpr micros ms = 1000;
  static constexpr micros s = 1000 * ms;

  struct node {
    replica_id id;
    std::uint16_t site = 0;
    model_disk disk;
    std::unique_ptr<replica> core;  ///< null: down
    std::uint64_t boot = 0;
    std::uint64_t life =
        0;  ///< changes with every start and stop; what was meant for another is void
    bool paused = false;
    double rate = 1;
    std::vector<event> held;  ///< while paused
    micros disk_free = 0;
    log_index commit_before{};  ///< the event that is being handled
    std::optional<std::pair<std::uint64_t, disk_image>> old_copy;  ///< (boot, disk)
    std::uint64_t nonce = 0;                                       ///< of this start
    promise heard;  ///< newest in any message to this start; static mode claims above it
  };

  struct happening {
    micros at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator>(const happening& o) const { return at != o.at ? at > o.at : order > o.order; }
  };

  // -- simulator.cc: time, effects, network, disks ---
  void plan();
  void later(micros delay, std::function<void()> what);
  void run_until(micros end);
  void give(node& n, const event& e);
  void perform(node& n, std::vector<effect> effects);
  void on_effect(node& n, const write& w);
  void on_effect(node& n, const send& s);
  void on_effect(node& n, const apply& a);
  void on_effect(node& n, const acknowledge& a);
  void on_effect(node&, const give_up&) {}
  void on_effect(node&, const declined&) {}
  void on_effect(node& n, const request_activation& r);
  void on_effect(node&, const claim_ended&) {}
  void on_effect(node& n, const seed_peer& p);
  void on_effect(node& n, const refuse_peer& r);
  void on_effect(node& n, const quarantine& q);
  void deliver(node& to, const event& e, std::uint64_t life);
  void complete_write(node& n);
  node* find(replica_id id);
  suspect seen(const node& n) const { return {n.id, n.core.get(), &n.disk}; }
  std::vector<suspect> everybody() const;
  void say(const node& n, const std::string& what) const;

  // -- sim_operator.cc: what people and misfortune do ---
  void start(node& n);
  void stop(node& n);
  void introduce(node& a, node& b);
  void tick(node& n, std::uint64_t life);
  void fault_round();
  void operator_round();
  void client_round();
  bool claim(node& n, shard_config wanted);
  bool claim_by_order(node& n);
  void change_by_leader(node& leading);
  shard_config changed_config(node& claimant, shard_config from);
  bool may_lose(const node& n) const;
  void wipe(node& n);
  void roll_back(node& n);
  void restore_authority();
  void tell_learners();
  node* leader();
  void heal();
  bool settled();
  void finish();

  std::uint64_t seed_;
  dice dice_;
  fault_plan plan_;
  std::vector<std::unique_ptr<node>> nodes_;
  std::vector<std::vector<bool>> cut_;  ///< [from][to]
  register_model authority_;
  std::optional<register_model> authority_copy_;   ///< a backup taken earlier
  std::optional<register_model> authority_truth_;  ///< what was lost by restoring it
  bool authority_away_ = false;
  std::map<node_id, std::pair<std::uint64_t, std::uint64_t>> boots_;  ///< incarnation, boot
  shard_config first_config_;
  judge judge_;
  simulation_result result_;
  micros now_ = 0;
  std::uint64_t order_ = 0;
  std::uint64_t next_token_ = 1;
  bool healing_ = false;
  bool quiet_ = false;  ///< no proposals
  bool faults_on_ = true;
  std::priority_queue<happening, std::vector<happening>, std::greater<>> queue_;
};

simulation_result simulate(std::uint64_t seed, bool trace = false, bool verbose = false);

}  // namespace conclave::replication::proof
