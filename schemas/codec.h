/// Message structs to frames and back. Encoding is hand-packed straight into the caller's buffer;
/// decoding is bounded (elements, depth, string and list sizes by each field's bounds) and borrows
/// the payload. No state but a thread-local token buffer; any thread.
///
/// Instantiated in codec.cc for every message of the protocol, so that msgpack stays in .cc files.
#pragma once

#include "schemas/outcome.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave {

/// Appends one whole frame (header and payload) to `out`. The caller keeps the fields within their
/// bounds; a breach is a bug and ends the process in tests through CONCLAVE_CHECK.
template <class Message>
void append_frame(std::string& out, std::uint64_t correlation, const Message& message);

/// Decodes a frame's payload. Failure: errc::malformed (not the array that this message needs) or
/// errc::invalid_argument (a field outside its bounds; the detail names field and bound).
template <class Message>
outcome<Message> decode(std::string_view payload);

}  // namespace conclave
