/// What a login comes to, from the rows: the token's, and the password's. Run on the reader pool
/// and on the password pool; they block. The failures of an unknown tenant, user or device and of a
/// wrong secret are one and the same to the asker, and take the same time.
#pragma once

#include "actors/engine_ports.h"
#include "actors/session_links.h"
#include "crypto/password.h"
#include "crypto/token.h"
#include "schemas/ids.h"
#include "schemas/outcome.h"
#include "storage/store.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::actors {

/// Who comes in, and how.
struct login_result {
  tenant_id tenant{};
  user_id user{};
  device_id device{};
  std::string user_name;
  std::string tenant_name;
  device_kind kind{};
  std::string device_name;
  std::string token;       ///< to be shown once; empty after LOGIN
  std::string token_hash;  ///< of the token that the device holds
  time_ms renew_by = 0;
  std::uint64_t inbox_head = 0;
  bool exclusive = false;  ///< one session per user and kind
  std::vector<session_link> links;
  bool former_is_over = false;  ///< the device's earlier token is to be worth nothing from now on
};

struct token_verdict {
  outcome<login_result> who;
  bool stolen = false;  ///< an earlier token, and the later one has been used: the device must end
};
token_verdict check_token(const storage::store& store, const engine_ports& ports,
                          const crypto::token_parts& token);

/// A user whose password was shown.
struct password_owner {
  tenant_id tenant{};
  user_id user{};
  std::string password;  ///< PHC string
  time_ms changed = 0;
};
/// errc::wrong_credentials for all that is wrong. Costs one hash in any case but a broken disk.
outcome<password_owner> check_password(const storage::store& store, const shard_map& shards,
                                       std::string_view tenant_name, std::string_view user_name,
                                       std::string_view password,
                                       const crypto::password_cost& cost);

}  // namespace conclave::actors
