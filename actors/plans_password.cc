/// Another password, or another hash of it; see plans_password.h.
#include "actors/plans_password.h"

#include "actors/plans_device.h"
#include "actors/plans_inbox.h"
#include "schemas/account_messages.h"
#include "schemas/codec.h"
#include "storage/reads_account.h"

#include <algorithm>

namespace conclave::actors {

registrar_plan plan_set_password(const storage::state_view& home, const plan_context& context,
                                 std::uint64_t correlation, const set_password_order& order) {
  const tenant_id tenant = context.entity.tenant;
  const auto known = storage::get_credential(home, tenant, context.user());
  if (!known.ok() && known.error().code != errc::not_found) return refuse(known.error());
  if (order.proven && (!known.ok() || known->changed != *order.proven))
    return refuse(errc::wrong_credentials);
  auto inbox = inbox_draft::begin(home, context);
  if (!inbox.ok()) return refuse(inbox.error());

  registrar_plan plan;
  credential_record record;
  record.password = order.password;
  // `changed` also names the password: no two may have the same.
  record.changed = known.ok() ? std::max(context.now, known->changed + 1) : context.now;
  plan.redo.put(keys::credential(tenant, context.user()), encode(record));
  inbox_record entry;
  entry.kind = inbox_kind::password_changed;
  entry.device = order.by;
  inbox->add(std::move(entry));
  if (order.end_devices) {
    const auto devices = storage::list_devices(home, tenant, context.user());
    if (!devices.ok()) return refuse(devices.error());
    for (const auto& [device, row] : *devices)
      if (device != order.by) put_end_of_device(plan, *inbox, context, device, errc::device_ended);
    plan.answer_at_once = false;
  }
  inbox->put_into(plan);
  put_version(plan, context);
  append_frame(plan.answer, correlation, done_answer{});
  return plan;
}

registrar_plan plan_rehash(const storage::state_view& home, const plan_context& context,
                           const rehash_order& order) {
  auto known = storage::get_credential(home, context.entity.tenant, context.user());
  if (!known.ok() && known.error().code == errc::not_found) return {};
  if (!known.ok()) return refuse(known.error());
  if (known->password != order.was) return {};
  registrar_plan plan;
  known->password = order.password;
  plan.redo.put(keys::credential(context.entity.tenant, context.user()), encode(*known));
  put_version(plan, context);
  return plan;
}

}  // namespace conclave::actors
