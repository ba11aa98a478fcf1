/// See leadership.h.
#include "replication/leadership.h"

#include "replication/static_authority.h"

#include <algorithm>

namespace conclave::replication {
namespace {

/// A folder gets its vote back when it is at most so many entries behind: then its first answer as
/// a voter comes after one batch.
constexpr std::uint64_t readmission_lag = 64;

shard_epoch newest_known(const replica_state& state, const heard_of& heard) {
  shard_epoch newest = std::max(state.promised.epoch, heard.newest);
  for (const auto& [node, said] : heard.introductions)
    newest = std::max(newest, said.promised.epoch);
  return newest;
}

std::uint64_t newest_version(const replica_state& state, const heard_of& heard) {
  std::uint64_t newest = std::max(state.promised.config_version, heard.newest_version);
  for (const auto& [node, said] : heard.introductions)
    newest = std::max(newest, said.promised.config_version);
  return newest;
}

claim_record claim_of(node_id self, shard_epoch newest, const shard_config& config, time_ms now) {
  return static_authority(self, config).promote({newest, config.version}, now);
}

/// A claim of what the log says: the configuration in force, or the change of it that is planned.
claim_record claim_of_log(node_id self, const replica_state& state, const heard_of& heard,
                          time_ms now) {
  const shard_config& in_force = *state.log_config();
  const config_ref plan = state.ripe_plan(newest_version(state, heard));
  claim_record record = claim_of(self, newest_known(state, heard), plan ? *plan : in_force, now);
  record.config.planned = false;
  record.previous = in_force;
  record.planned = plan != nullptr;
  return record;
}

std::string names(const std::vector<node_id>& nodes) {
  std::string text;
  for (const node_id each : nodes) text += (text.empty() ? "" : ", ") + std::to_string(each.value);
  return text;
}

std::string names(const shard_config& config) {
  std::vector<node_id> voters;
  for (const member& m : config.voters) voters.push_back(m.id.node);
  return names(voters);
}

std::string left_out_by(const shard_config& plan) {
  return "a change of voters is planned that leaves this node out: promote one of node " +
         names(plan) + ", or this one if none of them knows of it";
}

/// Those of `config` that have introduced themselves as what they are there.
bool enough_heard(const shard_config& config, replica_id self, const heard_of& heard,
                  std::string& why_not) {
  voter_set present = 0;
  std::vector<node_id> missing;
  for (std::size_t i = 0; i < config.voters.size(); ++i) {
    const replica_id voter = config.voters[i].id;
    const auto said = heard.introductions.find(voter.node);
    if (voter == self || (said != heard.introductions.end() && said->second.id == voter)) {
      present |= voter_set{1} << i;
    } else {
      missing.push_back(voter.node);
    }
  }
  if (recovers(config, present)) return true;
  why_not = "waits for more voters: not heard of yet: node " + names(missing);
  return false;
}

/// Under the log as it is. By order also by who is left out by what it plans: the others may not
/// know of it.
leadership claim_under_log(replica_id self, const replica_state& state, const heard_of& heard,
                           bool ordered, time_ms now) {
  leadership result;
  claim_record claim = claim_of_log(self.node, state, heard, now);
  if (!claim.may_lead(self)) {
    result.why_not =
        "this data folder has no vote in the shard: it receives copies until it is readmitted";
    return result;
  }
  if (!ordered && !is_voter(claim.config, self)) {
    result.why_not = left_out_by(claim.config);
    return result;
  }
  if (!enough_heard(claim.previous, self, heard, result.why_not)) return result;
  result.claim = std::move(claim);
  return result;
}

leadership found(const cluster_plan& plan, shard_id shard, replica_id self,
                 const replica_state& state, const heard_of& heard, time_ms now) {
  leadership result;
  // A promise to itself is proof that it was this folder that began to found the cluster.
  const bool begun =
      candidate_of(state.promised.epoch) == self.node && round_of(state.promised.epoch) > 0;
  shard_config config;
  config.version = 1;
  config.rule = plan.rule_of(shard);
  std::vector<node_id> missing, silent;
  for (const listed_node& each : plan.nodes) {
    const auto said = heard.introductions.find(each.node);
    const bool is_self = each.node == self.node;
    if (!is_self && said != heard.introductions.end() && said->second.last.index.value > 0 &&
        !begun) {
      result.why_not = "node " + std::to_string(each.node.value) +
                       " holds data of this cluster and this folder is not of it: it leads nothing";
      return result;
    }
    if (!is_self && said == heard.introductions.end()) silent.push_back(each.node);
    if (!each.voter) continue;
    if (is_self) {
      config.voters.push_back({self, each.site});
    } else if (said != heard.introductions.end()) {
      config.voters.push_back({said->second.id, each.site});
    } else {
      missing.push_back(each.node);
    }
  }
  if (!missing.empty()) {
    result.why_not =
        "a cluster is founded by all of its voters: not heard of yet: node " + names(missing);
    return result;
  }
  if (!silent.empty() && !heard.waited && !begun) {
    // An emptied folder looks like a new cluster: whoever holds the data may be on its way.
    result.why_not = "waits a moment before it founds the cluster: node " + names(silent) +
                     " may hold data of it";
    return result;
  }
  result.claim = claim_of(self.node, newest_known(state, heard), config, now);
  return result;
}

}  // namespace

leadership by_itself(const cluster_plan& plan, shard_id shard, replica_id self,
                     const replica_state& state, const heard_of& heard, time_ms now) {
  if (const config_ref ripe = state.ripe_plan(0); ripe && state.now == role::leader) {
    leadership change;
    if (is_voter(*ripe, self)) {
      change.claim = claim_of_log(self.node, state, heard, now);
    } else {
      change.why_not = left_out_by(*ripe);
    }
    return change;
  }
  if (state.now != role::follower) return {};
  const config_ref& config = state.log_config();
  if (!config) {
    if (plan.founder == self.node) return found(plan, shard, self, state, heard, now);
    leadership waits;
    waits.why_not = "waits for node " + std::to_string(plan.founder.value) +
                    ", which founds the cluster, or for its leader";
    return waits;
  }
  leadership result = claim_under_log(self, state, heard, false, now);
  // Somebody led after this node: it was moved, and stays where it is.
  if (result.claim && candidate_of(newest_known(state, heard)) != self.node) return {};
  return result;
}

leadership by_order(replica_id self, const replica_state& state, const heard_of& heard,
                    time_ms now) {
  leadership result;
  if (state.now == role::quarantined) {
    result.why_not = "this copy is out of service";
    return result;
  }
  const config_ref& config = state.log_config();
  if (!config) {
    result.why_not = "this copy has never been part of the cluster";
    return result;
  }
  for (const auto& [node, begins] : heard.log_begins) {
    if (begins <= state.log.last_index()) continue;
    result.why_not =
        "this copy ends at entry " + std::to_string(state.log.last_index().value) +
        " and the log of node " + std::to_string(node.value) +
        " begins behind it: try again when it is in sync, or promote a node that holds more of "
        "the log";
    return result;
  }
  return claim_under_log(self, state, heard, true, now);
}

namespace {

/// Why nothing can be changed now; empty: it can.
std::string no_change_now(const replica_state& state) {
  if (state.now != role::leader) return "only the node that leads can change who votes";
  if (state.disk_full) return "its disk is full";
  if (const config_ref plan = state.plan().second)
    return "a change to node " + names(*plan) + " is under way: try again in a moment";
  return {};
}

/// Why this folder cannot get a vote yet; empty: it can.
std::string not_there_yet(const replica_state& state, replica_id folder) {
  log_index match{};
  for (const progress& p : state.leading->receivers)
    if (p.peer.id == folder) match = p.match;
  if (match.value + readmission_lag >= state.commit.value) return {};
  return "its copy is not there yet: entry " + std::to_string(match.value) + " of " +
         std::to_string(state.commit.value) + "; try again when it is in sync";
}

}  // namespace

membership_change by_readmission(const replica_state& state, const heard_of& heard, node_id node) {
  membership_change result;
  result.why_not = no_change_now(state);
  if (!result.why_not.empty()) return result;
  const auto said = heard.introductions.find(node);
  if (said == heard.introductions.end()) {
    result.why_not = "that node has not been heard of since this one started";
    return result;
  }
  const replica_id folder = said->second.id;
  shard_config changed = state.leading->record.config;
  const auto voter = std::find_if(changed.voters.begin(), changed.voters.end(),
                                  [&](const member& m) { return m.id.node == node; });
  if (voter == changed.voters.end()) {
    result.why_not = "that node is no voter of this cluster";
    return result;
  }
  if (voter->id == folder) {
    result.needless = true;
    result.why_not = "that node has its vote";
    return result;
  }
  result.why_not = not_there_yet(state, folder);
  if (!result.why_not.empty()) return result;
  voter->id = folder;
  ++changed.version;
  result.config = std::move(changed);
  return result;
}

membership_change by_configuration(const cluster_plan& plan, shard_id shard, replica_id self,
                                   const replica_state& state, const heard_of& heard) {
  membership_change result;
  result.why_not = no_change_now(state);
  if (!result.why_not.empty()) return result;
  const shard_config& current = state.leading->record.config;
  shard_config changed = current;
  changed.voters.clear();
  changed.rule = plan.rule_of(shard);
  for (const listed_node& each : plan.nodes) {
    if (!each.voter) continue;
    const std::string which = "node " + std::to_string(each.node.value) + ": ";
    const auto said = heard.introductions.find(each.node);
    if (each.node != self.node && said == heard.introductions.end()) {
      result.why_not = which + "it has not been heard of since this one started";
      return result;
    }
    const replica_id folder = each.node == self.node ? self : said->second.id;
    if (!is_voter(current, folder)) result.why_not = not_there_yet(state, folder);
    if (!result.why_not.empty()) {
      result.why_not = which + result.why_not;
      return result;
    }
    changed.voters.push_back({folder, each.site});
  }
  if (!is_voter(changed, self)) {
    result.why_not = "this node is no voter by its configuration: move the lead first";
    return result;
  }
  const auto in_order = [](const member& a, const member& b) { return a.id < b.id; };
  std::vector<member> old = current.voters;
  std::sort(old.begin(), old.end(), in_order);
  std::sort(changed.voters.begin(), changed.voters.end(), in_order);
  if (old == changed.voters && current.rule == changed.rule) {
    result.needless = true;
    result.why_not = "voters and rules are as the configuration says";
    return result;
  }
  ++changed.version;
  result.config = std::move(changed);
  return result;
}

change_path path_of(const shard_config& current, const shard_config& next,
                    const std::set<replica_id>& linked) {
  const auto there = [&linked](const shard_config& config) {
    voter_set set = 0;
    for (std::size_t i = 0; i < config.voters.size(); ++i)
      if (linked.contains(config.voters[i].id)) set |= voter_set{1} << i;
    return set;
  };
  const voter_set old_ones = there(current);
  const voter_set new_ones = there(next);
  if (!recovers(current, old_ones) || !commits(next, new_ones)) return change_path::none;
  if (commits(current, old_ones))
    return recovers(next, new_ones) ? change_path::planned : change_path::none;
  // One folder for another of the same node, under the same rule.
  bool same = current.rule == next.rule && current.voters.size() == next.voters.size();
  for (std::size_t i = 0; same && i < current.voters.size(); ++i)
    same = current.voters[i].id.node == next.voters[i].id.node;
  return same ? change_path::at_once : change_path::none;
}

claim_record claim_at_once(node_id self, const replica_state& state, const heard_of& heard,
                           const shard_config& next, time_ms now) {
  claim_record record = claim_of(self, newest_known(state, heard), next, now);
  record.previous = state.leading->record.config;
  return record;
}

std::vector<member> learners_of(const cluster_plan& plan, const shard_config& config,
                                const heard_of& heard) {
  std::vector<member> learners;
  for (const listed_node& each : plan.nodes) {
    const auto said = heard.introductions.find(each.node);
    if (said == heard.introductions.end() || is_voter(config, said->second.id)) continue;
    learners.push_back({said->second.id, each.site});
  }
  return learners;
}

}  // namespace conclave::replication
