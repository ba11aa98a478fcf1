/// The messages with which people log in by password and look after their devices: LOGIN_PASSWORD
/// to CHANGE_PASSWORD, and DONE, the answer to what makes no event. Views borrow the frame they
/// were decoded from. Pure data; any thread.
#pragma once

#include "schemas/errc.h"
#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

#include <string_view>
#include <vector>

namespace conclave {

/// What a device is; tenants may allow one session per kind.
enum class device_kind : std::uint8_t {
  desktop = 1,
  mobile = 2,
  tablet = 3,
  web = 4,
  other = 5,  ///< bots, servers, what operators provision
};

struct done_answer {
  static constexpr frame_type type = frame_type::done;
  static constexpr std::string_view name = "DONE";
  static constexpr std::string_view doc =
      "It is done; what the request changed is durable where it says so.";

  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

struct login_password {
  static constexpr frame_type type = frame_type::login_password;
  static constexpr frame_type answered_by = frame_type::logged_in;
  static constexpr std::string_view name = "LOGIN_PASSWORD";
  static constexpr std::string_view doc =
      "In place of LOGIN: proves who is talking by a password, and makes a new device whose resume "
      "token the answer carries. The same op_id makes one device; a resend gives it a new token "
      "and "
      "ends the earlier one. Answer: LOGGED_IN or ERROR.";

  std::uint64_t op_id = 0;
  std::string_view tenant_name;
  std::string_view user_name;
  std::string_view password;
  device_kind kind = device_kind::desktop;
  std::string_view device_name;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("op_id", m.op_id, bounds{}, "random, chosen by the client: the key for resending");
    v("tenant_name", m.tenant_name, bounds{1, 64}, "");
    v("user_name", m.user_name, bounds{1, 64}, "");
    v("password", m.password, bounds{1, 128}, "");
    v("kind", m.kind, bounds{1, 5}, "1 desktop, 2 mobile, 3 tablet, 4 web, 5 other");
    v("device_name", m.device_name, bounds{1, 64}, "how the user will know the device");
  }
};

struct renew_token {
  static constexpr frame_type type = frame_type::renew_token;
  static constexpr std::string_view name = "RENEW_TOKEN";
  static constexpr std::string_view doc =
      "A new resume token for this device. The old one stays valid until the new one is used for "
      "the first time; whoever shows the old one after that ends the device, because one of the "
      "two was stolen. Answer: TOKEN_RENEWED or ERROR.";

  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

struct token_renewed {
  static constexpr frame_type type = frame_type::token_renewed;
  static constexpr std::string_view name = "TOKEN_RENEWED";
  static constexpr std::string_view doc = "Durable; shown once.";

  std::string_view token;
  time_ms renew_by = 0;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("token", m.token, bounds{1, 256}, "");
    v("renew_by", m.renew_by, seq_bounds, "RENEW_TOKEN before then; 0: the token does not end");
  }
};

struct logout {
  static constexpr frame_type type = frame_type::logout;
  static constexpr frame_type answered_by = frame_type::done;
  static constexpr std::string_view name = "LOGOUT";
  static constexpr std::string_view doc =
      "Ends this device: its tokens are worth nothing from the answer on. The connection is closed "
      "after it. Answer: DONE or ERROR.";

  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

struct list_devices {
  static constexpr frame_type type = frame_type::list_devices;
  static constexpr std::string_view name = "LIST_DEVICES";
  static constexpr std::string_view doc =
      "The caller's own devices. Answer: DEVICES_PAGE or ERROR.";

  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

struct device_entry {
  static constexpr std::string_view name = "device_entry";

  device_id device{};
  device_kind kind = device_kind::other;
  std::string_view device_name;
  time_ms created = 0;
  bool online = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("device", m.device, id_bounds, "");
    v("kind", m.kind, bounds{1, 255}, "1 desktop, 2 mobile, 3 tablet, 4 web, 5 other");
    v("device_name", m.device_name, bounds{0, 64}, "");
    v("created", m.created, seq_bounds, "ms since 1970");
    v("online", m.online, flag_bounds, "logged in just now");
  }
};

struct devices_page {
  static constexpr frame_type type = frame_type::devices_page;
  static constexpr std::string_view name = "DEVICES_PAGE";
  static constexpr std::string_view doc = "All of them, by ascending id.";

  std::vector<device_entry> devices;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("devices", m.devices, bounds{0, 500}, "");
  }
};

struct end_device {
  static constexpr frame_type type = frame_type::end_device;
  static constexpr frame_type answered_by = frame_type::done;
  static constexpr std::string_view name = "END_DEVICE";
  static constexpr std::string_view doc =
      "Ends one of the caller's devices: its tokens are worth nothing from the answer on, its "
      "connection gets GOAWAY device_ended. Answer: DONE or ERROR.";

  device_id device{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("device", m.device, id_bounds, "");
  }
};

struct change_password {
  static constexpr frame_type type = frame_type::change_password;
  static constexpr frame_type answered_by = frame_type::done;
  static constexpr std::string_view name = "CHANGE_PASSWORD";
  static constexpr std::string_view doc =
      "A new password for the caller, who proves the old one. With `end_others` all his other "
      "devices end. Answer: DONE or ERROR.";

  std::string_view old_password;
  std::string_view new_password;
  bool end_others = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("old_password", m.old_password, bounds{1, 128}, "");
    v("new_password", m.new_password, bounds{8, 128}, "8 to 128 bytes of UTF-8");
    v("end_others", m.end_others, flag_bounds, "");
  }
};

}  // namespace conclave
