/// What must hold over all replicas together, judged from the outside: from disks, from what was
/// told to clients and from what replicas believe. Shared by the simulator and the search. The
/// first breach is kept, by the number of its invariant.
#pragma once

#include "replication/replica.h"
#include "tests/replication/model_disk.h"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace conclave::replication::proof {

struct breach {
  invariant broken = invariant::none;
  std::string what;
};

/// One replica as the judge sees it.
struct suspect {
  replica_id id;
  const replica* core;  ///< null: down; its disk still counts
  const model_disk* disk;
};

class judge {
 public:
  const std::optional<breach>& found() const { return found_; }
  void report(invariant broken, const std::string& what) {
    if (!found_) found_ = breach{broken, what};
  }

  /// The replica's own word: a breach that it noticed is a breach.
  void on_quarantine(replica_id who, const quarantine& q);

  /// The replica's commit stands at `to` now: everything up to it is the one history (I3).
  void on_commit(const suspect& who, log_index from, log_index to);

  /// A proposal was answered: it must be safe on disks right now (I6).
  void on_answer(const suspect& who, const position& place, const std::vector<suspect>& all);

  /// An epoch has become active: its leader holds all history of earlier epochs (I3). What later
  /// epochs committed may be missing: the news may have been late.
  void on_active(const suspect& who);

  /// About to be submitted: one content per (epoch, index) (I2), learners get history only (I10),
  /// nothing committed is cut (I7).
  void on_write(const suspect& who, const write& w, log_index commit_before);

  /// A write has completed: promises only grow (I5).
  void on_durable(replica_id who, const promise& old_one, const promise& new_one);

  /// The state at `mark` (I11).
  void on_applied(replica_id who, const state_mark& mark);

  /// An acknowledgement leaves (I8: it is durable), and a start finds it again.
  void on_ack_sent(const suspect& who, shard_epoch epoch, std::uint64_t version, log_index match);
  void on_start(const suspect& who);

  /// The folder was wiped or went back in time: what it had acknowledged was true once.
  void on_lost(replica_id who) { lost_.insert(who); }
  bool is_lost(replica_id who) const { return lost_.contains(who); }

  /// At the very end: this copy holds every answered entry in its place.
  void on_end(const suspect& who, log_index answered_up_to);

  const std::vector<log_window::name>& history() const { return history_; }
  std::uint64_t state_at(log_index i) const {
    const auto known = states_.find(i.value);
    return known == states_.end() ? 0 : known->second;
  }
  /// A digest of all that was remembered: what decides how the judge goes on.
  std::uint64_t memory() const;
  log_index answered() const { return answered_; }
  std::uint64_t answers() const { return answers_; }

 private:
  struct acked {
    shard_epoch epoch{};
    std::uint64_t version = 0;
    log_index match{};
  };
  std::optional<log_window::name> name_at(const suspect& who, log_index i) const;
  std::set<replica_id> lost_;
  bool in_history(log_index i, const hash16& hash) const;

  std::optional<breach> found_;
  std::vector<log_window::name>
      history_;  ///< entry i at i - 1, as soon as anybody counts it as committed
  std::map<std::pair<std::uint64_t, std::uint64_t>, hash16> contents_;  ///< (epoch, index)
  std::map<std::uint64_t, std::uint64_t> states_;                       ///< applied -> digest
  std::map<replica_id, acked> acked_;  ///< under its newest promise
  std::map<std::pair<replica_id, shard_epoch>, log_index> all_acked_;
  log_index answered_{};
  std::uint64_t answers_ = 0;
};

}  // namespace conclave::replication::proof
