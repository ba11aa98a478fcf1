/// What an operator may ask a node of a cluster, and tell it; by the control socket. Pure but for
/// the cluster that is asked; the control socket's thread.
#pragma once

#include "conf/config.h"
#include "replication/cluster.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conclave::node {

inline constexpr std::string_view order_status = "status";
inline constexpr std::string_view order_promote = "promote";
inline constexpr std::string_view order_apply = "apply";
inline constexpr std::string_view order_readmit = "readmit ";  ///< and the node's number

/// 1 to 65535 in decimal figures and nothing else.
std::optional<std::uint16_t> node_number(std::string_view text);

/// The text begins with "ok" or "error" on a line of its own.
std::string carry_out_order(replication::cluster& cluster, const conf::cluster_config& config,
                            const std::string& order);

/// The [cluster] section as the replicas want it.
replication::cluster_options cluster_options_of(const conf::cluster_config& config);

}  // namespace conclave::node
