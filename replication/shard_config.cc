/// Sets of voters as bits. Sites are few: counting them is a walk over the voters before.
#include "replication/shard_config.h"

#include "replication/mutation.h"

#include <bit>

namespace conclave::replication {

voter_set all_voters(const shard_config& config) {
  return (voter_set{1} << config.voters.size()) - 1;
}

std::optional<std::size_t> voter_number(const shard_config& config, replica_id id) {
  for (std::size_t i = 0; i < config.voters.size(); ++i)
    if (config.voters[i].id == id) return i;
  return std::nullopt;
}

bool is_voter(const shard_config& config, replica_id id) {
  return voter_number(config, id).has_value();
}

bool commits(const shard_config& config, voter_set stored) {
  int replicas = std::popcount(stored & all_voters(config));
  if (planted(mutation::acknowledge_before_quorum)) ++replicas;
  if (replicas < config.rule.replicas) return false;
  if (planted(mutation::ignore_sites)) return true;
  unsigned sites = 0;
  for (std::size_t i = 0; i < config.voters.size(); ++i) {
    if ((stored >> i & 1) == 0) continue;
    bool first_of_site = true;
    for (std::size_t k = 0; k < i; ++k)
      first_of_site &= (stored >> k & 1) == 0 || config.voters[k].site != config.voters[i].site;
    if (first_of_site) ++sites;
  }
  return sites >= config.rule.sites;
}

bool recovers(const shard_config& config, voter_set answered) {
  if (planted(mutation::recover_from_too_few)) return answered != 0;
  return !commits(config, all_voters(config) & ~answered);
}

bool is_sound(const shard_config& config) {
  if (config.voters.empty() || config.voters.size() > max_voters) return false;
  for (std::size_t i = 0; i < config.voters.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (config.voters[i].id.node == config.voters[k].id.node) return false;
  return config.rule.replicas > 0 && config.rule.sites > 0 && commits(config, all_voters(config));
}

}  // namespace conclave::replication
