/// A user's own rows and his tenant's policy; see reads_account.h.
#include "storage/reads_account.h"

#include "storage/row_reads.h"

#include <limits>

namespace conclave::storage {

outcome<std::vector<std::pair<device_id, device_record>>> list_devices(const state_view& home,
                                                                       tenant_id tenant,
                                                                       user_id user) {
  std::vector<std::pair<device_id, device_record>> devices;
  const status read = each_record<device_record>(
      home, table::device, keys::all_of(table::device, tenant, user.value),
      std::numeric_limits<std::size_t>::max(), [&](const keys::id_key& key, device_record record) {
        devices.emplace_back(device_id{key.second}, std::move(record));
      });
  if (!read) return read.error();
  return devices;
}

outcome<credential_record> get_credential(const state_view& home, tenant_id tenant, user_id user) {
  return get_record<credential_record>(home, keys::credential(tenant, user));
}

outcome<index_record> get_index(const state_view& home, tenant_id tenant, user_id user,
                                conversation_id conversation) {
  return get_record<index_record>(home, keys::user_conversation(tenant, user, conversation));
}

outcome<bool> is_in_at_least(const state_view& home, tenant_id tenant, user_id user,
                             std::size_t most) {
  std::size_t present = 0;
  failure damage{errc::ok, {}};
  const status read = home.scan(keys::all_of(table::user_conversation, tenant, user.value),
                                [&](std::string_view, std::string_view value) {
                                  const auto row = decode_record<index_record>(value);
                                  if (!row) damage = row.error();
                                  if (row && row->member) ++present;
                                  return damage.code == errc::ok && present < most;
                                });
  if (!read) return read.error();
  if (damage.code != errc::ok) return damage;
  return present >= most;
}

outcome<tenant_policy> get_policy(const state_view& home, tenant_id tenant) {
  auto row = get_record<tenant_policy>(home, keys::policy(tenant));
  if (!row.ok() && row.error().code == errc::not_found) return tenant_policy{};
  return row;
}

}  // namespace conclave::storage
