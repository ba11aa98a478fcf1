/// See rule_text.h.
#include "replication/rule_text.h"

#include <algorithm>

namespace conclave::replication {

namespace {

constexpr commit_rule not_founded{0, 0};

std::string counted(std::uint16_t n, const char* one, const char* many) {
  return std::to_string(n) + ' ' + (n == 1 ? one : many);
}

std::string words_of(const commit_rule& rule) {
  return counted(rule.replicas, "copy", "copies") + " at " + counted(rule.sites, "site", "sites");
}

struct group {
  commit_rule rule;
  std::vector<std::size_t> shards;
};

}  // namespace

std::string rules_in_words(const std::vector<commit_rule>& in_force) {
  std::vector<group> groups;
  for (std::size_t i = 0; i < in_force.size(); ++i) {
    if (in_force[i] == not_founded) continue;
    const auto known = std::find_if(groups.begin(), groups.end(),
                                    [&](const group& g) { return g.rule == in_force[i]; });
    if (known == groups.end()) {
      groups.push_back({in_force[i], {i}});
    } else {
      known->shards.push_back(i);
    }
  }
  std::stable_sort(groups.begin(), groups.end(), [](const group& a, const group& b) {
    return a.shards.size() > b.shards.size();
  });
  std::string text;
  for (const group& g : groups) {
    std::string of;
    for (const std::size_t shard : g.shards) of += (of.empty() ? "" : ", ") + std::to_string(shard);
    if (&g == &groups.front()) {
      text += "A message is safe on " + words_of(g.rule) + ".\n";
    } else {
      text += "In shard" + std::string(g.shards.size() == 1 ? " " : "s ") + of + ": on " +
              words_of(g.rule) + ".\n";
    }
  }
  return text;
}

std::string rule_not_in_force(const std::vector<commit_rule>& in_force, const cluster_plan& plan) {
  for (std::size_t i = 0; i < in_force.size(); ++i) {
    const commit_rule& wanted = plan.rule_of(shard_id{static_cast<std::uint16_t>(i)});
    if (in_force[i] == not_founded || in_force[i] == wanted) continue;
    return "shard " + std::to_string(i) + " goes by " + words_of(in_force[i]) +
           "; the configuration says " + words_of(wanted) +
           ": `conclaved cluster apply` on the node that leads puts it in force";
  }
  return {};
}

}  // namespace conclave::replication
