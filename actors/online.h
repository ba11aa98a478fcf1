/// Who is connected to this loop, by user, and the member lists resolved to those connections.
/// Lives on its loop's thread, owned by the gateway. Memory: one entry per user online here; the
/// cache holds one list of sessions per conversation with traffic and is dropped when it grows past
/// its bound.
#pragma once

#include "actors/delivery.h"
#include "actors/session.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace conclave::actors {

class online {
 public:
  /// Under its user, and under each guest that he is in other tenants.
  void add(session& s);
  void remove(session& s);
  /// More conversations of other tenants.
  void add_links(session& s, const std::vector<session_link>& links);

  /// Sessions of one user here.
  const std::vector<session*>* of(tenant_id tenant, user_id user) const;

  /// Sessions here of all members of the list. Valid until the next add or remove. Walks the
  /// members or those who are online here, whichever are fewer, when one of the two has changed.
  const std::vector<session*>& resolve(tenant_id tenant, conversation_id conversation,
                                       const member_list_ref& members);

  std::size_t users() const { return users_.size(); }

 private:
  struct user_key {
    tenant_id tenant;
    user_id user;
    friend bool operator==(const user_key&, const user_key&) = default;
  };
  struct conversation_key {
    tenant_id tenant;
    conversation_id conversation;
    friend bool operator==(const conversation_key&, const conversation_key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const user_key& k) const {
      return std::hash<user_id>{}(k.user) ^ (std::size_t{k.tenant.value} << 17);
    }
    std::size_t operator()(const conversation_key& k) const {
      return std::hash<conversation_id>{}(k.conversation) ^ (std::size_t{k.tenant.value} << 17);
    }
  };
  struct resolved {
    std::uint64_t list_version = 0;
    std::uint64_t change = 0;
    std::vector<session*> sessions;
  };

  void add_as(session& s, tenant_id tenant, user_id user);
  void remove_as(session& s, tenant_id tenant, user_id user);

  static constexpr std::size_t max_cached = 16'384;

  std::unordered_map<user_key, std::vector<session*>, key_hash> users_;
  std::unordered_map<conversation_key, resolved, key_hash> cache_;
  std::uint64_t change_ = 1;  ///< counts add and remove: cached lists of before are stale
};

}  // namespace conclave::actors
