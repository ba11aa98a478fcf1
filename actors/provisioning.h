/// One PROVISION_USERS between the tenant, who knows the users, and their own registrars, who make
/// the devices: gathers what they issue and answers the operator once, in the order asked for, when
/// all of it is durable. If one of them breaks or is too busy, the last waiter that goes takes the
/// ticket with it, which answers outcome_unknown; the same op_id then finds the same devices.
///
/// Made on the tenant's run; told on those of the users' registrars, side by side. Owned by the
/// waiters. Bound: limits::max_users_per_request tokens of some 90 bytes.
#pragma once

#include "actors/registrar_request.h"

#include <vector>

namespace conclave::actors {

class directory;

/// Gives the orders. `users` are those of `order.names`, one by one.
void start_provisioning(directory& actors, tenant_id tenant, const provision_order& order,
                        const std::vector<user_id>& users, ticket asked);

}  // namespace conclave::actors
