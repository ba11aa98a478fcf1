/// `conclave admin …`: tenants and users, on a node's admin listener with an operator's token.
#include "client/cli/commands.h"
#include "client/token_file.h"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace conclave::client::cli {

using nlohmann::ordered_json;

int tenant_create(context& at, const std::string& name) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto tenant = s->create_tenant(name);
  if (!tenant) return at.fail(tenant.error());
  if (at.json()) {
    at.line(ordered_json{{"tenant", tenant->value}, {"name", name}}.dump());
  } else {
    at.line("created tenant " + name + " (" + std::to_string(tenant->value) + ")");
  }
  return exit_ok;
}

int tenant_list(context& at) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto all = s->list_tenants();
  if (!all) return at.fail(all.error());
  for (const session::tenant_info& t : *all) {
    if (at.json()) {
      at.line(ordered_json{{"tenant", t.tenant.value}, {"name", t.tenant_name}}.dump());
    } else {
      at.line(std::to_string(t.tenant.value) + "  " + t.tenant_name);
    }
  }
  return exit_ok;
}

int user_add(context& at, const user_add_options& o) {
  if (!o.folder.empty()) {
    std::error_code error;
    std::filesystem::create_directories(o.folder, error);
    if (error) return at.usage("cannot create " + o.folder + ": " + error.message());
  }
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto users = s->provision_users(o.tenant, o.device, o.names);
  if (!users) return at.fail(users.error());
  for (const session::new_user& u : *users) {
    std::string file;
    if (!o.folder.empty()) {
      // The node's rules for names exclude this; a file name must not depend on its word.
      if (u.user_name.find('/') != std::string::npos || u.user_name.front() == '.') {
        return at.usage("the node gave a name that cannot be a file name");
      }
      file = (std::filesystem::path(o.folder) / (u.user_name + ".token")).string();
      const status written = write_token_file(file, u.token);
      if (!written) return at.usage(written.error().detail);
    }
    if (at.json()) {
      ordered_json line{{"name", u.user_name}, {"user", u.user.value}, {"device", u.device.value}};
      if (file.empty()) {
        line["token"] = u.token;
      } else {
        line["token_file"] = file;
      }
      at.line(line.dump());
    } else {
      at.line(u.user_name + "  " + std::to_string(u.user.value) + "  " +
              std::to_string(u.device.value) + "  " + (file.empty() ? u.token : file));
    }
  }
  return exit_ok;
}

int user_list(context& at, const std::string& tenant) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto all = s->list_users(tenant);
  if (!all) return at.fail(all.error());
  for (const user_info& u : *all) {
    if (at.json()) {
      at.line(ordered_json{{"user", u.user.value}, {"name", u.user_name}}.dump());
    } else {
      at.line(std::to_string(u.user.value) + "  " + u.user_name);
    }
  }
  return exit_ok;
}

}  // namespace conclave::client::cli
