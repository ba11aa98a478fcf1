/// What a reader is shown of an event (promises P4 and P5a): the one rule that history, lists,
/// versions, pins, forwards and openings ask. It needs the member's row, the event's header and the
/// time, and nothing else.
///
/// Pure functions; any thread. The header is read without decoding the rest: a page of history asks
/// for each of its events.
#pragma once

#include "schemas/event.h"
#include "schemas/records.h"

#include <string>
#include <string_view>

namespace conclave {

/// The fields of an event that stand before its keys and its body.
struct event_header {
  event_seq seq{};
  event_kind kind{};
  std::uint32_t flags = 0;  ///< event_flags
  user_id sender{};
  time_ms time = 0;
  time_ms expires = 0;  ///< 0: never
  std::uint64_t ordinal = 0;

  bool is_gone() const { return (flags & event_flags::gone) != 0; }
};

/// Reads the header of a stored event. errc::corrupt: no event, or of another format.
outcome<event_header> read_event_header(std::string_view row);

/// Is the time of what expires at `expires` over? It is at that very millisecond.
constexpr bool is_due(time_ms expires, time_ms now) {
  return expires != 0 && expires <= now;
}

enum class showing : std::uint8_t {
  nothing,       ///< he does not see the event
  as_it_lies,    ///< the row's bytes; a body that is gone was taken out of it
  without_body,  ///< the body's time is over, told by an event or not: see without_body()
};

/// What `member` is shown at `now`.
showing visible(const member_record& member, const event_header& event, time_ms now);

/// What an event is once its time is over: no body, nobody mentioned, flag `expired`, gone_at the
/// moment it expired.
void take_body_out(event_view& event);
/// The row as it is served then. errc::corrupt when it does not decode.
outcome<std::string> without_body(std::string_view row);

}  // namespace conclave
