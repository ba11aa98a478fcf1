/// The committer of a node that stands alone: a group becomes one log entry per shard, log and
/// state go into one batch, and one fsync settles all of it. Each start claims the next epoch of
/// every shard by a NOOP entry.
///
/// Thread and owner: see committer.h; counts() from any thread.
#pragma once

#include "storage/committer.h"
#include "storage/store.h"

#include <memory>

namespace conclave::storage {

struct local_committer_options {
  bool sync = true;  ///< false skips the fsync: for measuring only, never for a node
};

std::unique_ptr<committer> make_local_committer(store& data, local_committer_options options = {});

}  // namespace conclave::storage
