/// Who of a fan-out is served when. What is queued first leaves first, and the writes take their
/// time: the others wait for the event, who asked only for its number. So the others come first;
/// but in a large room who asked does not wait for all of them.
///
/// A pure function; the loop's thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

namespace conclave::actors {

/// Writes that an asker waits for: a few hundred microseconds at most.
inline constexpr std::size_t askers_wait_for = 16;

/// All of `all`, in their turn: `askers_wait_for` others, the askers, the rest of the others.
template <class Who, class Asks>
void put_in_turn(const std::vector<Who>& all, Asks asks, std::vector<Who>& turns) {
  turns.clear();
  std::copy_if(all.begin(), all.end(), std::back_inserter(turns),
               [&](const Who& who) { return !asks(who); });
  auto at = static_cast<std::ptrdiff_t>(std::min(turns.size(), askers_wait_for));
  for (const Who& who : all)
    if (asks(who)) turns.insert(turns.begin() + at++, who);
}

}  // namespace conclave::actors
