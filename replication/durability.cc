/// Writes under way, and what waits for them. The disk completes writes in order; a message that
/// speaks of the log or of a promise leaves only after the newest write that it depends on.
#include "replication/mutation.h"
#include "replication/replica.h"

#include <algorithm>

namespace conclave::replication {

void replica::submit(write w) {
  const promise& queued = s_.writes.empty() ? s_.durable_promise : s_.writes.back().promised;
  if (s_.promised != queued) w.promised = s_.promised;
  w.number = s_.next_write++;
  replica_state::pending_write pending{w.number, s_.promised, s_.log.last_index(),
                                       s_.log.last_index()};
  if (w.truncate_after) pending.cut = *w.truncate_after;
  if (w.reset) pending.cut = w.reset->index;
  if (!w.entries.empty()) pending.cut = std::min(pending.cut, before(w.entries.front().index));
  s_.writes.push_back(pending);
  s_.durable = std::min(s_.durable, pending.cut);
  effects_.emplace_back(std::move(w));
}

void replica::submit_promise() {
  const promise& queued = s_.writes.empty() ? s_.durable_promise : s_.writes.back().promised;
  if (s_.promised != queued) submit({});
}

void replica::on(const written& e) {
  while (!s_.writes.empty() && s_.writes.front().number <= e.number) {
    const replica_state::pending_write done = s_.writes.front();
    s_.writes.erase(s_.writes.begin());
    s_.durable_write = done.number;
    s_.durable_promise = done.promised;
    // What a later write cuts off again must not count.
    log_index durable = done.last;
    for (const auto& later : s_.writes) durable = std::min(durable, later.cut);
    s_.durable = std::max(s_.durable, durable);
  }
  if (out()) return;
  std::size_t said = 0;
  for (; said < s_.deferred.size() && s_.deferred[said].after <= s_.durable_write; ++said)
    effects_.emplace_back(send{std::move(s_.deferred[said].content), {}, 0, false});
  s_.deferred.erase(s_.deferred.begin(), s_.deferred.begin() + static_cast<std::ptrdiff_t>(said));
  if (s_.leading) {
    if (s_.now == role::fencing && !s_.leading->fenced_self &&
        s_.durable_promise.epoch >= s_.leading->record.epoch) {
      fence_others();
    } else if (s_.now == role::recovering) {
      check_installed();
    } else if (s_.now == role::leader) {
      advance_commit();
    }
  }
  if (!out()) apply_committed();
}

message replica::address(replica_id to, message_body body) const {
  const config_ref& config = s_.log_config();
  return {self_,
          to,
          s_.promised.epoch,
          s_.promised.config_version,
          config ? config->lineage : 0,
          std::move(body)};
}

void replica::say(replica_id to, message_body body) {
  effects_.emplace_back(send{address(to, std::move(body)), {}, 0, false});
}

void replica::say_when_durable(replica_id to, message_body body) {
  const bool hasty =
      (planted(mutation::ack_before_fsync) && std::holds_alternative<ack>(body)) ||
      (planted(mutation::promise_before_fsync) && std::holds_alternative<promised>(body));
  if (s_.writes.empty() || hasty) return say(to, std::move(body));
  s_.deferred.push_back({s_.writes.back().number, address(to, std::move(body))});
}

}  // namespace conclave::replication
