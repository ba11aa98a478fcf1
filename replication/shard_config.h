/// Who votes in a shard and what counts as safe: the commit rule C(S) = |S| >= W and sites(S) >= K,
/// and the recovery rule that follows from it. One predicate covers all-in-sync, quorum and "must
/// span two sites". Pure data and pure functions; any thread; no errors.
/// Limit: max_voters, because sets of voters are bits of a word.
#pragma once

#include "replication/epoch.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace conclave::replication {

inline constexpr std::size_t max_voters = 16;

struct member {
  replica_id id;
  std::uint16_t site = 0;

  friend bool operator==(const member&, const member&) = default;
};

struct commit_rule {
  std::uint16_t replicas = 1;  ///< W
  std::uint16_t sites = 1;     ///< K

  friend bool operator==(const commit_rule&, const commit_rule&) = default;
};

struct shard_config {
  std::uint64_t version = 0;  ///< +1 with every change of what follows
  std::vector<member> voters;
  commit_rule rule;
  /// Changes when an operator promotes with loss: clients then roll back to the fork.
  std::uint64_t lineage = 1;
  /// Not in force: what the leader wants next. It stands in the log, committed by the configuration
  /// in force, before anybody promises to its version, so that whoever leads next completes it.
  bool planned = false;

  friend bool operator==(const shard_config&, const shard_config&) = default;
};

using config_ref = std::shared_ptr<const shard_config>;

/// A set of voters of one configuration: bit i is voters[i].
using voter_set = std::uint32_t;

voter_set all_voters(const shard_config& config);
std::optional<std::size_t> voter_number(const shard_config& config, replica_id id);
bool is_voter(const shard_config& config, replica_id id);

/// C(S): what S stores durably is committed.
bool commits(const shard_config& config, voter_set stored);

/// True iff `answered` meets every possible commit set: not C(V \ R).
bool recovers(const shard_config& config, voter_set answered);

/// One to max_voters voters, no node twice, and all of them together commit.
bool is_sound(const shard_config& config);

}  // namespace conclave::replication
