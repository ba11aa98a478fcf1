/// `conclave login`: by token, who am I; by password, a new device whose token goes to a file. With
/// --save the profile is written.
#include "client/cli/commands.h"
#include "client/cli/password_prompt.h"
#include "client/cli/words.h"
#include "client/token_file.h"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace conclave::client::cli {

namespace {

namespace fs = std::filesystem;

/// alice of acme: acme.alice.token, beside the profile.
std::string token_file_of(const context& at, const login_options& o) {
  return (fs::absolute(at.profile_file()).parent_path() / (o.tenant + "." + o.user + ".token"))
      .string();
}

/// Names go into a file name before the node has judged them.
bool usable_in_file_names(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
}

std::unique_ptr<session> log_in(context& at, const login_options& o) {
  if (o.user.empty() && o.tenant.empty()) return at.open_quiet();
  if (!usable_in_file_names(o.user) || !usable_in_file_names(o.tenant)) {
    at.usage("a login by password needs --tenant and --user");
    return nullptr;
  }
  at.token_file_may_be(token_file_of(at, o));
  const status prepared = at.prepare();
  if (!prepared) {
    at.usage(prepared.error().detail);
    return nullptr;
  }
  std::error_code error;
  fs::create_directories(fs::absolute(at.effective().token_file).parent_path(), error);
  // A file that cannot be written would leave a device whose token nobody has.
  const status writable = check_token_file_writable(at.effective().token_file);
  if (!writable) {
    at.usage(writable.error().detail);
    return nullptr;
  }
  session_options options;
  options.follow = false;
  options.tenant = o.tenant;
  options.user = o.user;
  options.device_name = o.device_name;
  options.device = from_word<device_kind>(o.device_kind).value_or(device_kind::other);
  auto password = read_password(o.password_file, "Password of " + o.user);
  if (!password) {
    at.usage(password.error().detail);
    return nullptr;
  }
  options.password = std::move(*password);
  auto s = at.connect(std::move(options), {});
  if (s == nullptr) return nullptr;
  // The callback has written it and told a failure in the log only.
  const auto stored = read_token_file(at.effective().token_file);
  if (stored && *stored == s->who().token) return s;
  at.usage("cannot write " + at.effective().token_file +
           "; a device was made: conclave devices, conclave device end ID");
  return nullptr;
}

}  // namespace

int login(context& at, const login_options& o) {
  const bool by_password = !o.user.empty();
  // The first login makes the profile; a later one is another identity's until --save says so.
  const bool save = o.save || (by_password && !fs::exists(at.profile_file()));
  if (save) at.profile_may_be_new();
  const auto s = log_in(at, o);
  if (!s) return at.exit();
  const identity& who = s->who();
  if (at.json()) {
    nlohmann::ordered_json line{{"tenant", who.tenant.value}, {"tenant_name", who.tenant_name},
                                {"user", who.user.value},     {"user_name", who.user_name},
                                {"device", who.device.value}, {"server", at.effective().server}};
    if (who.renew_by != 0) line["renew_by"] = who.renew_by;
    line["token_file"] = at.effective().token_file;
    at.line(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    at.line("logged in at " + at.effective().server + " as " + who.user_name + " of " +
            who.tenant_name + " (user " + std::to_string(who.user.value) + ", device " +
            std::to_string(who.device.value) + ")");
    if (by_password) at.line("the device's token is in " + at.effective().token_file);
  }
  if (!save) return exit_ok;
  profile p = at.effective();
  p.ca = fs::absolute(p.ca).lexically_normal().string();
  p.token_file = fs::absolute(p.token_file).lexically_normal().string();
  p.state_file = fs::absolute(at.state_file()).lexically_normal().string();
  const status saved = save_profile(at.profile_file(), p);
  if (!saved) return at.usage(saved.error().detail);
  if (!at.json()) at.line("saved " + at.profile_file());
  return exit_ok;
}

}  // namespace conclave::client::cli
