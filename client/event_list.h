/// Walks through the events of a history page, whose bytes lie one after the other. Pure.
#pragma once

#include "schemas/event.h"
#include "schemas/fields.h"
#include "schemas/wire_reader.h"

#include <string_view>

namespace conclave::client {

/// Calls visit(const event_view&, std::string_view bytes) for each; false when one cannot be read:
/// those before it have been visited.
template <class Visit>
bool for_each_event(const raw_events& events, Visit&& visit) {
  wire::reader in(events.bytes);
  for (std::uint32_t i = 0; i < events.count; ++i) {
    const char* const first = in.position();
    if (!in.next_is_array() || !in.skip(wire::max_depth)) return false;
    const std::string_view bytes(first, static_cast<std::size_t>(in.position() - first));
    const auto event = decode_event(bytes);
    if (!event) return false;
    visit(*event, bytes);
  }
  return true;
}

}  // namespace conclave::client
