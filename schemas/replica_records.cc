/// Keys of the replicas' rows in the family `meta`; their records are encoded in records.cc.
#include "schemas/replica_records.h"

#include "schemas/bytes.h"

namespace conclave::keys {
namespace {

std::string of_shard(std::string_view name, shard_id shard) {
  std::string key(name);
  append_big_endian(key, shard.value);
  return key;
}

range all_of(std::string first) {
  std::string last = first;
  last.append(16, '\xff');  // longer than what follows the shard in any key
  return {std::move(first), std::move(last)};
}

constexpr std::string_view peer_rows = "replica_peer|";
constexpr std::string_view config_rows = "replica_config|";

}  // namespace

std::string meta_replica(shard_id shard) {
  return of_shard("replica|", shard);
}

std::string meta_replica_peer(shard_id shard, std::uint16_t node) {
  std::string key = of_shard(peer_rows, shard);
  append_big_endian(key, node);
  return key;
}

std::string meta_replica_config(shard_id shard, log_index index) {
  std::string key = of_shard(config_rows, shard);
  append_big_endian(key, index.value);
  return key;
}

range meta_replica_peers(shard_id shard) {
  return all_of(of_shard(peer_rows, shard));
}

range meta_replica_configs(shard_id shard) {
  return all_of(of_shard(config_rows, shard));
}

std::optional<log_index> parse_meta_replica_config(shard_id shard, std::string_view key) {
  const std::string prefix = of_shard(config_rows, shard);
  if (key.size() != prefix.size() + sizeof(std::uint64_t) || !key.starts_with(prefix)) return {};
  return log_index(load_big_endian<std::uint64_t>(key.data() + prefix.size()));
}

}  // namespace conclave::keys
