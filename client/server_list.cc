/// The turns and bounds of server_list.h.
#include "client/server_list.h"

#include <utility>

namespace conclave::client {

endpoint server_list::take() {
  if (named_) return *std::exchange(named_, std::nullopt);
  ++tried_;
  return servers_[next_++ % servers_.size()];
}

void server_list::on_ready(std::uint64_t now_ms) {
  ready_at_ms_ = now_ms;
}

server_list::step server_list::on_closed(bool was_ready, std::string_view leader,
                                         std::uint64_t now_ms) {
  if (was_ready && now_ms - ready_at_ms_ >= lasting_ms) tried_ = hops_ = 0;
  auto named = leader.empty() ? outcome<endpoint>(errc::not_found) : parse_endpoint(leader);
  if (named) {
    if (hops_ == max_hops) return end_round(step::confused);
    ++hops_;
    named_ = std::move(*named);
    return step::follow;
  }
  // Whoever was in has lost a node that worked: all others lose it now, so nobody rushes.
  if (was_ready || tried_ >= servers_.size()) return end_round(step::wait);
  return step::next;
}

server_list::step server_list::end_round(step s) {
  tried_ = 0;
  hops_ = 0;
  return s;
}

}  // namespace conclave::client
