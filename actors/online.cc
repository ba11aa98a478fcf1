/// Users to connections; see online.h.
#include "actors/online.h"

#include <algorithm>

namespace conclave::actors {

void online::add_as(session& s, tenant_id tenant, user_id user) {
  auto& sessions = users_[{tenant, user}];
  if (std::find(sessions.begin(), sessions.end(), &s) == sessions.end()) sessions.push_back(&s);
}

void online::remove_as(session& s, tenant_id tenant, user_id user) {
  auto at = users_.find({tenant, user});
  if (at == users_.end()) return;
  std::erase(at->second, &s);
  if (at->second.empty()) users_.erase(at);
}

void online::add(session& s) {
  add_as(s, s.tenant, s.user);
  if (s.links != nullptr)
    for (const auto& [tenant, user] : s.links->guests()) add_as(s, tenant, user);
  ++change_;
}

void online::remove(session& s) {
  remove_as(s, s.tenant, s.user);
  if (s.links != nullptr)
    for (const auto& [tenant, user] : s.links->guests()) remove_as(s, tenant, user);
  ++change_;
}

void online::add_links(session& s, const std::vector<session_link>& links) {
  auto all = with_links(s.links, links);
  if (all == s.links) return;  // removed and added again
  s.links = std::move(all);
  for (const session_link& link : links) add_as(s, link.second.tenant, link.second.user);
  ++change_;
}

const std::vector<session*>* online::of(tenant_id tenant, user_id user) const {
  auto at = users_.find({tenant, user});
  return at == users_.end() ? nullptr : &at->second;
}

const std::vector<session*>& online::resolve(tenant_id tenant, conversation_id conversation,
                                             const member_list_ref& members) {
  if (cache_.size() >= max_cached) cache_.clear();
  resolved& entry = cache_[{tenant, conversation}];
  if (entry.list_version == members->version && entry.change == change_) return entry.sessions;
  entry.list_version = members->version;
  entry.change = change_;
  entry.sessions.clear();
  const std::vector<user_id>& all = members->users;
  const auto take = [&entry](const std::vector<session*>& sessions) {
    entry.sessions.insert(entry.sessions.end(), sessions.begin(), sessions.end());
  };
  if (all.size() <= users_.size()) {
    for (const user_id user : all)
      if (const auto* sessions = of(tenant, user)) take(*sessions);
  } else {
    for (const auto& [who, sessions] : users_)
      if (who.tenant == tenant && std::binary_search(all.begin(), all.end(), who.user))
        take(sessions);
  }
  return entry.sessions;
}

}  // namespace conclave::actors
