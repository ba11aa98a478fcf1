/// The messages of operators (users of the system tenant, on the admin listener): tenants and bulk
/// provisioning. Everybody else gets `forbidden`. Views borrow the frame they were decoded from.
/// Pure data; any thread.
#pragma once

#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/history_messages.h"
#include "schemas/ids.h"

#include <string_view>
#include <vector>

namespace conclave {

struct create_tenant {
  static constexpr frame_type type = frame_type::create_tenant;
  static constexpr std::string_view name = "CREATE_TENANT";
  static constexpr std::string_view doc =
      "Answer: TENANT_CREATED, also when the same op_id created it before; ERROR already_exists "
      "when the name is taken.";

  std::uint64_t op_id = 0;
  std::string_view tenant_name;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("op_id", m.op_id, bounds{}, "random, chosen by the client: the key for resending");
    v("tenant_name", m.tenant_name, bounds{1, 64},
      "a-z 0-9 . _ -, starting with a letter or digit");
  }
};

struct tenant_created {
  static constexpr frame_type type = frame_type::tenant_created;
  static constexpr std::string_view name = "TENANT_CREATED";
  static constexpr std::string_view doc = "The tenant is durable.";

  tenant_id tenant{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("tenant", m.tenant, bounds{1, tenant_bounds.max}, "");
  }
};

struct list_tenants {
  static constexpr frame_type type = frame_type::list_tenants;
  static constexpr std::string_view name = "LIST_TENANTS";
  static constexpr std::string_view doc = "Answer: TENANTS_PAGE or ERROR.";

  tenant_id after{};
  std::uint32_t limit = 100;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("after", m.after, tenant_bounds, "last id of the page before; 0 for the first");
    v("limit", m.limit, bounds{1, 500}, "");
  }
};

struct tenant_entry {
  static constexpr std::string_view name = "tenant_entry";

  tenant_id tenant{};
  std::string_view tenant_name;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("tenant", m.tenant, tenant_bounds, "");
    v("tenant_name", m.tenant_name, bounds{1, 64}, "");
  }
};

struct tenants_page {
  static constexpr frame_type type = frame_type::tenants_page;
  static constexpr std::string_view name = "TENANTS_PAGE";
  static constexpr std::string_view doc = "By ascending id; the last page has `more` false.";

  std::vector<tenant_entry> tenants;
  bool more = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("tenants", m.tenants, bounds{0, 500}, "");
    v("more", m.more, flag_bounds, "");
  }
};

struct provision_users {
  static constexpr frame_type type = frame_type::provision_users;
  static constexpr std::string_view name = "PROVISION_USERS";
  static constexpr std::string_view doc =
      "Makes sure that each name exists in the tenant and gives each a new device with a resume "
      "token. Sent again with the same op_id it gives new tokens to the same devices; the earlier "
      "tokens end. Answer: USERS_PROVISIONED or ERROR.";

  std::uint64_t op_id = 0;
  std::string_view tenant_name;
  std::string_view device_name;
  std::vector<std::string_view> names;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("op_id", m.op_id, bounds{}, "random, chosen by the client: the key for resending");
    v("tenant_name", m.tenant_name, bounds{1, 64}, "");
    v("device_name", m.device_name, bounds{1, 64}, "how the user will know the device");
    v("names", m.names, bounds{1, 500}, "a-z 0-9 . _ -, starting with a letter or digit");
  }
};

struct provisioned_user {
  static constexpr std::string_view name = "provisioned_user";

  user_id user{};
  device_id device{};
  std::string_view user_name;
  std::string_view token;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("user", m.user, id_bounds, "");
    v("device", m.device, id_bounds, "");
    v("user_name", m.user_name, bounds{1, 64}, "");
    v("token", m.token, bounds{1, 256}, "shown once; the node keeps only its hash");
  }
};

struct users_provisioned {
  static constexpr frame_type type = frame_type::users_provisioned;
  static constexpr std::string_view name = "USERS_PROVISIONED";
  static constexpr std::string_view doc = "In the order of the names asked for.";

  std::vector<provisioned_user> users;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("users", m.users, bounds{1, 500}, "");
  }
};

struct list_users {
  static constexpr frame_type type = frame_type::list_users;
  static constexpr std::string_view name = "LIST_USERS";
  static constexpr std::string_view doc = "Answer: USERS_PAGE or ERROR.";

  std::string_view tenant_name;
  user_id after{};
  std::uint32_t limit = 100;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("tenant_name", m.tenant_name, bounds{1, 64}, "");
    v("after", m.after, id_or_none_bounds, "last id of the page before; 0 for the first");
    v("limit", m.limit, bounds{1, 500}, "");
  }
};

struct users_page {
  static constexpr frame_type type = frame_type::users_page;
  static constexpr std::string_view name = "USERS_PAGE";
  static constexpr std::string_view doc = "By ascending id; the last page has `more` false.";

  std::vector<user_entry> users;
  bool more = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("users", m.users, bounds{0, 500}, "");
    v("more", m.more, flag_bounds, "");
  }
};

}  // namespace conclave
