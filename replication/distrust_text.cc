/// See distrust_text.h.
#include "replication/distrust_text.h"

namespace conclave::replication {

std::string_view sentence(distrust reason) {
  switch (reason) {
    case distrust::none:
      break;
    case distrust::older_incarnation:
      return "it is an old copy: this node has had a newer data folder since; empty the folder and "
             "start again, and the node is seeded";
    case distrust::rolled_back:
      return "its disk went back in time: the cluster remembers later starts of this folder; empty "
             "it and start again, and the node is seeded";
    case distrust::copied:
      return "it was copied, or set back by one start: the cluster knows another start of this "
             "folder under the same number; keep one copy, empty the other and start again";
    case distrust::promise_lost:
      return "its disk went back in time: it has forgotten what it promised; empty it and start "
             "again, and the node is seeded";
    case distrust::entries_lost:
      return "its disk went back in time: it lacks entries that it had stored; empty it and start "
             "again, and the node is seeded";
  }
  return "nothing is held against it";
}

std::string_view name_of(claim_end reason) {
  switch (reason) {
    case claim_end::refused:
      return "refused";
    case claim_end::overtaken:
      return "overtaken";
    case claim_end::old_authority:
      return "old_authority";
    case claim_end::snapshot_needed:
      return "snapshot_needed";
    case claim_end::other_plan:
      return "other_plan";
    case claim_end::resigned:
      return "resigned";
  }
  return "unknown";
}

std::string_view name_of(role r) {
  switch (r) {
    case role::follower:
      return "follower";
    case role::fencing:
      return "fencing";
    case role::recovering:
      return "recovering";
    case role::leader:
      return "leader";
    case role::quarantined:
      return "quarantined";
  }
  return "unknown";
}

}  // namespace conclave::replication
