/// Which work of a conversation a loop or the shard writer does itself, on its own thread, in place
/// of handing it to a worker: about as little as a hand-over takes. Whether it has time for it is
/// the loop's, or the writer's, to say.
///
/// Pure functions; any thread.
#pragma once

#include "actors/conversation_request.h"
#include "actors/conversation_state.h"
#include "actors/delivery.h"
#include "net/turn_scope.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace conclave::actors {

/// Messages that are judged, or given to the loops, within some tens of microseconds.
inline constexpr std::size_t most_run_inline = 4;

/// A loop judges what came in for one conversation alone: `conversations` have work from this
/// iteration; `requests` are those of the first.
inline bool runs_inline(std::size_t conversations,
                        const std::vector<conversation_request>& requests) {
  return conversations == 1 && requests.size() <= most_run_inline &&
         std::all_of(requests.begin(), requests.end(), [](const conversation_request& r) {
           return r.verb == conversation_verb::send;
         });
}

/// Loops that are told of events, each by a lock and perhaps a wake-up, in such a time.
inline constexpr std::size_t most_loops_told_inline = 8;

/// The writer lets a conversation pass on what was committed: events for the loops and the answers
/// that waited for them, but nothing that other actors or many rows are told of. Judged when it is
/// proposed; requests that are repeated until it is committed are answered with it.
inline bool passes_on_inline(const draft& committed, std::size_t answers, std::size_t loops) {
  return committed.part.events.size() + answers <= most_run_inline &&
         loops <= most_loops_told_inline && committed.changes.empty() && committed.owed.empty() &&
         committed.signals.empty() && !committed.empties_bodies;
}

/// Recipients that are looked up, and bytes that are queued for them, in such a time.
inline constexpr std::size_t most_told_inline = net::most_flushed_for_a_sleeper;
inline constexpr std::size_t most_bytes_told_inline = 256 * 1024;

/// Whoever posts it to a loop that sleeps may pass it on in the loop's place: net/turn_scope.h.
inline bool is_brief(const delivery& news) {
  std::size_t bytes = 0;
  for (const delivery_part& part : news.parts) {
    for (const delivery_segment& segment : part.segments) {
      if (segment.members->users.size() > most_told_inline) return false;
      bytes += segment.members->users.size() * part.frames->size();
    }
  }
  return bytes <= most_bytes_told_inline;
}

}  // namespace conclave::actors
