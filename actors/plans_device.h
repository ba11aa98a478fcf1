/// The rules of a user's devices: how one comes to be, what its tokens are worth, how it ends. Pure
/// functions of one view, run on the reader pool while the user's registrar lets nothing else in.
///
/// A device's id is the version that made it: it only grows, so that no id is given out twice, not
/// even when the newest device is gone (what a device has sent is remembered by its id). Bound:
/// tenant_policy::max_devices, above which the oldest of the kind ends, else the oldest.
#pragma once

#include "actors/plan_parts.h"
#include "actors/plans_inbox.h"
#include "schemas/records.h"
#include "storage/store.h"

#include <cstdint>
#include <string_view>

namespace conclave::actors {

/// When the client is to ask for the next token; 0: the token does not end.
time_ms renew_by(const tenant_policy& policy, time_ms given_out);

/// May a user have one session only on devices of this kind?
bool is_exclusive(const tenant_policy& policy, device_kind kind);

/// Is a device's token too old? Its former one lives as long as the newer.
bool token_is_over(const tenant_policy& policy, const device_record& device, time_ms now);

/// Takes a device away: its row, an entry that says why, and its sessions.
void put_end_of_device(registrar_plan& plan, inbox_draft& inbox, const plan_context& context,
                       device_id device, errc why);

registrar_plan plan_issue_device(const storage::state_view& home, const plan_context& context,
                                 const issue_device_order& order);
registrar_plan plan_renew_token(const storage::state_view& home, const plan_context& context,
                                std::uint64_t correlation, const renew_token_order& order);
registrar_plan plan_former_over(const storage::state_view& home, const plan_context& context,
                                const former_over_order& order);
registrar_plan plan_end_device(const storage::state_view& home, const plan_context& context,
                               std::uint64_t correlation, const end_device_order& order);

}  // namespace conclave::actors
