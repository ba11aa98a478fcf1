/// What operators do through a session: tenants, their rules and their users.
#include "client/failures.h"
#include "client/session_impl.h"
#include "schemas/operator_messages.h"
#include "schemas/policy_messages.h"

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
    if (all.back().tenant <= message.after) return page_again();
    message.after = all.back().tenant;
  }
}

status session::provision_users(std::string_view tenant_name, std::string_view device_name,
                                const std::vector<std::string>& names,
                                std::vector<new_user>& made) {
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
        made.push_back({u.user, u.device, std::string(u.user_name), std::string(u.token)});
      }
      return done{};
    });
    if (!part) return part.error();
  }
  return done{};
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
    if (all.back().user <= message.after) return page_again();
    message.after = all.back().user;
  }
}

status session::set_password(std::string_view tenant_name, std::string_view user_name,
                             std::string_view password, bool end_devices) {
  conclave::set_password message;
  message.tenant_name = tenant_name;
  message.user_name = user_name;
  message.password = password;
  message.end_devices = end_devices;
  return impl_->tell(message);
}

outcome<tenant_policy> session::get_policy(std::string_view tenant_name) {
  conclave::get_policy message;
  message.tenant_name = tenant_name;
  return impl_->ask<policy_answer, tenant_policy>(message,
                                                  [](const policy_answer& m) { return m.policy; });
}

status session::set_policy(std::string_view tenant_name, const tenant_policy& policy) {
  conclave::set_policy message;
  message.tenant_name = tenant_name;
  message.policy = policy;
  return impl_->tell(message);
}

status session::send_notice(std::string_view tenant_name, std::string_view text,
                            const std::vector<std::string>& names, std::uint64_t number) {
  conclave::send_notice message;
  message.client_seq = number;
  message.tenant_name = tenant_name;
  message.text = text;
  message.names.assign(names.begin(), names.end());
  return impl_->tell(message);
}

std::uint64_t session::next_notice_number() {
  return impl_->wait_for<std::uint64_t>(
      [&](const std::shared_ptr<std::promise<std::uint64_t>>& promise) {
        promise->set_value(impl_->core->next_notice_number());
      });
}

}  // namespace conclave::client
