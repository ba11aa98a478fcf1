/// The commit rules of the shards as sentences for people, and what the configuration says
/// otherwise. Pure; any thread.
#pragma once

#include "replication/leadership.h"

#include <string>
#include <vector>

namespace conclave::replication {

/// One line per rule in force, that of most shards first: "A message is safe on 2 copies at 2
/// sites." `in_force`: by shard; {0, 0}: the shard is not founded yet and is passed over.
std::string rules_in_words(const std::vector<commit_rule>& in_force);

/// A sentence for the first shard that was founded with another rule than the plan gives it, which
/// stays in force; empty: there is none.
std::string rule_not_in_force(const std::vector<commit_rule>& in_force, const cluster_plan& plan);

}  // namespace conclave::replication
