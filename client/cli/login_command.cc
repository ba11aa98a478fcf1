/// `conclave login`: who am I, and `--save` to write the profile.
#include "client/cli/commands.h"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace conclave::client::cli {

int login(context& at, bool save) {
  if (save) at.profile_may_be_new();
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const identity& who = s->who();
  if (at.json()) {
    at.line(nlohmann::ordered_json{{"tenant", who.tenant.value},
                                   {"tenant_name", who.tenant_name},
                                   {"user", who.user.value},
                                   {"user_name", who.user_name},
                                   {"device", who.device.value},
                                   {"server", at.effective().server}}
                .dump());
  } else {
    at.line("logged in at " + at.effective().server + " as " + who.user_name + " of " +
            who.tenant_name + " (user " + std::to_string(who.user.value) + ", device " +
            std::to_string(who.device.value) + ")");
  }
  if (!save) return exit_ok;
  profile p = at.effective();
  p.ca = std::filesystem::absolute(p.ca).lexically_normal().string();
  p.token_file = std::filesystem::absolute(p.token_file).lexically_normal().string();
  p.state_file = std::filesystem::absolute(at.state_file()).lexically_normal().string();
  const status saved = save_profile(at.profile_file(), p);
  if (!saved) return at.usage(saved.error().detail);
  if (!at.json()) at.line("saved " + at.profile_file());
  return exit_ok;
}

}  // namespace conclave::client::cli
