/// The voter's side of a takeover: promises, refusals, and being told of one's removal.
#include "replication/mutation.h"
#include "replication/replica.h"

namespace conclave::replication {

void replica::on(const message& m, const fence&) {
  const bool again = m.epoch == s_.promised.epoch && m.config_version == s_.promised.config_version;
  if (candidate_of(m.epoch) != m.from.node) return;
  if (is_stale(m)) return say_when_durable(m.from, rejected{s_.promised});
  if (!again) {
    if (s_.leading) step_down(claim_end::overtaken);
    if (!planted(mutation::skip_promise)) hold_to({m.epoch, m.config_version});
    if (out()) return;
    submit_promise();
  }
  const config_ref& config = s_.log_config();
  message answer =
      address(m.from, promised{s_.log.last(), s_.commit, s_.base, config ? config->version : 0});
  answer.epoch = m.epoch;
  if (s_.writes.empty() || planted(mutation::promise_before_fsync)) {
    effects_.emplace_back(send{std::move(answer), {}, 0, false});
  } else {
    s_.deferred.push_back({s_.writes.back().number, std::move(answer)});
  }
}

/// What was reported is frozen: only this candidate may change the log from now on.
void replica::on(const message& m, const fetch& f) {
  if (m.epoch != s_.promised.epoch) return;
  if (f.first.value == 0 || before(f.first) < s_.base) {
    fetched none;
    none.trimmed = true;
    return say(m.from, none);
  }
  if (f.first > s_.log.last_index()) return;
  const std::uint64_t rest = s_.log.last_index().value - f.first.value + 1;
  effects_.emplace_back(send{
      address(m.from, fetched{}), f.first,
      static_cast<std::uint32_t>(rest < options_.max_batch ? rest : options_.max_batch), true});
}

/// The tombstone: a newer configuration is active without this replica. Older ones are refused from
/// now on, whoever claims them; what is not known to be committed goes (only the new set decides).
void replica::on(const message& m, const removed&) {
  if (m.config_version <= s_.promised.config_version) return;
  if (s_.leading) step_down(claim_end::overtaken);
  hold_to({s_.promised.epoch, m.config_version});
  if (out()) return;
  s_.learner = true;
  write w;
  if (s_.log.last_index() > s_.commit) {
    w.truncate_after = s_.commit;
    cut_log(s_.commit);
  }
  submit(std::move(w));
}

}  // namespace conclave::replication
