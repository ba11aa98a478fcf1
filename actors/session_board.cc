/// Counting sessions in and out; see session_board.h.
#include "actors/session_board.h"

namespace conclave::actors {

bool session_board::came(tenant_id tenant, user_id user, device_id device) {
  const user_key key{tenant, user};
  part& p = part_of(key);
  const std::lock_guard lock(p.mutex);
  devices& of_user = p.users[key];
  const bool first = of_user.empty();
  ++of_user[device];
  return first;
}

bool session_board::left(tenant_id tenant, user_id user, device_id device) {
  const user_key key{tenant, user};
  part& p = part_of(key);
  const std::lock_guard lock(p.mutex);
  const auto at = p.users.find(key);
  if (at == p.users.end()) return false;
  const auto found = at->second.find(device);
  if (found == at->second.end()) return false;
  if (--found->second == 0) at->second.erase(found);
  if (!at->second.empty()) return false;
  p.users.erase(at);
  return true;
}

bool session_board::online(tenant_id tenant, user_id user, device_id device) const {
  const user_key key{tenant, user};
  const part& p = part_of(key);
  const std::lock_guard lock(p.mutex);
  const auto at = p.users.find(key);
  return at != p.users.end() && at->second.contains(device);
}

bool session_board::online(tenant_id tenant, user_id user) const {
  const user_key key{tenant, user};
  const part& p = part_of(key);
  const std::lock_guard lock(p.mutex);
  return p.users.contains(key);
}

}  // namespace conclave::actors
