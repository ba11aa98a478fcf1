/// The cluster that a node belongs to: who is in it, where each is found, who votes, and how many
/// copies an acknowledged message has. Part of conf::config (config.h), which reads, checks and
/// writes it. Plain data, immutable after load(); any thread. What load() has accepted keeps
/// everything that is said here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::conf {

struct listener_config {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
};

/// What counts as committed, and which voters it takes.
enum class cluster_mode : std::uint8_t {
  single,  ///< one voter: durable on its disk
  local3,  ///< three voters: durable on two of them
  metro3,  ///< three voters on at least two sites: durable on two of them, at two sites
  metro5,  ///< five voters on at least three sites: durable on three of them, at two sites
};

enum class node_role : std::uint8_t {
  voter,    ///< counts for the commit rule and may lead
  learner,  ///< receives what is committed; never leads
};

std::string_view name_of(cluster_mode mode);
std::string_view name_of(node_role role);
std::optional<cluster_mode> cluster_mode_from(std::string_view name);
std::optional<node_role> node_role_from(std::string_view name);

/// C(S) = |S| >= replicas and sites(S) >= sites, and the voters that a mode takes.
struct commit_demand {
  std::uint16_t voters = 1;
  std::uint16_t voter_sites = 1;  ///< the fewest sites that the voters stand on
  std::uint16_t replicas = 1;     ///< W
  std::uint16_t sites = 1;        ///< K
};
commit_demand demand_of(cluster_mode mode);

/// One [[cluster.nodes]].
struct cluster_node {
  std::uint16_t number = 0;  ///< 1..65535, never given to another node
  std::string name;          ///< in logs; "node3" when the file gives none
  std::string site;
  std::string address;         ///< HOST:PORT where the other nodes connect
  std::string client_address;  ///< HOST:PORT where clients are sent when this node leads
  node_role role = node_role::voter;
};

/// One [[cluster.shards]]: a shard whose rule is its own; the others follow the mode. Voters are
/// the same in all.
struct cluster_shard {
  std::uint16_t shard = 0;
  std::uint16_t copies = 1;  ///< W: durable on so many voters …
  std::uint16_t sites = 1;   ///< K: … at so many sites
};

struct cluster_config {
  std::string name;
  std::uint16_t node = 0;  ///< this node's number; 0: no cluster
  cluster_mode mode = cluster_mode::single;
  std::uint16_t founder = 1;  ///< leads when the cluster is founded; a voter
  listener_config listen{"127.0.0.1", 7445};
  // Mutual TLS among the nodes: each shows a certificate of this authority.
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;  ///< must not be readable by others
  std::uint32_t lag_alarm_s = 5;
  /// Sent at most to nodes that get a snapshot, all together; 0: any amount.
  std::uint32_t seed_mib_per_s = 0;
  std::vector<cluster_node> nodes;  ///< in the order of the file; this node among them
  std::vector<cluster_shard> shards;

  bool enabled() const { return node != 0; }
  const cluster_node* find(std::uint16_t number) const;
  /// Only when enabled.
  const cluster_node& self() const { return *find(node); }
  /// "conclave://CLUSTER/NODE": the URI that a node's certificate must carry as a subject
  /// alternative name, so that no node can pass for another and no cluster for another.
  std::string identity_of(std::uint16_t number) const;
};

/// What no single option can tell: numbers or addresses twice, this node or the founder missing,
/// too few voters or sites for the mode or for a shard's own rule. One sentence with its mend;
/// nothing: fine. `shard_count`: of node.shards.
std::optional<std::string> cluster_fault(const cluster_config& c, std::uint32_t shard_count);

}  // namespace conclave::conf
