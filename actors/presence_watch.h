/// Which connections of one loop want to know about which users' coming and going. Lives on the
/// loop's thread, owned by the gateway. Memory: one entry per (connection, watched user), at most
/// 500 per connection (WATCH_PRESENCE's bound).
#pragma once

#include "actors/session.h"

#include <span>
#include <unordered_map>
#include <unordered_set>

namespace conclave::actors {

class presence_watch {
 public:
  /// In place of what the session watched before; `until` (boot clock) 0: nothing.
  void set(session& s, std::span<const user_id> users, time_ms until);
  /// The session ends.
  void forget(session& s) { set(s, {}, 0); }

  /// Calls tell(session) for each that still watches the user.
  template <class Tell>
  void each(tenant_id tenant, user_id user, time_ms now, Tell tell) const {
    const auto at = watchers_.find({tenant, user});
    if (at == watchers_.end()) return;
    for (session* s : at->second)
      if (s->presence_until > now && !s->connection->closing()) tell(*s);
  }

 private:
  struct key {
    tenant_id tenant;
    user_id user;
    friend bool operator==(const key&, const key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const {
      return std::hash<user_id>{}(k.user) ^ (std::size_t{k.tenant.value} << 17);
    }
  };

  std::unordered_map<key, std::unordered_set<session*>, key_hash> watchers_;
};

}  // namespace conclave::actors
