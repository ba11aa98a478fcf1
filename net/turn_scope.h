/// A thread that has little for a loop does it for the loop, while that sleeps: to wake a thread
/// takes longer than to send a few records.
///
/// While one lives, what its thread posts to loops by post_brief() wakes none of them. At its end
/// it carries one loop's turn out itself, as if that had woken: the posted tasks, on_iteration_end,
/// the flush. A loop that is awake, or for which somebody has posted more than brief tasks, finds
/// them in its queue, as always; of several loops that sleep the others are woken. Order: as
/// posted.
///
/// Belongs to the thread that made it, which holds no lock that tasks of the loop take, and on
/// which nothing waits for those tasks before the end. One at a time per thread. The loops outlive
/// it. A large fan-out is left to the loop (most_flushed_for_a_sleeper).
#pragma once

#include <array>
#include <cstddef>

namespace conclave::net {

class loop_state;

/// Connections of one turn that another thread writes to at most: about a millisecond.
inline constexpr std::size_t most_flushed_for_a_sleeper = 128;

class turn_scope {
 public:
  turn_scope();
  ~turn_scope();
  turn_scope(const turn_scope&) = delete;
  turn_scope& operator=(const turn_scope&) = delete;

  /// Of the thread that asks; null mostly.
  static turn_scope* current();

  /// Takes it upon itself that this loop learns of what is posted to it; false: of too many loops.
  bool note(loop_state& loop);

 private:
  std::array<loop_state*, 8> loops_{};
  std::size_t count_ = 0;
};

}  // namespace conclave::net
