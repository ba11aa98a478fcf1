/// Where a session connects next: its servers in turn, and before them the one that a node of a
/// cluster has named as the leader. Decides only; connects nowhere. A plain value without a clock:
/// the caller gives the time. One thread.
///
/// A *round* tries every server once. Within it nothing waits: a server that refuses is followed by
/// the next one, a word of who leads by a visit there. Bound: at most max_hops such words are
/// followed in a round, so that nodes that take each other for the leader make nobody spin; a login
/// that does not last `lasting_ms` does not begin a new round either.
#pragma once

#include "client/endpoint.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace conclave::client {

class server_list {
 public:
  static constexpr unsigned max_hops = 3;
  static constexpr std::uint64_t lasting_ms = 5'000;

  enum class step : std::uint8_t {
    follow,    ///< take() gives the leader that was named
    next,      ///< take() gives the next server
    wait,      ///< the round is over: wait, then take()
    confused,  ///< the same, and the nodes disagree about who leads
  };

  /// At least one.
  explicit server_list(std::vector<endpoint> servers) : servers_(std::move(servers)) {}

  /// The one to connect to now; not resolved.
  endpoint take();

  /// Logged in.
  void on_ready(std::uint64_t now_ms);

  /// A connection has ended, or was never made. `leader` is what the node said about it, or empty;
  /// what is no HOST:PORT counts as empty.
  step on_closed(bool was_ready, std::string_view leader, std::uint64_t now_ms);

 private:
  step end_round(step s);

  std::vector<endpoint> servers_;
  std::size_t next_ = 0;
  std::size_t tried_ = 0;  // in this round
  unsigned hops_ = 0;      // in this round
  std::optional<endpoint> named_;
  std::uint64_t ready_at_ms_ = 0;
};

}  // namespace conclave::client
