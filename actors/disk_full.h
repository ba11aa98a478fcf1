/// What is still done when the disk fills up (storage/disk_level.h). Whatever frees goes on
/// (recalling, removing, dissolving, logging out), reading goes on, and so does what the node owes
/// already: what timers do, indexes, inboxes. Judged after resends: what was done stays done.
///
/// Pure functions; any thread.
#pragma once

#include "actors/conversation_request.h"
#include "actors/registrar_request.h"
#include "storage/disk_level.h"

#include <cstdint>

namespace conclave::actors {

/// A disk is not emptied in a moment, and everybody who waits comes back at once.
inline constexpr std::uint32_t storage_full_retry_ms = 10'000;

bool refused_by_disk(conversation_verb verb, storage::disk_level level);
bool refused_by_disk(const registrar_request& request, storage::disk_level level);

}  // namespace conclave::actors
