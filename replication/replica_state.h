/// Everything that one replica knows, as plain data: rules are in replica.h, tests and the operator
/// look here. Owned by its replica, changed on its thread only.
#pragma once

#include "replication/effect.h"
#include "replication/log_window.h"

#include <optional>
#include <utility>

namespace conclave::replication {

/// What the disk holds when a replica starts. Entries are verified by the adapter (the chain).
struct durable_state {
  promise promised;
  log_index base{};               ///< entries up to here are gone from disk
  position known_from;            ///< base or later, not behind applied: `entries` follow it
  std::vector<position> entries;  ///< to the end of the log
  config_ref base_config;         ///< in force at known_from; null: none known
  config_ref base_plan;           ///< planned there; null: nothing
  std::vector<std::pair<log_index, config_ref>> configs;  ///< config entries among `entries`
  log_index applied{};                                    ///< as found in the state family
  distrust condemned = distrust::none;  ///< a peer proved that this folder went back in time
  std::vector<peer_memory> peers;
};

/// Facts about this start that only the adapter knows.
struct start_facts {
  replica_id self;
  /// Of this start. Made durable, and registered with the witness, in this order and only if the
  /// replica is not in quarantine: else a folder that went back in time would count itself forward
  /// to a number that looks right.
  std::uint64_t boot = 0;
  std::uint64_t witness_incarnation = 0;  ///< highest known outside of this folder; 0: no witness
  std::uint64_t witness_boot = 0;         ///< of that incarnation, before this start
};

/// follower: takes entries, with or without a vote. fencing: collects promises. recovering: holds
/// or fetches the newest log, installs its configuration, waits for activation.
enum class role : std::uint8_t { follower, fencing, recovering, leader, quarantined };

/// Ticks without an answer to entries, after which a peer gets marks only.
inline constexpr std::uint8_t limit_of_repeats = 2;

/// A leader's view of one receiver of its log.
struct progress {
  member peer;
  bool voter = false;
  log_index match{};              ///< durable there, in this epoch
  log_index next{1};              ///< first entry not sent yet
  bool moved = false;             ///< acknowledged something since the last tick
  std::uint8_t silent_ticks = 0;  ///< while it owes an answer; see limit_of_repeats
  bool seeding = false;
  bool rewound = false;    ///< `next` was set back to `rewound_to`; nothing new is known since
  log_index rewound_to{};  ///< a lost message is answered by many refusals: one is enough

  friend bool operator==(const progress&, const progress&) = default;
};

struct report {
  replica_id from;
  promised content;
};

/// A claim under way or, once active, the leader's term.
struct term {
  claim_record record;
  bool fenced_self = false;        ///< own promise is durable
  std::vector<report> reports;     ///< one per replica
  std::optional<report> source;    ///< whose log is fetched; empty: the own one is the newest
  std::uint32_t silent_ticks = 0;  ///< since anything came from it
  std::uint32_t given_up = 0;      ///< sources so far: patience doubles with each
  log_index fetching{};            ///< first entry of what was asked for last
  bool adopted = false;            ///< the own log is the one to go on with
  log_index opening{};             ///< the config entry that opens this epoch; 0: not yet
  bool installed = false;
  std::vector<progress> receivers;
};

struct pending_proposal {
  std::uint64_t token = 0;
  log_index index{};
};

struct replica_state {
  role now = role::follower;
  promise promised;  ///< as held to; durable_promise follows it
  promise durable_promise;
  log_window log;
  log_index base{};     ///< entries up to here are gone from disk
  log_index durable{};  ///< the log is durable up to here
  log_index commit{};
  log_index applied{};
  config_ref base_config;
  config_ref base_plan;
  std::vector<std::pair<log_index, config_ref>> configs;  ///< in the log, oldest first
  bool learner = false;  ///< the last leader counted this replica as one without a vote
  bool disk_full = false;

  std::uint64_t next_write = 1;
  std::uint64_t durable_write = 0;
  struct pending_write {
    std::uint64_t number = 0;
    promise promised;
    log_index cut{};   ///< the log was cut to this length first
    log_index last{};  ///< and is this long after it
  };
  std::vector<pending_write> writes;  ///< under way, oldest first
  struct deferred_send {
    std::uint64_t after = 0;  ///< a write
    message content;
  };
  std::vector<deferred_send> deferred;  ///< said once that write is durable

  std::optional<term> leading;  ///< in roles fencing, recovering, leader
  std::vector<pending_proposal> pending;
  std::vector<member> learners;
  std::vector<peer_memory> peers;
  quarantine why;  ///< in role quarantined

  /// Newest configuration in force by the log, committed or not; null: none.
  const config_ref& log_config() const {
    for (auto at = configs.rbegin(); at != configs.rend(); ++at)
      if (!at->second->planned) return at->second;
    return base_config;
  }
  /// What the log plans to follow it, committed or not, and where; null: nothing. A takeover under
  /// the configuration in force leaves it waiting.
  std::pair<log_index, config_ref> plan() const {
    std::pair<log_index, config_ref> found{log_index{}, base_plan};
    for (const auto& each : configs)
      if (each.second->planned) found = each;
    const config_ref& in_force = log_config();
    if (found.second && in_force && in_force->version >= found.second->version) return {};
    return found;
  }
  /// It may be claimed: it is committed, since that is known here, or since somebody has claimed it
  /// and nobody does before. `version`: the highest that is heard of in any promise.
  config_ref ripe_plan(std::uint64_t version) const {
    const auto [at, planned] = plan();
    if (!planned) return nullptr;
    const std::uint64_t known =
        version > promised.config_version ? version : promised.config_version;
    return at <= commit || known >= planned->version ? planned : nullptr;
  }
};

}  // namespace conclave::replication
