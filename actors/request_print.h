/// What a request said, as a short print: by it a conversation tells a resend from another request
/// under the same client_seq (errc::client_seq_reused). Only what the asker himself wrote goes in:
/// a resend must look the same although what it refers to has changed meanwhile. Hence neither the
/// text of a forward, which is the origin's, nor people who are looked up by name.
///
/// A pure function; any thread. Prints are stored: what goes in here stays as it is.
#pragma once

#include "actors/conversation_request.h"

#include <cstdint>

namespace conclave::actors {

std::uint16_t print_of(const conversation_request& request, const conversation_batch& batch);

}  // namespace conclave::actors
