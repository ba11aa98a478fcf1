/// See derived_ids.h.
#include "actors/derived_ids.h"

#include "crypto/digest.h"

#include <algorithm>

namespace conclave::actors {

namespace {

conversation_id derived(const std::string& cluster, tenant_id tenant, const std::string& what) {
  const auto hash = crypto::sha256(cluster + '/' + std::to_string(tenant.value) + '/' + what);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | hash[i];
  return conversation_id{(value >> 12) | 1};
}

}  // namespace

conversation_id founded_id(const std::string& cluster, tenant_id tenant, user_id founder,
                           std::uint64_t op_id) {
  return derived(cluster, tenant, std::to_string(founder.value) + '/' + std::to_string(op_id));
}

conversation_id direct_id(const std::string& cluster, tenant_id tenant, user_id one,
                          user_id other) {
  return derived(cluster, tenant,
                 "direct/" + std::to_string(std::min(one, other).value) + '/' +
                     std::to_string(std::max(one, other).value));
}

conversation_id system_id(const std::string& cluster, tenant_id tenant, user_id user) {
  return derived(cluster, tenant, "system/" + std::to_string(user.value));
}

conversation_id link_id(const std::string& cluster, tenant_id tenant, tenant_id host,
                        conversation_id conversation) {
  return derived(cluster, tenant,
                 "link/" + std::to_string(host.value) + '/' + std::to_string(conversation.value));
}

}  // namespace conclave::actors
