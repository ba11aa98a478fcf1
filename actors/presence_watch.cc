/// See presence_watch.h.
#include "actors/presence_watch.h"

namespace conclave::actors {

void presence_watch::set(session& s, std::span<const user_id> users, time_ms until) {
  for (const user_id user : s.presence_of) {
    const auto at = watchers_.find({s.tenant, user});
    if (at == watchers_.end()) continue;
    at->second.erase(&s);
    if (at->second.empty()) watchers_.erase(at);
  }
  s.presence_of.assign(users.begin(), users.end());
  s.presence_until = until;
  if (until == 0) s.presence_of.clear();
  for (const user_id user : s.presence_of) watchers_[{s.tenant, user}].insert(&s);
}

}  // namespace conclave::actors
