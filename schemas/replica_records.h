/// What a node stores about its replicas, in the family `meta`: facts of this folder, never
/// replicated. Each is one msgpack array with its format in front, as in records.h. Pure data.
#pragma once

#include "schemas/keys.h"
#include "schemas/records.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conclave {

/// One shard's replica. Its presence says that the shard is replicated: its state may stand behind
/// the end of its log.
struct replica_record {
  shard_epoch promised_epoch{};  ///< nothing older is accepted
  std::uint64_t promised_config_version = 0;
  std::uint64_t family = 0;    ///< which column family holds the state: 0 the one made at creation
  std::uint8_t condemned = 0;  ///< a peer proved that this folder went back in time: why

  friend bool operator==(const replica_record&, const replica_record&) = default;
};

/// What one replica remembers of a peer, to notice that its disk went back in time.
struct replica_peer_record {
  std::uint16_t node = 0;
  std::uint64_t incarnation = 0;
  std::uint64_t boot = 0;
  std::uint64_t nonce = 0;
  shard_epoch promised_epoch{};
  std::uint64_t promised_config_version = 0;
  shard_epoch match_epoch{};
  log_index match{};
  std::uint8_t verdict = 0;

  friend bool operator==(const replica_peer_record&, const replica_peer_record&) = default;
};

std::string encode(const replica_record& r);
std::string encode(const replica_peer_record& r);

namespace keys {

std::string meta_replica(shard_id shard);                           ///< replica_record
std::string meta_replica_peer(shard_id shard, std::uint16_t node);  ///< replica_peer_record
/// The configuration that a log entry of kind config set, as it stands in that entry's redo.
std::string meta_replica_config(shard_id shard, log_index index);

range meta_replica_peers(shard_id shard);
range meta_replica_configs(shard_id shard);
std::optional<log_index> parse_meta_replica_config(shard_id shard, std::string_view key);

}  // namespace keys

}  // namespace conclave
