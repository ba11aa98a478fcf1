/// See cluster_orders.h.
#include "node/cluster_orders.h"

#include "conf/clock.h"
#include "conf/host_port.h"
#include "replication/distrust_text.h"
#include "replication/rule_text.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <set>

namespace conclave::node {

namespace {

std::string fixed(const std::string& text, std::size_t width) {
  std::string out = text;
  if (out.size() < width) out.resize(width, ' ');
  return out + "  ";
}

/// When all copies of that node were last seen to be equal to this one's, key by key (promise P8).
std::string equality(const replication::node_view& node, time_ms now) {
  if (node.self) return "-";
  if (node.differs) return "DIFFERS";
  if (node.equal_at == 0) return "not yet";
  return std::to_string((now - std::min(now, node.equal_at)) / 60'000) + " min ago";
}

/// One line per node: the shard that is furthest behind speaks for it.
std::string status_text(const replication::cluster_view& view, const conf::cluster_config& config,
                        time_ms now) {
  const replication::node_view* leader = replication::leader_of(view);
  std::string text = fixed("NODE", 4) + fixed("NAME", 12) + fixed("SITE", 12) + fixed("ROLE", 11) +
                     fixed("LINK", 4) + fixed("LAG", 24) + fixed("EQUAL", 13) + "CLIENTS\n";
  for (const replication::node_view& node : view.nodes) {
    const conf::cluster_node* listed = config.find(node.node.value);
    if (listed == nullptr) continue;
    std::string lag = "unknown";
    if (leader == &node) lag = "-";
    const auto behind =
        leader != nullptr && leader != &node ? replication::worst_lag(node, *leader) : std::nullopt;
    if (behind) {
      char figure[64];
      std::snprintf(figure, sizeof figure, "%llu entries, %.1f s",
                    static_cast<unsigned long long>(behind->entries),
                    static_cast<double>(behind->ms) / 1000.0);
      lag = behind->entries == 0 ? "in sync" : figure;
    }
    std::string role = std::string(conf::name_of(listed->role));
    if (leader == &node) role = "leader";
    for (const auto& shard : node.shards)
      if (shard.role == static_cast<std::uint8_t>(replication::role::quarantined)) role = "refused";
    text += fixed(std::to_string(node.node.value), 4) + fixed(listed->name, 12) +
            fixed(listed->site, 12) + fixed(role, 11) +
            fixed(node.self     ? "self"
                  : node.linked ? "up"
                                : "down",
                  4) +
            fixed(lag, 24) + fixed(equality(node, now), 13) + listed->client_address + "\n";
  }
  text += replication::rules_in_words(view.rules);
  const std::string otherwise =
      replication::rule_not_in_force(view.rules, cluster_options_of(config).plan);
  if (!otherwise.empty()) text += otherwise + "\n";
  if (!view.waiting_for.empty()) text += view.waiting_for + "\n";
  if (!view.out_of_service.empty())
    text += "this node's copy is out of service: " + view.out_of_service + "\n";
  return text;
}

}  // namespace

std::optional<std::uint16_t> node_number(std::string_view text) {
  std::uint16_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc{} || end != last || number == 0) return std::nullopt;
  return number;
}

std::string carry_out_order(replication::cluster& cluster, const conf::cluster_config& config,
                            const std::string& order) {
  if (order == order_status)
    return "ok\n" + status_text(cluster.view(), config, system_clock().wall());
  if (order == order_promote) {
    const std::string why_not = cluster.promote();
    if (why_not.empty()) return "ok\nthis node takes the lead\n";
    return "error\nthis node cannot take the lead: " + why_not + "\n";
  }
  if (order == order_apply) {
    const std::string why_not = cluster.apply_configuration();
    if (why_not.empty()) return "ok\nunder way; say it again to hear that it is done\n";
    return "error\nvoters and rules stay as they are: " + why_not + "\n";
  }
  if (order.starts_with(order_readmit)) {
    const auto number = node_number(std::string_view(order).substr(order_readmit.size()));
    if (!number) return "error\na node has a number from 1 to 65535\n";
    const std::string why_not = cluster.readmit(replication::node_id(*number));
    if (why_not.empty()) return "ok\nunder way; say it again to hear that the node has its vote\n";
    return "error\nthe node cannot get its vote back: " + why_not + "\n";
  }
  return "error\nunknown order\n";
}

replication::cluster_options cluster_options_of(const conf::cluster_config& config) {
  using replication::node_id;
  replication::cluster_options options;
  options.plan.self = node_id(config.node);
  options.plan.founder = node_id(config.founder);
  const conf::commit_demand demand = conf::demand_of(config.mode);
  options.plan.rule = {demand.replicas, demand.sites};
  for (const conf::cluster_shard& each : config.shards)
    options.plan.shard_rules[shard_id{each.shard}] = {each.copies, each.sites};
  options.seed_bytes_per_s = std::uint64_t{config.seed_mib_per_s} << 20;
  options.mesh.cluster = config.name;
  options.mesh.self = node_id(config.node);
  options.mesh.listen_address = config.listen.address;
  options.mesh.listen_port = config.listen.port;
  std::set<std::string> sites;
  for (const conf::cluster_node& each : config.nodes) sites.insert(each.site);
  for (const conf::cluster_node& each : config.nodes) {
    const auto site =
        static_cast<std::uint16_t>(std::distance(sites.begin(), sites.find(each.site)) + 1);
    options.plan.nodes.push_back({node_id(each.number), site, each.role == conf::node_role::voter});
    if (each.number == config.node) {
      options.client_address = each.client_address;
      continue;
    }
    const auto at = conf::parse_host_port(each.address);
    if (at) options.mesh.peers.push_back({node_id(each.number), at->host, at->port});
  }
  return options;
}

}  // namespace conclave::node
