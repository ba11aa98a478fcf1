/// `key=value` on the command line to settings of conversations and rules of tenants. Pure
/// functions; any thread. Failures are one sentence that names what there is.
#pragma once

#include "client/session.h"
#include "schemas/outcome.h"
#include "schemas/policy_messages.h"

#include <string>
#include <vector>

namespace conclave::client::cli {

/// title=, topic=, join=closed|open|approval, invite=admins|members|approval,
/// visibility=joining|all, all_muted=yes|no. Doubles: the last one counts.
outcome<settings_change> settings_change_from(const std::vector<std::string>& words);

/// Changes `policy`. Numbers, times also as durations, exclusive_kinds also as "mobile,web", and
/// yes or no.
status change_policy(tenant_policy& policy, const std::vector<std::string>& words);

/// All fields by name, in the protocol's order, as `change_policy` reads them.
struct policy_row {
  std::string name;
  std::uint64_t value = 0;
  bool yes_or_no = false;  ///< what `value` is: 1 yes, 0 no
  std::string text;        ///< for people
  std::string meaning;     ///< from the protocol's page
};
std::vector<policy_row> rows_of(const tenant_policy& policy);

}  // namespace conclave::client::cli
