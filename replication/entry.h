/// A log entry as the core handles it: its place, its name (the hash) and, opaque to the core, what
/// it does. `hash` covers everything else: the first 16 bytes of SHA-256 over prev_hash and the
/// stored bytes (schemas/log_entry.h); whoever decodes an entry computes it, the core compares.
/// Plain data; any thread; copies share what is large. Limits: those of the stored entry.
#pragma once

#include "replication/position.h"
#include "replication/shard_config.h"
#include "schemas/log_entry.h"

#include <memory>
#include <string>

namespace conclave::replication {

struct entry {
  log_kind kind = log_kind::operations;
  shard_epoch epoch{};
  log_index index{};
  time_ms time = 0;
  hash16 prev_hash{};
  hash16 hash{};
  std::shared_ptr<const std::string> redo;  ///< operations: may be null when empty
  config_ref config;                        ///< kind config: never null

  position place() const { return {epoch, index, hash}; }
};

/// Computes `hash` of an entry whose other fields are set. Pure.
using sealing = hash16 (*)(const entry&);

}  // namespace conclave::replication
