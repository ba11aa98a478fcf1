/// The network between the nodes of a cluster, which a test takes away and gives back: by a proxy
/// (link_proxy.h) or by the kernel (node_network.h). What a direction loses is lost in silence, as
/// on a cable that is cut. Called by the thread that made the cluster.
#pragma once

namespace conclave::test {

class node_links {
 public:
  virtual ~node_links() = default;

  /// What `from` says to `to` is lost, whoever has dialled; the other way stays as it is.
  virtual void cut_one_way(unsigned from, unsigned to) = 0;
  void cut(unsigned a, unsigned b) {
    cut_one_way(a, b);
    cut_one_way(b, a);
  }
  /// Everything is as it was.
  virtual void heal() = 0;
};

}  // namespace conclave::test
