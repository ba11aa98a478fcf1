/// The rules of [cluster]; see cluster_config.h.
#include "conf/cluster_config.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace conclave::conf {

namespace {

constexpr std::array modes{std::pair{cluster_mode::single, std::string_view("single")},
                           std::pair{cluster_mode::local3, std::string_view("local3")},
                           std::pair{cluster_mode::metro3, std::string_view("metro3")},
                           std::pair{cluster_mode::metro5, std::string_view("metro5")}};
constexpr std::array roles{std::pair{node_role::voter, std::string_view("voter")},
                           std::pair{node_role::learner, std::string_view("learner")}};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.first == value; });
  return row == table.end() ? std::string_view("unknown") : row->second;
}

template <class Value, class Table>
std::optional<Value> value_in(const Table& table, std::string_view name) {
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.second == name; });
  return row == table.end() ? std::nullopt : std::optional<Value>(row->first);
}

std::string counted(std::size_t n, const std::string& thing) {
  return std::to_string(n) + ' ' + thing + (n == 1 ? "" : "s");
}

/// The first value that two nodes share, in the place that `of` names.
template <class Of>
const cluster_node* repeated(const cluster_config& c, const Of& of) {
  for (auto a = c.nodes.begin(); a != c.nodes.end(); ++a) {
    if (std::any_of(c.nodes.begin(), a, [&](const cluster_node& b) { return of(*a) == of(b); }))
      return &*a;
  }
  return nullptr;
}

std::optional<std::string> repetition(const cluster_config& c) {
  if (const auto* n = repeated(c, [](const auto& node) { return node.number; }))
    return "two [[cluster.nodes]] have `node = " + std::to_string(n->number) +
           "`; give each its own number";
  if (const auto* n = repeated(c, [](const auto& node) { return node.address; }))
    return "two [[cluster.nodes]] have `address = \"" + n->address + "\"`; give each its own";
  if (const auto* n = repeated(c, [](const auto& node) { return node.client_address; }))
    return "two [[cluster.nodes]] have `client_address = \"" + n->client_address +
           "\"`; give each its own";
  return std::nullopt;
}

struct electorate {
  std::size_t voters = 0;
  std::set<std::string> sites;
};

electorate voters_of(const cluster_config& c) {
  electorate all;
  for (const cluster_node& n : c.nodes) {
    if (n.role != node_role::voter) continue;
    ++all.voters;
    all.sites.insert(n.site);
  }
  return all;
}

/// Do the voters meet the commit rule of the mode?
std::optional<std::string> shortage(const cluster_config& c) {
  const auto [voters, sites] = voters_of(c);
  const commit_demand demand = demand_of(c.mode);
  const std::string mode = "`cluster.mode = \"" + std::string(name_of(c.mode)) + "\"`";
  if (voters != demand.voters)
    return mode + " takes exactly " + counted(demand.voters, "voter") + " but there " +
           (voters == 1 ? "is " : "are ") + std::to_string(voters) + "; " +
           (voters < demand.voters ? "add [[cluster.nodes]] with `role = \"voter\"`"
                                   : "give the others `role = \"learner\"`") +
           " or choose another mode";
  if (sites.size() < demand.voter_sites)
    return mode + " takes voters on at least " + counted(demand.voter_sites, "site") +
           " but they stand on " + std::to_string(sites.size()) +
           "; put voters elsewhere (`site`) or choose another mode";
  return std::nullopt;
}

/// Can the voters meet the rules that shards have of their own?
std::optional<std::string> fault_of_shards(const cluster_config& c, std::uint32_t shard_count) {
  const auto [voters, sites] = voters_of(c);
  for (auto a = c.shards.begin(); a != c.shards.end(); ++a) {
    const std::string which = "[[cluster.shards]] with `shard = " + std::to_string(a->shard) + "`";
    if (a->shard >= shard_count)
      return which + " does not exist: shards have the numbers 0 to " +
             std::to_string(shard_count - 1) + " (`node.shards`)";
    if (std::any_of(c.shards.begin(), a, [&](const auto& b) { return b.shard == a->shard; }))
      return "two " + which + "; give each shard one rule";
    if (a->copies > voters)
      return which + " takes " + std::to_string(a->copies) + " copies but there " +
             (voters == 1 ? "is " : "are ") + counted(voters, "voter") + "; lower `copies`";
    if (a->sites > a->copies)
      return which + " takes more sites than copies; lower `sites` or raise `copies`";
    if (a->sites > sites.size())
      return which + " takes " + std::to_string(a->sites) + " sites but the voters stand on " +
             std::to_string(sites.size()) + "; lower `sites`";
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(cluster_mode mode) {
  return name_in(modes, mode);
}

std::string_view name_of(node_role role) {
  return name_in(roles, role);
}

std::optional<cluster_mode> cluster_mode_from(std::string_view name) {
  return value_in<cluster_mode>(modes, name);
}

std::optional<node_role> node_role_from(std::string_view name) {
  return value_in<node_role>(roles, name);
}

commit_demand demand_of(cluster_mode mode) {
  switch (mode) {
    case cluster_mode::single:
      return {1, 1, 1, 1};
    case cluster_mode::local3:
      return {3, 1, 2, 1};
    case cluster_mode::metro3:
      return {3, 2, 2, 2};
    case cluster_mode::metro5:
      return {5, 3, 3, 2};
  }
  return {};
}

const cluster_node* cluster_config::find(std::uint16_t number) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const cluster_node& n) { return n.number == number; });
  return found == nodes.end() ? nullptr : &*found;
}

std::string cluster_config::identity_of(std::uint16_t number) const {
  return "conclave://" + name + '/' + std::to_string(number);
}

std::optional<std::string> cluster_fault(const cluster_config& c, std::uint32_t shard_count) {
  if (!c.enabled()) return std::nullopt;
  if (auto fault = repetition(c)) return fault;
  if (c.find(c.node) == nullptr)
    return "`cluster.node` is " + std::to_string(c.node) +
           " but no [[cluster.nodes]] has that number; list every node, this one included";
  const cluster_node* founder = c.find(c.founder);
  if (founder == nullptr || founder->role != node_role::voter)
    return "`cluster.founder` is " + std::to_string(c.founder) +
           " but no voter has that number; name one of the voters";
  if (auto fault = shortage(c)) return fault;
  return fault_of_shards(c, shard_count);
}

}  // namespace conclave::conf
