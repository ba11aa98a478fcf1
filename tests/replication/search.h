/// Every state that a small cluster can reach: the product's core in all interleavings of messages,
/// disk completions, crashes, takeovers and proposals. Messages, once sent, stay available for
/// ever, so that loss, repetition, delay and reordering are all there without being named. A
/// depth-first walk over states that are known by a 64-bit digest; the judge looks at every step.
///
/// Bounded by the model: so many takeovers, proposals, crashes and ticks. When no crash is left,
/// writes complete at once: a late completion then only delays messages, which may be late anyway.
#pragma once

#include "tests/replication/judge.h"
#include "tests/replication/register_model.h"

#include <string>
#include <vector>

namespace conclave::replication::proof {

struct planned_claim {
  std::uint16_t node = 0;
  std::vector<std::uint16_t> voters;  ///< empty: those of the register's record
  std::uint16_t replicas = 0;         ///< 0: as in the record
};

struct search_model {
  std::string name;
  std::uint16_t nodes = 3;
  std::vector<std::uint16_t> voters{1, 2, 3};
  commit_rule rule{2, 1};
  std::vector<planned_claim> claims;  ///< in this order, each at any time
  int proposals = 1;
  int crashes = 0;
  int ticks = 0;
  std::uint64_t max_states = 0;  ///< 0: all of them
};

struct search_result {
  std::uint64_t states = 0;
  std::uint64_t steps = 0;
  std::size_t waiting_max = 0;  ///< states on the stack at a time
  std::uint64_t answers = 0;    ///< steps that answered a proposal
  std::uint64_t takeovers = 0;  ///< steps in which a leader became active
  bool complete = true;         ///< false: max_states was reached, or a breach found
  std::optional<breach> found;
  std::vector<std::string> path;  ///< to the breach
};

search_result search(const search_model& model);

/// The models of the proof: small (seconds) first.
std::vector<search_model> search_models();

}  // namespace conclave::replication::proof
