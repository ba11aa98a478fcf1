/// From a delivery to the outboxes of one loop: every member's connection gets the events, and the
/// connection that asked gets OK in the place of its own event, in seq order (promises P2, P4).
/// A lagging connection gets no events but is owed a HEAD. Runs on the loop's thread.
#pragma once

#include "actors/delivery.h"
#include "actors/online.h"
#include "actors/user_news.h"

#include <cstdint>
#include <vector>

namespace conclave::net {
class event_loop;
}

namespace conclave::actors {

struct fanout_counters {
  std::uint64_t answers = 0;
  std::uint64_t pushes = 0;      ///< events put into outboxes
  std::uint64_t heads_owed = 0;  ///< pushes turned into hints
};

class fanout {
 public:
  fanout(net::event_loop& loop, online& who, const reply_port* self, fanout_counters& counters)
      : loop_(loop), online_(who), self_(self), counters_(counters) {}

  void deliver(const delivery& news);
  void hint(const head_hint& hint);
  /// Entries of an inbox, to all connections of its user.
  void tell(const user_news& news);

  /// Typing and read marks, to those who watch the conversation. `now` is the boot clock.
  void tell_watchers(const signal& news, time_ms now);

  /// Sends the HEADs that a drained connection is owed.
  void pay_heads(session& s);

 private:
  void deliver_segment(const delivery& news, const delivery_part& part,
                       const delivery_segment& segment, const net::loop_buffer_ref& buffer);
  /// The segment as the asker sees it: his OKs, and with `member` the other events.
  void walk(session& s, const delivery& news, const delivery_part& part,
            const delivery_segment& segment, const net::loop_buffer_ref& buffer, bool member);
  void push(session& s, const delivery& news, const net::loop_buffer_ref& buffer,
            const delivered_event& first, const delivered_event& last, std::uint64_t events);
  void hint_one(session& s, const head_hint& hint);
  void owe_inbox(session& s, std::uint64_t head);
  void owe_head(session& s, conversation_id conversation, event_seq head);
  session* session_of(const delivered_event& event) const;

  net::event_loop& loop_;
  online& online_;
  const reply_port* self_;  ///< events whose port is this are answered here
  fanout_counters& counters_;
  std::uint64_t mark_ = 0;
  std::vector<session*> turns_;  // of the segment that is being delivered
};

}  // namespace conclave::actors
