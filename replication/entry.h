/// A log entry as the core handles it: its place, its name (the hash) and, opaque to the core, what
/// it does. `hash` covers everything else: the first 16 bytes of SHA-256 over prev_hash and the
/// stored bytes (schemas/log_entry.h); whoever decodes an entry computes it, the core compares.
/// Plain data; any thread; copies share what is large. Limits: those of the stored entry.
#pragma once

#include "replication/position.h"
#include "replication/shard_config.h"
#include "schemas/log_entry.h"

#include <functional>
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
  /// As on disk and on the wire; whoever names or opens an entry sets it, so that nobody encodes it
  /// again. With it `redo` may be null. Null in the proofs.
  std::shared_ptr<const std::string> stored;

  position place() const { return {epoch, index, hash}; }
};

/// Computes `hash`, and may set `stored`, of an entry of this shard whose other fields are set.
using sealing = std::function<void(shard_id, entry&)>;

}  // namespace conclave::replication
