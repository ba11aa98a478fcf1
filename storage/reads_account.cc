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

outcome<std::vector<std::pair<std::uint64_t, time_ms>>> list_operations(const state_view& home,
                                                                        tenant_id tenant,
                                                                        user_id user,
                                                                        std::uint64_t behind,
                                                                        std::size_t limit) {
  std::vector<std::pair<std::uint64_t, time_ms>> found;
  const keys::range all = keys::all_of(table::operation, tenant, user.value);
  const std::string own = keys::operation(tenant, user, behind);
  const auto read = [&](const keys::range& range) {
    return each_record<operation_record>(home, table::operation, range, limit - found.size(),
                                         [&](const keys::id_key& key, operation_record record) {
                                           found.emplace_back(key.second, record.time);
                                         });
  };
  status done_so_far = read({own + '\0', all.last});
  if (done_so_far.ok() && found.size() < limit) done_so_far = read({all.first, own});
  if (!done_so_far) return done_so_far.error();
  return found;
}

outcome<std::vector<std::pair<conversation_id, link_record>>> list_links(const state_view& home,
                                                                         tenant_id tenant,
                                                                         user_id user) {
  std::vector<std::pair<conversation_id, link_record>> links;
  const status read = each_record<link_record>(
      home, table::link, keys::all_of(table::link, tenant, user.value),
      std::numeric_limits<std::size_t>::max(), [&](const keys::id_key& key, link_record record) {
        links.emplace_back(conversation_id{key.second}, record);
      });
  if (!read) return read.error();
  return links;
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
