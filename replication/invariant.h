/// The invariants of the protocol, by the numbers of the design. A breach is reported as an effect
/// and stops the shard's replica (quarantine): one shard's damage must not take its neighbours
/// down, and a replica that has seen the impossible must not write, vote or answer.
/// The same numbers are used by the search and the simulator. Plain data; any thread.
#pragma once

#include <cstdint>

namespace conclave::replication {

enum class invariant : std::uint8_t {
  none = 0,
  one_appender = 1,        ///< I1 one appender per epoch
  one_content = 2,         ///< I2 equal (epoch, index) means equal hash
  one_history = 3,         ///< I3 the committed prefix is the same everywhere and never lost
  ordered_marks = 4,       ///< I4 applied <= commit <= last
  promise_grows = 5,       ///< I5 promise and configuration version never decrease
  answer_is_safe = 6,      ///< I6 no answer before C, durability and activation
  commit_is_final = 7,     ///< I7 no truncation at or below commit
  match_grows = 8,         ///< I8 a voter never loses what it reported as durable
  effect_with_key = 9,     ///< I9 resend row and effect share an entry
  learner_committed = 10,  ///< I10 learners hold only committed entries
  equal_state = 11,        ///< I11 equal applied means equal state
};

}  // namespace conclave::replication
