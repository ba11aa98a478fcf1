/// The messages of operators about a tenant's rules and people: policy, passwords, notices.
/// On the admin listener. Views borrow the frame they were decoded from. Pure data; any thread.
#pragma once

#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

#include <string_view>
#include <vector>

namespace conclave {

/// What a tenant allows. Also the stored record (table policy). 0 means unbounded where it says so.
struct tenant_policy {
  static constexpr std::string_view name = "tenant_policy";

  std::uint64_t recall_window_ms = 120'000;
  std::uint32_t exclusive_kinds = 0;
  std::uint64_t token_lifetime_ms = 90ull * 24 * 3600 * 1000;
  std::uint32_t max_devices = 32;
  std::uint32_t max_members = 100'000;
  std::uint32_t max_conversations = 10'000;
  std::uint32_t max_body_bytes = 65'536;
  std::uint32_t device_rate = 0;
  std::uint32_t user_rate = 0;
  std::uint32_t tenant_rate = 0;
  std::uint32_t user_open_requests = 1'024;
  std::uint32_t tenant_open_requests = 0;
  bool host_external = false;
  bool visit_external = false;

  static constexpr std::uint32_t required_fields = 12;

  friend bool operator==(const tenant_policy&, const tenant_policy&) = default;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("recall_window_ms", m.recall_window_ms, seq_bounds,
      "how long a sender may take back what he said");
    v("exclusive_kinds", m.exclusive_kinds, bounds{0, 62},
      "bits 2^kind of device: one session per user and such kind, a new login ends the other");
    v("token_lifetime_ms", m.token_lifetime_ms, seq_bounds,
      "a resume token that is not renewed ends then; 0: never");
    v("max_devices", m.max_devices, bounds{1, 500},
      "per user; a new login ends the oldest of its kind, else the oldest");
    v("max_members", m.max_members, bounds{2, 100'000}, "of one conversation");
    v("max_conversations", m.max_conversations, bounds{1, 1'000'000},
      "per user; above it he founds and joins none");
    v("max_body_bytes", m.max_body_bytes, bounds{1, 65'536}, "of one message");
    v("device_rate", m.device_rate, bounds{}, "requests per second of a device; 0: unbounded");
    v("user_rate", m.user_rate, bounds{}, "of all devices of a user; 0: unbounded");
    v("tenant_rate", m.tenant_rate, bounds{}, "of the tenant; 0: unbounded");
    v("user_open_requests", m.user_open_requests, bounds{},
      "unanswered requests of a user; 0: unbounded");
    v("tenant_open_requests", m.tenant_open_requests, bounds{}, "of the tenant; 0: unbounded");
    v("host_external", m.host_external, flag_bounds,
      "owners and admins may add people of other tenants to this tenant's conversations");
    v("visit_external", m.visit_external, flag_bounds,
      "other tenants may add this tenant's people to their conversations");
  }
};

struct set_policy {
  static constexpr frame_type type = frame_type::set_policy;
  static constexpr frame_type answered_by = frame_type::done;
  static constexpr std::string_view name = "SET_POLICY";
  static constexpr std::string_view doc =
      "Sets a tenant's policy as a whole: read it first, change it, send it back. Durable; in "
      "force "
      "for every request judged after the answer. Answer: DONE or ERROR.";

  std::string_view tenant_name;
  tenant_policy policy;

  static constexpr std::uint32_t required_fields = 1 + tenant_policy::required_fields;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("tenant_name", m.tenant_name, bounds{1, 64}, "");
    tenant_policy::fields(m.policy, v);
  }
};

struct get_policy {
  static constexpr frame_type type = frame_type::get_policy;
  static constexpr std::string_view name = "GET_POLICY";
  static constexpr std::string_view doc = "Answer: POLICY or ERROR.";

  std::string_view tenant_name;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("tenant_name", m.tenant_name, bounds{1, 64}, "");
  }
};

struct policy_answer {
  static constexpr frame_type type = frame_type::policy;
  static constexpr std::string_view name = "POLICY";
  static constexpr std::string_view doc = "As it is in force; the defaults where none was set.";

  tenant_policy policy;

  static constexpr std::uint32_t required_fields = tenant_policy::required_fields;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    tenant_policy::fields(m.policy, v);
  }
};

struct set_password {
  static constexpr frame_type type = frame_type::set_password;
  static constexpr frame_type answered_by = frame_type::done;
  static constexpr std::string_view name = "SET_PASSWORD";
  static constexpr std::string_view doc =
      "Gives a user a password, or another one. Until then he can only log in by token. Durable. "
      "Answer: DONE or ERROR.";

  std::string_view tenant_name;
  std::string_view user_name;
  std::string_view password;
  bool end_devices = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("tenant_name", m.tenant_name, bounds{1, 64}, "");
    v("user_name", m.user_name, bounds{1, 64}, "");
    v("password", m.password, bounds{8, 128}, "8 to 128 bytes of UTF-8");
    v("end_devices", m.end_devices, flag_bounds, "also end all devices of the user");
  }
};

struct send_notice {
  static constexpr frame_type type = frame_type::send_notice;
  static constexpr frame_type answered_by = frame_type::done;
  static constexpr std::string_view name = "SEND_NOTICE";
  static constexpr std::string_view doc =
      "Says something to users in their system conversations, as the node. `client_seq` is the "
      "operator's counter: the same number is said once. Answer: DONE when it is durable for all "
      "of "
      "them, or ERROR; after an ERROR send it again with the same number.";

  std::uint64_t client_seq = 0;
  std::string_view tenant_name;
  std::string_view text;
  std::vector<std::string_view> names;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("client_seq", m.client_seq, id_bounds, "the operator device's counter of notices");
    v("tenant_name", m.tenant_name, bounds{1, 64}, "");
    v("text", m.text, bounds{1, 4096}, "");
    v("names", m.names, bounds{1, 500}, "of users");
  }
};

}  // namespace conclave
