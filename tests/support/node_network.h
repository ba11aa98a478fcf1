/// A network for the nodes of a cluster, made by the kernel: each node has a namespace with an
/// address of its own, and a cable to a bridge on which the test and its clients stand. Real TCP
/// over real interfaces: a cut is packets that never arrive, so that only time tells a node of it.
///
/// While the object lives, the thread that made it stands in the namespace of the bridge, and so do
/// threads and children that it makes; other threads stay where they were. One thread, all calls.
/// Needs root and iproute2 (network_namespace::refusal()); what cannot be made throws.
#pragma once

#include "tests/support/network_namespace.h"
#include "tests/support/node_links.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace conclave::test {

class node_network final : public node_links {
 public:
  explicit node_network(unsigned nodes);

  std::string address_of(unsigned node) const;
  int namespace_of(unsigned node) const { return nodes_.at(node - 1)->descriptor(); }

  void cut_one_way(unsigned from, unsigned to) override;
  void heal() override;
  /// The node's cable is pulled: neither nodes nor clients reach it, nor it them. Until heal().
  void unplug(unsigned node);

 private:
  void change_neighbour(unsigned from, const std::string& words);

  network_namespace bridge_;
  network_namespace::inside standing_;
  std::vector<std::unique_ptr<network_namespace>> nodes_;
  std::set<std::pair<unsigned, unsigned>> cut_;
  std::set<unsigned> unplugged_;
};

}  // namespace conclave::test
