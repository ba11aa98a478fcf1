/// What a session does for its user's account: token, devices, password.
#include "client/session_impl.h"
#include "schemas/account_messages.h"

#include <utility>

namespace conclave::client {

outcome<renewed_token> session::renew_token() {
  return impl_->wait_for_callback<outcome<renewed_token>>(
      [&](auto then) { impl_->core->renew_token(then); });
}

status session::logout() {
  return impl_->wait_for_callback<status>(
      [&](auto then) { impl_->core->logout(impl_->timeout_ms, then); });
}

outcome<std::vector<device_info>> session::list_devices() {
  return impl_->ask<devices_page, std::vector<device_info>>(
      conclave::list_devices{}, [](const devices_page& m) {
        std::vector<device_info> all;
        for (const device_entry& e : m.devices) {
          all.push_back({e.device, e.kind, std::string(e.device_name), e.created, e.online});
        }
        return all;
      });
}

status session::end_device(device_id device) {
  conclave::end_device message;
  message.device = device;
  return impl_->only_done(impl_->exchange_keyless(message, errc::not_found));
}

status session::change_password(std::string_view old_password, std::string_view new_password,
                                bool end_others) {
  conclave::change_password message;
  message.old_password = old_password;
  message.new_password = new_password;
  message.end_others = end_others;
  // Asked again after it was done, the old password is wrong.
  return impl_->only_done(impl_->exchange_keyless(message, errc::wrong_credentials));
}

}  // namespace conclave::client
