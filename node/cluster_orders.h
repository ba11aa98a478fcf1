/// What an operator may ask a node of a cluster, and tell it; by the control socket. Pure but for
/// the cluster that is asked; the control socket's thread.
#pragma once

#include "conf/config.h"
#include "replication/cluster.h"

#include <string>

namespace conclave::node {

inline constexpr const char* order_status = "status";
inline constexpr const char* order_promote = "promote";
inline constexpr const char* order_apply = "apply";
inline constexpr const char* order_readmit = "readmit ";  ///< and the node's number

/// The text begins with "ok" or "error" on a line of its own.
std::string carry_out_order(replication::cluster& cluster, const conf::cluster_config& config,
                            const std::string& order);

/// The [cluster] section as the replicas want it.
replication::cluster_options cluster_options_of(const conf::cluster_config& config);

}  // namespace conclave::node
