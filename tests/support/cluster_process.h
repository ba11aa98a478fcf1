/// A real cluster for a test: voters and learners as processes on the loopback, with one authority
/// that clients trust, certificates of nodes, and, if wanted, a network between them that can be
/// cut. Nodes have the numbers 1, 2, 3 …, voters first; node 1 is the founder.
///
/// Used by one thread, the one that made it: the nodes die with that thread. What cannot be set up
/// throws, with the end of a node's log.
#pragma once

#include "tests/support/link_proxy.h"
#include "tests/support/node_network.h"
#include "tests/support/node_process.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace conclave::test {

/// How the nodes of a cluster reach each other.
enum class cluster_network {
  loopback,    ///< at once
  proxied,     ///< through link_proxy, each direction of each pair by itself
  namespaces,  ///< each in a namespace of its own, on cables of the kernel (node_network)
};

struct cluster_settings {
  std::string name = "test";
  std::string mode = "local3";
  unsigned voters = 3;
  unsigned learners = 0;
  std::vector<std::string> sites;  ///< by number; who is not named has one of its own
  node_settings each;              ///< program, options, environment of every node
  cluster_network network = cluster_network::loopback;
};

class cluster_process {
 public:
  explicit cluster_process(cluster_settings settings = {});

  unsigned size() const { return static_cast<unsigned>(nodes_.size()); }
  unsigned voters() const { return settings_.voters; }
  node_process& node(unsigned number) { return *nodes_.at(number - 1); }
  /// What lies between the nodes; not on the plain loopback.
  node_links& links();
  link_proxy& proxy() { return *proxy_; }
  node_network& cables() { return *cables_; }
  test_certificates& authority() { return *certificates_; }
  const std::string& operator_token() { return node(1).operator_token(); }

  /// Makes the operator if need be, starts the nodes that do not run (of numbers up to `last`; 0:
  /// all), and waits until one of them serves clients.
  void start(unsigned last = 0);
  /// The same with one node; it need not lead.
  void start_node(unsigned number) { node(number).start(); }

  /// SIGSTOP and SIGCONT. A node that is paused is not asked who leads.
  void pause(unsigned number);
  void resume(unsigned number);

  /// The one that leads; 0: nobody does, or two say so. Asks every node that runs.
  unsigned leader();
  /// Throws when nobody leads at the deadline.
  unsigned wait_for_leader(std::chrono::milliseconds deadline = patience_of_a_cluster);
  bool wait_until_leads(unsigned number,
                        std::chrono::milliseconds deadline = patience_of_a_cluster);

  /// Gives the order once. Empty: the claim is under way; else what conclaved said.
  std::string promote(unsigned number);
  /// Until one of these leads: an order may come too early for a node that has just started, or
  /// meet one that lags so far that it needs a snapshot first.
  void move_lead_to(const std::vector<unsigned>& numbers);

  /// Another mode and number of voters, by the next start of each node and apply().
  void reconfigure(const std::string& mode, unsigned voters);
  /// Orders the leader to make voters and rules what its configuration says. Empty: under way.
  std::string apply();
  /// Orders the leader to give a node with a new data folder its vote back. Empty: under way.
  std::string readmit(unsigned number);
  /// Until it has it: the change takes the voters that were, so that none may be away meanwhile.
  void give_vote_back(unsigned number);

  std::string status(unsigned number);
  /// Every node that runs has everything that the leader has committed, by the leader's word, and
  /// all nodes are linked to it. Nobody may be writing.
  bool wait_in_sync(std::chrono::milliseconds deadline = patience_of_a_cluster);

  /// An empty disk in place of the old one; the node must be stopped.
  void wipe(unsigned number);

  /// Waits until the copies are in sync, ends all nodes in an orderly way and compares what
  /// `conclaved inspect` says of every shard; again when one of them has ended before it was told
  /// the last commit. Empty: the copies are equal; else what differs. Nobody may be writing.
  std::string stop_and_compare();

  /// The ends of all logs, for people who read a failure.
  std::string log_tails() const;

  std::vector<std::string> client_addresses() const;
  std::string host_of(unsigned number) const;
  std::uint16_t client_port_of(unsigned number) const { return client_ports_.at(number - 1); }
  client::session_options options_for(const std::string& token) const;

  /// The settings with which node `number` runs, for tests that start one that is not as it should.
  node_settings settings_of(unsigned number) const;
  /// The options and files of a node, in another cluster or with another number on its certificate.
  void give_certificate(node_settings& settings, test_certificates& authority,
                        const std::string& uri) const;

  static constexpr std::chrono::milliseconds patience_of_a_cluster{60'000};

 private:
  std::string site_of(unsigned number) const;
  std::string stop_all();
  std::string compare();
  cluster_settings settings_;
  std::shared_ptr<test_certificates> certificates_;
  std::vector<std::uint16_t> client_ports_, admin_ports_, peer_ports_, metrics_ports_;
  std::vector<std::vector<std::uint16_t>> reached_;  ///< by who dials and whom
  std::unique_ptr<link_proxy> proxy_;
  std::unique_ptr<node_network> cables_;
  std::vector<std::unique_ptr<node_process>> nodes_;
  std::set<unsigned> paused_;
};

}  // namespace conclave::test
