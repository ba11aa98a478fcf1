/// See node_network.h. A direction is cut by a neighbour entry with an address that nobody has: the
/// bridge takes the packets and nobody picks them up.
#include "tests/support/node_network.h"

#include <unistd.h>

namespace conclave::test {

namespace {

constexpr const char* nobodys_address = "02:00:00:00:00:fe";

std::string cable_of(unsigned node) {
  return "node" + std::to_string(node);
}

}  // namespace

node_network::node_network(unsigned nodes) : standing_(bridge_.descriptor()) {
  run_ip(
      "link add hub type bridge\n"
      "addr add 10.213.0.254/24 dev hub\n"
      "link set hub up\n");
  for (unsigned n = 1; n <= nodes; ++n) {
    nodes_.push_back(std::make_unique<network_namespace>());
    const std::string there =
        "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(namespace_of(n));
    run_ip("link add " + cable_of(n) + " type veth peer name cable\nlink set cable netns " + there +
           "\nlink set " + cable_of(n) + " master hub up\n");
    const network_namespace::inside inside(namespace_of(n));
    run_ip("addr add " + address_of(n) + "/24 dev cable\nlink set cable up\n");
  }
}

std::string node_network::address_of(unsigned node) const {
  return "10.213.0." + std::to_string(node);
}

void node_network::change_neighbour(unsigned from, const std::string& words) {
  const network_namespace::inside inside(namespace_of(from));
  run_ip("neigh " + words + " dev cable\n");
}

void node_network::cut_one_way(unsigned from, unsigned to) {
  if (!cut_.emplace(from, to).second) return;
  change_neighbour(from,
                   "replace " + address_of(to) + " lladdr " + nobodys_address + " nud permanent");
}

void node_network::unplug(unsigned node) {
  if (unplugged_.insert(node).second) run_ip("link set " + cable_of(node) + " down\n");
}

void node_network::heal() {
  for (const auto& [from, to] : cut_) change_neighbour(from, "del " + address_of(to));
  cut_.clear();
  for (const unsigned node : unplugged_) run_ip("link set " + cable_of(node) + " up\n");
  unplugged_.clear();
}

}  // namespace conclave::test
