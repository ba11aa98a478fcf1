/// Where the command finds its server, CA, token and state: options first, then the profile, a
/// small TOML file. Read once at start; no thread.
#pragma once

#include "schemas/outcome.h"

#include <string>

namespace conclave::client::cli {

struct profile {
  std::string server;  ///< HOST:PORT, or several with commas
  std::string ca;
  std::string token_file;
  std::string state_file;
};

/// --profile, else CONCLAVE_PROFILE, else ~/.config/conclave/profile.toml.
std::string profile_path(const std::string& option);

/// Was it chosen by --profile or CONCLAVE_PROFILE? Then it has to be there.
bool profile_is_named(const std::string& option);

/// Relative paths in it are taken from the profile's folder. `required`: an absent file is a
/// failure, else an empty profile.
outcome<profile> load_profile(const std::string& file, bool required);

/// Creates the folder when needed; mode 0600.
status save_profile(const std::string& file, const profile& p);

}  // namespace conclave::client::cli
