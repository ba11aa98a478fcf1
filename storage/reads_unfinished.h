/// The part of a conversation's image that is about what is not done yet or small enough to be kept
/// in memory: owed inbox entries, pins, who waits to come in, a large operation, burning messages.
/// Internal to storage/: load_conversation calls it. Blocks on the disk.
#pragma once

#include "storage/reads.h"

namespace conclave::storage {

status load_unfinished(const state_view& view, tenant_id tenant, conversation_id id,
                       conversation_image& image);

}  // namespace conclave::storage
