/// Which work a loop does itself, on its own thread, in place of handing it to a worker: what came
/// in for one conversation alone, few plain messages, so that nobody waits for the loop longer than
/// a hand-over takes. Whether the loop has time for it is the loop's to say.
///
/// A pure function; the loop's thread.
#pragma once

#include "actors/conversation_request.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace conclave::actors {

/// Messages that are judged within some tens of microseconds.
inline constexpr std::size_t most_run_inline = 4;

/// `conversations` have work from this iteration; `requests` are those of the first.
inline bool runs_inline(std::size_t conversations,
                        const std::vector<conversation_request>& requests) {
  return conversations == 1 && requests.size() <= most_run_inline &&
         std::all_of(requests.begin(), requests.end(), [](const conversation_request& r) {
           return r.verb == conversation_verb::send;
         });
}

}  // namespace conclave::actors
