/// Bugs planted on purpose, so that the search and the simulator can be shown to find them. They
/// exist only where CONCLAVE_REPLICATION_MUTANTS is defined, in a copy of the core that only the
/// tests link (cmake/replication_tests.cmake). In the product `planted` is the constant false.
#pragma once

namespace conclave::replication {

enum class mutation {
  none,
  acknowledge_before_quorum,  ///< one replica fewer than W suffices
  ignore_sites,               ///< K is not looked at
  skip_promise,               ///< a fenced voter answers but does not hold itself to it
  promise_before_fsync,       ///< the promise is reported before it is durable
  ack_before_fsync,           ///< entries are acknowledged before they are durable
  truncate_on_append,         ///< every APPEND cuts the log behind its entries
  count_old_epoch,            ///< entries of older epochs commit by counting copies
  commit_before_activation,   ///< an installed configuration commits before it is active
  forget_config_version,      ///< claims with an older configuration are accepted
  count_removed,              ///< acknowledgements of non-members count
  any_incarnation,            ///< messages for an earlier data folder are accepted
  recover_from_too_few,       ///< the first answer suffices for a takeover
  longest_log_wins,           ///< the longest log is taken, not the newest
  commit_beyond_match,        ///< a follower commits entries that it has not compared
  learner_gets_tail,          ///< learners receive entries before they are committed
  ignore_witness,             ///< a disk that went back in time keeps its vote
  adopt_nothing,              ///< a candidate keeps its own log though another is newer
  epochs_before_versions,     ///< logs are compared by epochs, whatever configuration they hold
  recover_by_old_voters,      ///< who claims a plan asks only the voters that it is to replace
  last,
};

#ifdef CONCLAVE_REPLICATION_MUTANTS
inline mutation planted_mutation = mutation::none;  ///< set once, before threads start
inline bool planted(mutation m) {
  return planted_mutation == m;
}
#else
constexpr bool planted(mutation) {
  return false;
}
#endif

}  // namespace conclave::replication
