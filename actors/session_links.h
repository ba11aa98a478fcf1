/// Conversations of other tenants that a user is in: what his local ids stand for, and back
/// (promise P6). Loaded from his link rows at login, added to by his registrar's news. Read by the
/// loop and, through shared pointers, by reads on the reader pool: whoever adds makes a copy.
/// Memory: some 100 bytes per such conversation; nothing for the many who are in none.
#pragma once

#include "schemas/ids.h"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace conclave::actors {

/// A conversation as its host knows it, and who somebody is there.
struct seat {
  tenant_id tenant{};
  conversation_id conversation{};
  user_id user{};

  friend bool operator==(const seat&, const seat&) = default;
};

/// A user's own id for a conversation of another tenant, and its seat.
using session_link = std::pair<conversation_id, seat>;

class session_links {
 public:
  /// Somebody of a host tenant: under whose id the session hears of its conversations.
  using guest = std::pair<tenant_id, user_id>;

  void add(const session_link& link) {
    const seat& at = link.second;
    seats_[link.first] = at;
    locals_[at.conversation] = link;
    const guest as{at.tenant, at.user};
    if (std::find(guests_.begin(), guests_.end(), as) == guests_.end()) guests_.push_back(as);
  }

  /// Null: not a conversation of another tenant.
  const seat* find(conversation_id local) const {
    const auto at = seats_.find(local);
    return at == seats_.end() ? nullptr : &at->second;
  }

  /// 0: none is known.
  conversation_id local_of(tenant_id host, conversation_id conversation) const {
    const auto at = locals_.find(conversation);
    return at == locals_.end() || at->second.second.tenant != host ? conversation_id{}
                                                                   : at->second.first;
  }

  const std::vector<guest>& guests() const { return guests_; }

 private:
  std::unordered_map<conversation_id, seat> seats_;
  std::unordered_map<conversation_id, session_link> locals_;  ///< by the host's id
  std::vector<guest> guests_;
};

using session_links_ref = std::shared_ptr<const session_links>;

/// `known` and more, which is `known` itself when nothing of it is new; null when there are none.
inline session_links_ref with_links(const session_links_ref& known,
                                    const std::vector<session_link>& more) {
  const bool nothing_new = std::all_of(more.begin(), more.end(), [&](const session_link& link) {
    const seat* const at = known == nullptr ? nullptr : known->find(link.first);
    return at != nullptr && *at == link.second;
  });
  if (nothing_new) return known;
  auto all = known ? std::make_shared<session_links>(*known) : std::make_shared<session_links>();
  for (const session_link& link : more) all->add(link);
  return all;
}

}  // namespace conclave::actors
