/// Tokens and passwords against the rows; see login_check.h.
#include "actors/login_check.h"

#include "actors/external.h"
#include "actors/plans_device.h"
#include "crypto/digest.h"
#include "storage/reads.h"
#include "storage/reads_account.h"
#include "storage/reads_inbox.h"

#include <utility>

namespace conclave::actors {

namespace {

bool is_ours(const failure& why) {
  return why.code == errc::io_error || why.code == errc::corrupt;
}

/// Fills in what stands in other rows than the device's.
outcome<login_result> with_names(const storage::store& store, const storage::state_view& home,
                                 login_result who) {
  auto user = storage::get_user(home, who.tenant, who.user);
  if (!user.ok()) return std::move(user).error();
  who.user_name = std::move(user->name);
  const auto mark = storage::get_inbox_mark(home, who.tenant, who.user);
  if (!mark.ok()) return mark.error();
  who.inbox_head = mark->head;
  auto links = links_of(home, who.tenant, who.user);
  if (!links.ok()) return std::move(links).error();
  who.links = std::move(*links);
  who.tenant_name = "system";
  if (who.tenant == system_tenant) return who;
  auto tenant = storage::get_tenant(store.view(system_shard), who.tenant);
  if (!tenant.ok()) return std::move(tenant).error();
  who.tenant_name = std::move(tenant->name);
  return who;
}

/// errc::not_found for whatever is missing.
outcome<password_owner> find_owner(const storage::store& store, const shard_map& shards,
                                   std::string_view tenant_name, std::string_view user_name) {
  const auto tenant = storage::find_tenant(store.view(system_shard), tenant_name);
  if (!tenant.ok()) return tenant.error();
  const auto home = store.view(shards.home_of(*tenant));
  const auto user = storage::find_user(home, *tenant, user_name);
  if (!user.ok()) return user.error();
  auto credential = storage::get_credential(home, *tenant, *user);
  if (!credential.ok()) return std::move(credential).error();
  return password_owner{*tenant, *user, std::move(credential->password), credential->changed};
}

}  // namespace

token_verdict check_token(const storage::store& store, const engine_ports& ports,
                          const crypto::token_parts& token) {
  const auto home = store.view(ports.shards.home_of(token.tenant));
  const auto device = storage::get_device(home, token.tenant, token.user, token.device);
  // Both hashes are compared whatever was found, so that time tells nothing either.
  const std::string shown = crypto::token_hash(token.secret);
  const std::string nothing(shown.size(), '\0');
  const bool newest =
      crypto::equal_constant_time(shown, device.ok() ? device->token_hash : nothing);
  const bool former = crypto::equal_constant_time(
      shown, device.ok() && !device->former_hash.empty() ? device->former_hash : nothing);
  if (!device.ok() && device.error().code != errc::not_found) return {device.error()};
  if (!device.ok() || (!newest && !former)) return {errc::invalid_token};
  if (!newest && device->former_over) return {errc::invalid_token, true};
  const auto policy = ports.policy_of(token.tenant);
  if (token_is_over(*policy, *device, ports.now())) return {errc::invalid_token};

  login_result who;
  who.tenant = token.tenant;
  who.user = token.user;
  who.device = token.device;
  who.kind = device->kind == device_kind{} ? device_kind::other : device->kind;
  who.device_name = device->name;
  who.token_hash = shown;
  who.renew_by = renew_by(*policy, device->renewed != 0 ? device->renewed : device->created);
  who.exclusive = is_exclusive(*policy, who.kind);
  who.former_is_over = newest && !device->former_hash.empty() && !device->former_over;
  return {with_names(store, home, std::move(who))};
}

outcome<password_owner> check_password(const storage::store& store, const shard_map& shards,
                                       std::string_view tenant_name, std::string_view user_name,
                                       std::string_view password,
                                       const crypto::password_cost& cost) {
  auto owner = find_owner(store, shards, tenant_name, user_name);
  if (owner.ok()) {
    if (crypto::verify_password(password, owner->password)) return owner;
    crypto::spend_what_is_left(password, owner->password, cost);
    return errc::wrong_credentials;
  }
  if (is_ours(owner.error())) return owner;
  crypto::spend_like_verify(password, cost);
  return errc::wrong_credentials;
}

}  // namespace conclave::actors
