/// What operators do through a session: tenants and users.
#include "client/session_impl.h"
#include "schemas/operator_messages.h"

#include <algorithm>
#include <utility>

namespace conclave::client {

namespace {
constexpr std::uint32_t list_page = 500;
constexpr std::size_t names_per_request = 500;
}  // namespace

outcome<tenant_id> session::create_tenant(std::string_view name) {
  conclave::create_tenant message;
  message.op_id = impl_->random();
  message.tenant_name = name;
  return impl_->ask<tenant_created, tenant_id>(message,
                                               [](const tenant_created& m) { return m.tenant; });
}

outcome<std::vector<session::tenant_info>> session::list_tenants() {
  std::vector<tenant_info> all;
  conclave::list_tenants message;
  message.limit = list_page;
  while (true) {
    const auto more = impl_->ask<tenants_page, bool>(message, [&](const tenants_page& m) {
      for (const tenant_entry& e : m.tenants) all.push_back({e.tenant, std::string(e.tenant_name)});
      return m.more && !m.tenants.empty();
    });
    if (!more) return more.error();
    if (!*more) return all;
    message.after = all.back().tenant;
  }
}

outcome<std::vector<session::new_user>> session::provision_users(
    std::string_view tenant_name, std::string_view device_name,
    const std::vector<std::string>& names) {
  std::vector<new_user> all;
  for (std::size_t from = 0; from < names.size(); from += names_per_request) {
    conclave::provision_users message;
    message.op_id = impl_->random();
    message.tenant_name = tenant_name;
    message.device_name = device_name;
    const std::size_t to = std::min(names.size(), from + names_per_request);
    message.names.assign(names.begin() + static_cast<std::ptrdiff_t>(from),
                         names.begin() + static_cast<std::ptrdiff_t>(to));
    const auto part = impl_->ask<users_provisioned, done>(message, [&](const users_provisioned& m) {
      for (const provisioned_user& u : m.users) {
        all.push_back({u.user, u.device, std::string(u.user_name), std::string(u.token)});
      }
      return done{};
    });
    if (!part) return part.error();
  }
  return all;
}

outcome<std::vector<user_info>> session::list_users(std::string_view tenant_name) {
  std::vector<user_info> all;
  conclave::list_users message;
  message.tenant_name = tenant_name;
  message.limit = list_page;
  while (true) {
    const auto more = impl_->ask<users_page, bool>(message, [&](const users_page& m) {
      for (const user_entry& e : m.users) all.push_back({e.user, std::string(e.user_name)});
      return m.more && !m.users.empty();
    });
    if (!more) return more.error();
    if (!*more) return all;
    message.after = all.back().user;
  }
}

}  // namespace conclave::client
