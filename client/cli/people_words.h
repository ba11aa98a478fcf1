/// Whom a command line names: people of the own tenant, and of others by NAME@TENANT. Pure; any
/// thread.
#pragma once

#include "schemas/errc.h"

#include <map>
#include <string>
#include <vector>

namespace conclave::client::cli {

struct people_named {
  std::vector<std::string> own;
  std::map<std::string, std::vector<std::string>> external;  ///< by tenant
};

/// "bob", "@bob" and "bob@acme" (acme being the own tenant) are one person; each is named once.
people_named people_from(const std::vector<std::string>& words, const std::string& own_tenant);

/// What to do when people of `tenant` could not be added to a conversation of `own_tenant`.
std::string advice_for_adding(errc code, const std::string& own_tenant, const std::string& tenant);

}  // namespace conclave::client::cli
