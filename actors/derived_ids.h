/// Ids of conversations that follow from what they are, so that founding one twice, on whichever
/// node of the cluster, founds one: 52 bits of a hash, random like any other id. A collision is
/// answered already_exists. Pure functions; any thread.
#pragma once

#include "schemas/ids.h"

#include <cstdint>
#include <string>

namespace conclave::actors {

/// Groups and announcements: by founder and op_id.
conversation_id founded_id(const std::string& cluster, tenant_id tenant, user_id founder,
                           std::uint64_t op_id);

/// The one direct conversation of two people, or of one with himself.
conversation_id direct_id(const std::string& cluster, tenant_id tenant, user_id one, user_id other);

/// The one in which the node talks to a user.
conversation_id system_id(const std::string& cluster, tenant_id tenant, user_id user);

/// What the people of `tenant` call a conversation of `host`.
conversation_id link_id(const std::string& cluster, tenant_id tenant, tenant_id host,
                        conversation_id conversation);

}  // namespace conclave::actors
