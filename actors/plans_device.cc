/// Devices and their tokens; see plans_device.h.
#include "actors/plans_device.h"

#include "actors/external.h"
#include "crypto/token.h"
#include "schemas/account_messages.h"
#include "schemas/codec.h"
#include "storage/reads.h"
#include "storage/reads_account.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace conclave::actors {

namespace {

using device_row = std::pair<device_id, device_record>;

time_ms given_out(const device_record& device) {
  return device.renewed != 0 ? device.renewed : device.created;
}

/// The one that makes room for a device of this kind.
std::vector<device_row>::iterator oldest_of(std::vector<device_row>& devices, device_kind kind) {
  return std::min_element(devices.begin(), devices.end(), [kind](const auto& a, const auto& b) {
    const auto rank = [kind](const device_row& d) {
      return std::tuple(d.second.kind != kind, d.second.created, d.first);
    };
    return rank(a) < rank(b);
  });
}

/// A fresh secret for the device; what it had before is worth nothing from now on.
std::string put_new_token(device_record& device, const plan_context& context) {
  std::string secret = crypto::new_token_secret();
  device.token_hash = crypto::token_hash(secret);
  device.former_hash.clear();
  device.former_over = false;
  device.renewed = context.now;
  return secret;
}

}  // namespace

time_ms renew_by(const tenant_policy& policy, time_ms given_out) {
  return policy.token_lifetime_ms == 0 ? 0 : given_out + policy.token_lifetime_ms / 3;
}

bool is_exclusive(const tenant_policy& policy, device_kind kind) {
  return (policy.exclusive_kinds >> static_cast<unsigned>(kind) & 1) != 0;
}

bool token_is_over(const tenant_policy& policy, const device_record& device, time_ms now) {
  const time_ms since = given_out(device);
  return policy.token_lifetime_ms != 0 && now > since && now - since > policy.token_lifetime_ms;
}

void put_end_of_device(registrar_plan& plan, inbox_draft& inbox, const plan_context& context,
                       device_id device, errc why) {
  plan.redo.erase(keys::device(context.entity.tenant, context.user(), device));
  inbox_record entry;
  entry.kind = inbox_kind::device_ended;
  entry.device = device;
  entry.text = name_of(why);
  inbox.add(std::move(entry));
  news_of(plan, context)
      .ended.push_back(
          {device, why == errc::logged_out ? errc::logged_out : errc::device_ended, {}});
}

registrar_plan plan_issue_device(const storage::state_view& home, const plan_context& context,
                                 const issue_device_order& order) {
  const tenant_id tenant = context.entity.tenant;
  if (order.proven) {
    // Whoever changed the password, and perhaps ended all devices, meant this one too.
    const auto now = storage::get_credential(home, tenant, context.user());
    if (!now.ok() && now.error().code != errc::not_found) return refuse(now.error());
    if (!now.ok() || now->changed != *order.proven) return refuse(errc::wrong_credentials);
  }
  auto devices = storage::list_devices(home, tenant, context.user());
  if (!devices.ok()) return refuse(devices.error());
  auto inbox = inbox_draft::begin(home, context);
  if (!inbox.ok()) return refuse(inbox.error());
  auto links = links_of(home, tenant, context.user());
  if (!links.ok()) return refuse(links.error());

  registrar_plan plan;
  device_row made;
  // Kind 0 is from before operations were written down.
  const auto known = std::find_if(devices->begin(), devices->end(), [&](const device_row& d) {
    return d.second.kind != device_kind{} && d.second.op_id == order.op_id &&
           d.second.made_by == order.made_by;
  });
  if (known != devices->end()) {
    made = *known;
  } else {
    const std::uint64_t highest = devices->empty() ? 0 : devices->back().first.value;
    made.first = device_id{std::max(context.new_version, highest + 1)};
    made.second.name = order.name;
    made.second.created = context.now;
    made.second.kind = order.kind;
    made.second.op_id = order.op_id;
    made.second.made_by = order.made_by;
    while (devices->size() >= context.policy.max_devices) {
      const auto oldest = oldest_of(*devices, order.kind);
      put_end_of_device(plan, *inbox, context, oldest->first, errc::limit_reached);
      devices->erase(oldest);
    }
    inbox_record entry;
    entry.kind = inbox_kind::device_added;
    entry.device = made.first;
    entry.text = order.name;
    inbox->add(std::move(entry));
  }
  // Whoever has come in by an earlier token, or is about to, does not stay: he could renew it into
  // the only one that counts.
  for (const std::string* earlier : {&made.second.token_hash, &made.second.former_hash})
    if (!earlier->empty())
      news_of(plan, context).ended.push_back({made.first, errc::replaced, *earlier});
  const std::string secret = put_new_token(made.second, context);
  plan.redo.put(keys::device(tenant, context.user(), made.first), encode(made.second));
  inbox->put_into(plan);
  put_version(plan, context);

  auto issued = std::make_shared<issued_device>();
  issued->user = context.user();
  issued->device = made.first;
  issued->kind = made.second.kind;
  issued->name = made.second.name;
  issued->token = crypto::format_token({tenant, context.user(), made.first, secret});
  issued->token_hash = made.second.token_hash;
  issued->renew_by = renew_by(context.policy, context.now);
  issued->inbox_head = inbox->head();
  issued->exclusive = is_exclusive(context.policy, issued->kind);
  issued->links = std::move(*links);
  plan.issued = std::move(issued);
  return plan;
}

registrar_plan plan_renew_token(const storage::state_view& home, const plan_context& context,
                                std::uint64_t correlation, const renew_token_order& order) {
  const tenant_id tenant = context.entity.tenant;
  auto device = storage::get_device(home, tenant, context.user(), order.device);
  if (!device.ok()) return refuse(device.error());
  // The token that the device holds for certain must go on working, or a lost answer would lock it
  // out: one that was given out since, and never used, goes instead.
  std::string held = order.token_hash;
  if (held != device->token_hash && held != device->former_hash) held = device->token_hash;
  const std::string secret = put_new_token(*device, context);
  device->former_hash = std::move(held);

  registrar_plan plan;
  plan.redo.put(keys::device(tenant, context.user(), order.device), encode(*device));
  put_version(plan, context);
  const std::string token = crypto::format_token({tenant, context.user(), order.device, secret});
  append_frame(plan.answer, correlation,
               token_renewed{token, renew_by(context.policy, context.now)});
  return plan;
}

registrar_plan plan_former_over(const storage::state_view& home, const plan_context& context,
                                const former_over_order& order) {
  auto device = storage::get_device(home, context.entity.tenant, context.user(), order.device);
  if (!device.ok() && device.error().code == errc::not_found) return {};
  if (!device.ok()) return refuse(device.error());
  if (device->token_hash != order.token_hash || device->former_hash.empty() || device->former_over)
    return {};
  registrar_plan plan;
  device->former_over = true;
  plan.redo.put(keys::device(context.entity.tenant, context.user(), order.device), encode(*device));
  put_version(plan, context);
  // Whoever slipped in by the former token while this was on its way does not stay.
  news_of(plan, context).ended.push_back({order.device, errc::replaced, device->former_hash});
  return plan;
}

registrar_plan plan_end_device(const storage::state_view& home, const plan_context& context,
                               std::uint64_t correlation, const end_device_order& order) {
  const auto device =
      storage::get_device(home, context.entity.tenant, context.user(), order.device);
  if (!device.ok() && device.error().code == errc::not_found && !order.stolen_hash.empty())
    return {};
  if (!device.ok()) return refuse(device.error().code);
  if (!order.stolen_hash.empty() &&
      (!device->former_over || device->former_hash != order.stolen_hash))
    return {};  // it has got a new token since
  auto inbox = inbox_draft::begin(home, context);
  if (!inbox.ok()) return refuse(inbox.error());
  registrar_plan plan;
  put_end_of_device(plan, *inbox, context, order.device, order.why);
  inbox->put_into(plan);
  put_version(plan, context);
  append_frame(plan.answer, correlation, done_answer{});
  // Its own connection hears the answer first, or it would hear none.
  plan.answer_at_once = order.device == order.by;
  return plan;
}

}  // namespace conclave::actors
