/// Reads of tenants, users, devices and the user's index: rows found by id or by name.
#include "storage/reads.h"
#include "storage/row_reads.h"

#include <limits>

namespace conclave::storage {

outcome<std::vector<std::pair<conversation_id, index_record>>> list_index(const state_view& view,
                                                                          tenant_id tenant,
                                                                          user_id user,
                                                                          conversation_id after,
                                                                          std::size_t limit) {
  keys::range range = keys::all_of(table::user_conversation, tenant, user.value);
  if (after) range.first = keys::user_conversation(tenant, user, conversation_id{after.value + 1});
  std::vector<std::pair<conversation_id, index_record>> rows;
  const status read = each_record<index_record>(
      view, table::user_conversation, range, limit, [&](const keys::id_key& key, index_record row) {
        rows.emplace_back(conversation_id{key.second}, row);
      });
  if (!read) return read.error();
  return rows;
}

outcome<user_id> find_user(const state_view& view, tenant_id tenant, std::string_view name) {
  const auto id = get_number(view, keys::user_name(tenant, name));
  if (!id) return id.error();
  return user_id{*id};
}

outcome<user_record> get_user(const state_view& view, tenant_id tenant, user_id id) {
  return get_record<user_record>(view, keys::user(tenant, id));
}

outcome<device_record> get_device(const state_view& view, tenant_id tenant, user_id user,
                                  device_id device) {
  return get_record<device_record>(view, keys::device(tenant, user, device));
}

outcome<std::vector<std::pair<user_id, std::string>>> list_users(const state_view& view,
                                                                 tenant_id tenant, user_id after,
                                                                 std::size_t limit) {
  keys::range range = keys::all_of(table::user, tenant);
  if (after) range.first = keys::user(tenant, user_id{after.value + 1});
  std::vector<std::pair<user_id, std::string>> users;
  const status read = each_record<user_record>(
      view, table::user, range, limit, [&](const keys::id_key& key, user_record record) {
        users.emplace_back(user_id{key.first}, std::move(record.name));
      });
  if (!read) return read.error();
  return users;
}

outcome<tenant_id> find_tenant(const state_view& system, std::string_view name) {
  const auto id = get_number(system, keys::tenant_name(name));
  if (!id) return id.error();
  if (*id > std::numeric_limits<std::uint32_t>::max()) {
    return failure{errc::corrupt, "a tenant's name stands for no tenant id"};
  }
  return tenant_id{static_cast<std::uint32_t>(*id)};
}

outcome<tenant_record> get_tenant(const state_view& system, tenant_id id) {
  return get_record<tenant_record>(system, keys::tenant(id));
}

outcome<std::vector<std::pair<tenant_id, tenant_record>>> list_tenants(const state_view& system,
                                                                       tenant_id after,
                                                                       std::size_t limit) {
  std::vector<std::pair<tenant_id, tenant_record>> tenants;
  keys::range range = keys::all_of(table::tenant);
  if (after.value == std::numeric_limits<std::uint32_t>::max()) return tenants;
  if (after) range.first = keys::tenant(tenant_id{after.value + 1});
  const status read = each_record<tenant_record>(
      system, table::tenant, range, limit, [&](const keys::id_key& key, tenant_record record) {
        tenants.emplace_back(key.tenant, std::move(record));
      });
  if (!read) return read.error();
  return tenants;
}

outcome<user_id> highest_user(const state_view& view, tenant_id tenant) {
  const auto key = last_key(view, table::user, keys::all_of(table::user, tenant));
  if (!key) return key.error();
  return user_id{key->first};
}

outcome<tenant_id> highest_tenant(const state_view& system) {
  const auto key = last_key(system, table::tenant, keys::all_of(table::tenant));
  if (!key) return key.error();
  return key->tenant;
}

}  // namespace conclave::storage
