/// What one load thread counts in one second of the measurement, or in all of it. A plain value of
/// about 50 KB; the thread's own until it is joined, then merged.
#pragma once

#include "bench/histogram.h"

#include <cstdint>

namespace conclave::bench {

struct figures {
  std::uint64_t acked = 0;      ///< requests answered OK; of `login`: logins
  std::uint64_t delivered = 0;  ///< events at receivers, verified
  std::uint64_t fetched = 0;    ///< of them: brought by HISTORY
  std::uint64_t refused = 0;    ///< requests answered with an error of class retry
  std::uint64_t soft = 0;       ///< typing and read marks that arrived
  histogram ack;                ///< send→ack; of `login`: connect→logged in
  histogram deliver;            ///< send→deliver; of `timers`: due→gone
  histogram reach;              ///< send→the last of all online members

  void merge(const figures& other) {
    acked += other.acked;
    delivered += other.delivered;
    fetched += other.fetched;
    refused += other.refused;
    soft += other.soft;
    ack.merge(other.ack);
    deliver.merge(other.deliver);
    reach.merge(other.reach);
  }
};

}  // namespace conclave::bench
