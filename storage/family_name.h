/// Names of the shards' column families: `shard_003` is the one made at creation, `shard_003.5` a
/// state that was seeded later. Pure functions; any thread.
#pragma once

#include "schemas/ids.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conclave::storage {

struct shard_family {
  shard_id shard{};
  std::uint64_t number = 0;
};

std::string family_name(shard_id shard, std::uint64_t number = 0);

/// Nothing: not the name of a shard's family.
std::optional<shard_family> parse_family_name(std::string_view name);

}  // namespace conclave::storage
