/// `conclave admin …`: tenants, their rules, users and notices, on a node's admin listener with an
/// operator's token.
#include "client/cli/commands.h"
#include "client/cli/password_prompt.h"
#include "client/cli/setting_words.h"
#include "client/token_file.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <utility>

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

int policy_show(context& at, const std::string& tenant) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto policy = s->get_policy(tenant);
  if (!policy) return at.fail(policy.error());
  ordered_json line{{"tenant_name", tenant}};
  for (const policy_row& row : rows_of(*policy)) {
    if (row.yes_or_no) {
      line[row.name] = row.value != 0;
    } else {
      line[row.name] = row.value;
    }
    if (at.json()) continue;
    const std::string pair = row.name + "=" + row.text;
    at.line(pair + std::string(pair.size() < 34 ? 34 - pair.size() : 1, ' ') + row.meaning);
  }
  if (at.json()) at.line(line.dump());
  return exit_ok;
}

int policy_set(context& at, const std::string& tenant, const word_list& changes) {
  tenant_policy check;
  const status readable = change_policy(check, changes);
  if (!readable) return at.usage(readable.error().detail);
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  auto policy = s->get_policy(tenant);
  if (!policy) return at.fail(policy.error());
  const tenant_policy before = *policy;
  const status changed = change_policy(*policy, changes);
  if (!changed) return at.usage(changed.error().detail);
  if (*policy == before) return at.tell(done{}, "nothing changes");
  if (!at.confirm("Change the rules of " + tenant + " (" + joined_words(changes) + ")?")) {
    return at.usage("not done");
  }
  return at.tell(s->set_policy(tenant, *policy), "in force");
}

int user_passwd(context& at, const user_passwd_options& o) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto password = read_new_password(o.password_file, "Password for " + o.name);
  if (!password) return at.usage(password.error().detail);
  return at.tell(s->set_password(o.tenant, o.name, *password, o.end_devices),
                 o.end_devices ? "set; all devices of " + o.name + " are ended" : "set");
}

int notice(context& at, const notice_options& o) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const std::uint64_t number = o.number != 0 ? o.number : s->next_notice_number();
  const status sent = s->send_notice(o.tenant, joined_words(o.text), o.names, number);
  if (sent) {
    if (at.json()) {
      at.line(ordered_json{{"number", number}}.dump());
      return exit_ok;
    }
    return at.tell(sent, "said to " + std::to_string(o.names.size()) +
                             (o.names.size() == 1 ? " user" : " users"));
  }
  const int code = at.fail(sent.error());
  // The same number is said once to each, also to those whom it has reached already.
  std::fprintf(stderr, "  To repeat it, add --number %llu\n",
               static_cast<unsigned long long>(number));
  return code;
}

namespace {

/// A token file that cannot be written is noticed before there is a token that is told once only.
status prepare_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return failure{errc::invalid_argument, "cannot create " + folder + ": " + error.message()};
  }
  // No user's name begins with a dot.
  return check_token_file_writable((std::filesystem::path(folder) / ".probe").string());
}

/// The file in which a new user's token is now.
outcome<std::string> keep_token(const std::string& folder, const session::new_user& u) {
  // The node's rules for names exclude this; a file name must not depend on its word.
  const bool bad = u.user_name.empty() || u.user_name.front() == '.' ||
                   u.user_name.find('/') != std::string::npos ||
                   u.user_name.find('\0') != std::string::npos;
  if (bad) {
    return failure{errc::invalid_argument,
                   "the node gave a name that cannot be a file name: " + u.user_name};
  }
  std::string file = (std::filesystem::path(folder) / (u.user_name + ".token")).string();
  const status written = write_token_file(file, u.token);
  if (!written) return written.error();
  return file;
}

void tell_new_user(context& at, const session::new_user& u, const std::string& file) {
  if (!at.json()) {
    at.line(u.user_name + "  " + std::to_string(u.user.value) + "  " +
            std::to_string(u.device.value) + "  " + (file.empty() ? u.token : file));
    return;
  }
  ordered_json line{{"name", u.user_name}, {"user", u.user.value}, {"device", u.device.value}};
  if (file.empty()) {
    line["token"] = u.token;
  } else {
    line["token_file"] = file;
  }
  at.line(line.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

}  // namespace

int user_add(context& at, const user_add_options& o) {
  if (!o.folder.empty()) {
    const status ready = prepare_folder(o.folder);
    if (!ready) return at.usage(ready.error().detail);
  }
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  std::vector<session::new_user> made;
  const status all = s->provision_users(o.tenant, o.device, o.names, made);
  for (const session::new_user& u : made) {
    std::string file;
    if (!o.folder.empty()) {
      auto kept = keep_token(o.folder, u);
      if (kept) {
        file = std::move(*kept);
      } else {
        at.usage(kept.error().detail + "; the token is printed instead");
      }
    }
    tell_new_user(at, u, file);
  }
  return all ? at.exit() : at.fail(all.error());
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
