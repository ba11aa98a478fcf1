/// Regressions that no honest restart can show.
#include "replication/peer_memory.h"

#include "replication/mutation.h"

namespace conclave::replication {

distrust judge(const peer_memory& known, const introduction& said) {
  if (planted(mutation::ignore_witness)) return distrust::none;
  if (said.id.incarnation < known.id.incarnation) return distrust::older_incarnation;
  if (said.id.incarnation > known.id.incarnation) return distrust::none;
  if (known.verdict != distrust::none) return known.verdict;
  if (said.boot < known.boot) return distrust::rolled_back;
  if (said.boot == known.boot && known.nonce != 0 && said.nonce != known.nonce)
    return distrust::copied;
  if (said.promised.epoch < known.promised.epoch ||
      said.promised.config_version < known.promised.config_version) {
    return distrust::promise_lost;
  }
  // A newer epoch, or a removal, may have cut the log rightly; then the promise shows it.
  if (said.promised.epoch == known.match_epoch &&
      said.promised.config_version == known.promised.config_version &&
      said.last.index < known.match)
    return distrust::entries_lost;
  return distrust::none;
}

}  // namespace conclave::replication
