/// Which devices are logged in just now, over all loops: each loop counts its sessions in at login
/// and out when they close, and whoever asks sees the sum. What it says is a moment old.
///
/// Any thread; one lock per part, held for a look-up. Owned by the engine (gateway_shared). Memory:
/// one entry of some 100 bytes per device online, bounded by the number of connections.
#pragma once

#include "schemas/ids.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace conclave::actors {

class session_board {
 public:
  /// True: the user's first session.
  bool came(tenant_id tenant, user_id user, device_id device);
  /// True: it was the user's last one.
  bool left(tenant_id tenant, user_id user, device_id device);

  bool online(tenant_id tenant, user_id user, device_id device) const;
  bool online(tenant_id tenant, user_id user) const;

 private:
  struct user_key {
    tenant_id tenant;
    user_id user;
    friend bool operator==(const user_key&, const user_key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const user_key& k) const {
      return std::hash<user_id>{}(k.user) ^ (std::size_t{k.tenant.value} << 17);
    }
  };
  using devices = std::unordered_map<device_id, std::uint32_t>;  ///< -> sessions, above 0
  struct part {
    mutable std::mutex mutex;
    std::unordered_map<user_key, devices, key_hash> users;
  };

  part& part_of(const user_key& key) { return parts_[key_hash{}(key) >> 7 & 15]; }
  const part& part_of(const user_key& key) const { return parts_[key_hash{}(key) >> 7 & 15]; }

  std::array<part, 16> parts_;
};

}  // namespace conclave::actors
